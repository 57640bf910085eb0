from pathlib import Path

import pytest

from agent.ledger.kept.profiles.pins import pin_of, tried, tries_of
from agent.ledger.ledger import Ledger
from tests.ledger.tills import enrol, opened


@pytest.mark.parametrize(
    ("profile", "pin"),
    [({"name": "Ada", "phone": None, "pin": "$argon2id$kept"}, "$argon2id$kept"), ({"name": "Ada"}, None)],
)
def test_a_pin_is_what_the_members_profile_says(ledger: Ledger, profile: dict[str, str], pin: str | None) -> None:
    enrol(ledger, "a", profile)

    assert pin_of(ledger, "a") == pin
    assert pin_of(ledger, "nobody") is None


def test_wrong_tries_outlive_a_restart(tmp_path: Path) -> None:
    ledger = opened(tmp_path / "ledger.db")
    assert tries_of(ledger, "a") == 0
    ledger.remember(tried("a", 3))
    ledger.close()

    ledger = opened(tmp_path / "ledger.db")
    assert (tries_of(ledger, "a"), tries_of(ledger, "b")) == (3, 0)
    ledger.close()
