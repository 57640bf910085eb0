"""The same card opened at two tills is one member."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from agent.journal.entry import decode_entry
from agent.journal.sealed import digest
from agent.journal.wire.place import HQ
from hq.books.worker import advance, rebuild
from hq.database import Database
from hq.keys import Keys
from hq.tables import account, card, changed, journal, raw
from tests.hq.visitor import Visitor, card_opened, moved

NUMBER, OTHER = "982600000006", "982600000014"


def _open(till: Visitor, name: str, number: str, **more: Any) -> None:
    fields, profile = card_opened(till.hq_keys, name, f"card-{name}", number)
    till.append(profile, **fields, **more)


def _book(*visitors: Visitor) -> None:
    for visitor in visitors:
        visitor.send()
        while advance(visitor.database, visitor.hq_keys):
            pass


def _accounts(database: Database) -> dict[str, tuple[str, str]]:
    with database.read() as conn:
        return {row.id: (row.status, row.root) for row in conn.execute(select(account))}


def _own_entries(database: Database) -> list[Any]:
    with database.read() as conn:
        rows = conn.scalars(
            select(raw.c.bytes).join(journal, journal.c.id == raw.c.journal).where(journal.c.till == HQ)
        )
        return [decode_entry(data) for data in rows]


@pytest.fixture
def second(database: Database, hq_keys: Keys) -> Visitor:
    visitor = Visitor(database, hq_keys, "2")
    visitor.enrol()
    return visitor


def test_a_card_whose_number_can_be_read_makes_its_account_regular(till: Visitor, database: Database) -> None:
    _open(till, "a", NUMBER)

    _book(till)

    assert _accounts(database) == {"a": ("regular", "a")}
    assert _own_entries(database) == []


def test_a_card_without_its_profile_leaves_the_account_provisional(till: Visitor, database: Database) -> None:
    till.append(kind="card_opened", body={"account": "a", "card": "c"})

    _book(till)

    assert _accounts(database) == {"a": ("provisional", "a")}


def test_a_profile_that_does_not_open_stops_nothing(till: Visitor, database: Database, hq_keys: Keys) -> None:
    fields, profile = card_opened(hq_keys, "a", "card-a", NUMBER)
    till.append(replace(profile, wrapped_key=b"junk"), **fields)
    _open(till, "b", OTHER)

    _book(till)

    assert _accounts(database) == {"a": ("provisional", "a"), "b": ("regular", "b")}


def test_the_same_number_at_two_tills_is_one_member(till: Visitor, second: Visitor, database: Database) -> None:
    _open(till, "b", NUMBER)
    _open(second, "a", NUMBER)
    _open(second, "c", OTHER)

    _book(till, second)

    assert _accounts(database) == {"a": ("regular", "a"), "b": ("regular", "a"), "c": ("regular", "c")}
    (decision,) = _own_entries(database)
    assert (decision.till, decision.seq, decision.kind) == (HQ, 1, "accounts_joined")
    assert decision.body == {"account": "b", "into": "a"}


def test_headquarters_decides_once(till: Visitor, second: Visitor, database: Database, hq_keys: Keys) -> None:
    _open(till, "b", NUMBER)
    _open(second, "a", NUMBER)
    _book(till, second)

    rebuild(database, hq_keys)

    assert len(_own_entries(database)) == 1
    assert _accounts(database)["b"] == ("regular", "a")


def test_its_decisions_are_a_chain(till: Visitor, second: Visitor, database: Database) -> None:
    for number in range(5):
        _open(till, f"b{number}", f"98260000000{number}")
        _open(second, f"a{number}", f"98260000000{number}")

    _book(till, second)

    entries = _own_entries(database)
    assert [one.seq for one in entries] == [1, 2, 3, 4, 5]
    assert len({one.op for one in entries}) == len({one.id for one in entries}) == 5


def test_cards_that_chain_accounts_together_make_one_member(
    till: Visitor, second: Visitor, database: Database, hq_keys: Keys
) -> None:
    """One account has two cards, each of which was opened elsewhere on its own."""
    _open(till, "m", NUMBER)
    fields, profile = card_opened(hq_keys, "m", "second-card", OTHER)
    till.append(profile, **(fields | {"kind": "enrolment", "body": {**fields["body"], "opens": False}}))
    _open(second, "z", NUMBER)
    _open(second, "a", OTHER)

    _book(second, till)

    assert {root for _, root in _accounts(database).values()} == {"a"}
    ops = [one.op for one in _own_entries(database)]
    assert len(ops) == len(set(ops)) == 2


@pytest.mark.databases("sqlite")
def test_the_number_itself_is_nowhere_in_the_books(till: Visitor, folder: Any) -> None:
    _open(till, "a", NUMBER)

    _book(till)

    assert not any(NUMBER.encode() in path.read_bytes() for path in folder.glob("hq.sqlite*"))


def test_a_joined_account_leaves_the_feed_to_the_one_it_is_part_of(
    till: Visitor, second: Visitor, database: Database
) -> None:
    _open(till, "b", NUMBER)
    _open(second, "a", NUMBER, postings=moved("a", 3))

    _book(till, second)

    with database.read() as conn:
        told = set(conn.scalars(select(changed.c.subject).where(changed.c.kind == "member")))
        assert conn.execute(select(func.count()).select_from(card).where(card.c.fingerprint.is_not(None))).scalar() == 2
    assert told == {"a"}


def test_a_later_card_of_a_joined_member_finds_him(till: Visitor, second: Visitor, database: Database) -> None:
    _open(till, "b", NUMBER)
    _open(second, "a", NUMBER)
    _book(till, second)
    _open(second, "0", NUMBER)

    _book(second)

    assert {root for _, root in _accounts(database).values()} == {"0"}


def test_a_profile_of_another_card_is_not_believed(till: Visitor, database: Database, hq_keys: Keys) -> None:
    """A record is sealed to its subject: another card's ciphertext under this card's name does not open."""
    _, other = card_opened(hq_keys, "x", "card-x", NUMBER)
    moved_record = replace(other, subject="card-a")
    named = (("card-a", digest(other.sealed)),)
    till.append(moved_record, kind="card_opened", body={"account": "a", "card": "card-a"}, profiles=named)

    _book(till)

    assert _accounts(database) == {"a": ("provisional", "a")}
