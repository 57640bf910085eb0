"""The part of a profile that a till keeps of a member of another shop."""

from typing import Any

import pytest

from agent.ledger.kept.profiles.finding import by_name, by_phone
from agent.ledger.kept.profiles.part import first_name_of, put_part
from agent.ledger.ledger import Ledger
from agent.ledger.members import profile_of

WHOLE = {"name": "Ada Quillfeather", "phone": "020 7946 0001", "birthday": "1987-06-05"}
CARD = {"number": "982600000006", "source": "number"}


def _put(ledger: Ledger, profile: dict[str, Any]) -> None:
    with ledger.write() as conn:
        put_part(conn, ledger.keys, profile, subject="far", account="far")


def _row(ledger: Ledger) -> tuple[object, ...]:
    with ledger.reading() as conn:
        return tuple(conn.execute("SELECT id, sealed FROM profile WHERE subject = 'far'").fetchone())


@pytest.mark.parametrize(
    ("profile", "part"),
    [(WHOLE, {"name": "Ada"}), (WHOLE | CARD, {"name": "Ada", **CARD}), (CARD, CARD), ({"phone": "1"}, {})],
)
def test_the_card_and_the_first_name_are_kept_and_nothing_else(
    ledger: Ledger, profile: dict[str, Any], part: dict[str, Any]
) -> None:
    _put(ledger, WHOLE)
    _put(ledger, profile)

    assert profile_of(ledger, "far") == part
    assert by_name(ledger, "ada") == by_phone(ledger, "020 7946 0001") == []
    with ledger.reading() as conn:
        found = [token for (token,) in conn.execute("SELECT token FROM search WHERE profile = ?", _row(ledger)[:1])]
    assert found == ([ledger.keys.token("number", "982600000006")] if "number" in part else [])


def test_the_same_part_again_is_not_sealed_anew(ledger: Ledger) -> None:
    _put(ledger, WHOLE)
    before = _row(ledger)
    _put(ledger, WHOLE | {"phone": "020 7946 0002"})
    assert _row(ledger) == before

    _put(ledger, WHOLE | {"name": "Augusta"})
    assert _row(ledger) != before


@pytest.mark.parametrize(
    ("profile", "name"), [(WHOLE, "Ada"), ({"name": "  Ana Maria"}, "Ana"), ({"name": None}, None), ({}, None)]
)
def test_the_first_word_of_a_name_is_the_first_name(profile: dict[str, Any], name: str | None) -> None:
    assert first_name_of(profile) == name
