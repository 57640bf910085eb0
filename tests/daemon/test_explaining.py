"""A recorded sale explained over the API of a whole till."""

from pathlib import Path

from agent.config import load_config
from agent.daemon import Till
from agent.upkeep.running import require_running
from tests.till_files import card_number, set_up

LINES = [{"article": "mug", "quantity": 1, "amount": 1200}]


def test_a_sale_is_explained_rule_by_rule(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    with Till(load_config(files.config)):
        running = require_running(files.data)
        account = running.ask("POST", "/v1/members", {"op": "E-1", "name": "Ana", "card": card_number(1)})["account"]
        running.ask("POST", "/v1/sales", {"op": "S-1", "account": account, "lines": LINES})

        said = running.ask("POST", "/v1/sales/why", {"sale": "S-1"})

        assert said["same"] is True
        assert any(rule["applied"] for rule in said["rules"])
        assert all(reason["text"] for rule in said["rules"] for reason in rule["missed"])
