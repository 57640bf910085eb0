"""Training in a whole till: its own ledger, marked slips, and nothing of it in the books."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.config import load_config
from agent.daemon import Till
from agent.slips.reader import read_text
from agent.upkeep.running import Running, require_running
from tests.till_files import TillFiles, card_number, set_up, wait_until

LINES = [{"article": "mug", "quantity": 1, "amount": 1200}]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[TillFiles]:
    """A till that runs, with its printer up."""
    set_up_files = set_up(tmp_path)
    with Till(load_config(set_up_files.config)) as till:
        wait_until(lambda: all(str(report.status) == "enabled" for report in till.devices.reports()))
        yield set_up_files


def switched(running: Running, op: str, *, on: bool) -> dict[str, Any]:
    return running.ask("POST", "/v1/training", {"op": op, "on": on})


def journal(running: Running) -> dict[str, Any]:
    said: dict[str, Any] = running.ask("GET", "/v1/status")["journal"]
    return said


def test_what_is_trained_is_in_no_book_and_its_slip_says_so(files: TillFiles) -> None:
    running = require_running(files.data)
    account = running.ask("POST", "/v1/members", {"op": "E-1", "name": "Ana", "card": card_number(1)})["account"]
    assert switched(running, "T-1", on=True)["training"] is True
    assert running.ask("GET", "/v1/status")["training"] is True
    before, slips = journal(running), len(files.slips)

    trained = running.ask("POST", "/v1/members", {"op": "E-1", "name": "Test", "card": card_number(1)})["account"]
    sold = running.ask("POST", "/v1/sales", {"op": "S-1", "account": trained, "lines": LINES})
    wait_until(lambda: len(files.slips) > slips)
    ended = switched(running, "T-2", on=False)

    assert trained != account
    assert sold["balances"]["points"] > 0
    assert "TRAINING" in "".join(read_text(files.slips[-1].read_bytes()))
    assert ended["entry"]["seq"] == before["seq"] + 1  # the switch itself
    sold = running.ask("POST", "/v1/sales", {"op": "S-1", "account": account, "lines": LINES})
    assert sold["repeated"] is False


def test_a_repeated_switch_switches_nothing(files: TillFiles) -> None:
    running = require_running(files.data)
    switched(running, "T-1", on=True)
    switched(running, "T-2", on=False)

    again = switched(running, "T-1", on=True)

    assert (again["repeated"], again["training"]) == (True, False)


def test_a_till_that_starts_trains_nobody(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    with Till(load_config(files.config)):
        switched(require_running(files.data), "T-1", on=True)

    with Till(load_config(files.config)):
        assert require_running(files.data).ask("GET", "/v1/status")["training"] is False
