"""A member who was erased at a till: forgotten here, and every till hears of it."""

import pytest
from sqlalchemy import func, select

from agent.journal.entry import decode_entry
from agent.journal.feed import EntryRow, MemberRow
from agent.journal.fold import changes
from hq.books.erasing import erase_again
from hq.books.totals import books
from hq.books.worker import advance, rebuild
from hq.database import Database
from hq.keys import Keys
from hq.tables import account, card, lot, posting_total, sealed, sealed_key
from tests.hq.headquarters import members_of_books
from tests.hq.visitor import Visitor, card_opened, moved

pytestmark = pytest.mark.databases("sqlite", "postgresql")

ERASED = {"kind": "member_erased", "body": {"account": "a"}}


def arrive(till: Visitor) -> None:
    till.send()
    while advance(till.database, till.hq_keys):
        pass


@pytest.fixture
def known(till: Visitor, hq_keys: Keys) -> Visitor:
    """A till with a member of ten points and a card, and another of five."""
    for one, units in (("a", 10), ("b", 5)):
        fields, profile = card_opened(hq_keys, one, f"card-{one}", "982600000001" if one == "a" else "982600000002")
        till.append(profile, op=f"open-{one}", postings=moved(one, units), **fields)
    return till


def test_records_keys_and_fingerprints_go_and_units_are_written_off(known: Visitor, database: Database) -> None:
    known.append(op="erase", **ERASED)

    arrive(known)

    with database.read() as conn:
        assert set(conn.scalars(select(sealed.c.subject))) == {"card-b"}
        assert set(conn.scalars(select(sealed_key.c.subject))) == {"card-b"}
        assert conn.scalar(select(card.c.fingerprint).where(card.c.id == "card-a")) is None
        assert conn.scalar(select(account.c.status).where(account.c.id == "a")) == "blocked"
        assert conn.scalar(select(func.sum(lot.c.amount)).where(lot.c.account == "a", lot.c.unit == "points")) == 0
        gone = (posting_total.c.unit == "points") & (posting_total.c.account == "expired")
        assert conn.scalar(select(posting_total.c.amount).where(gone)) == 10
        assert books(conn).balanced


def test_every_till_hears_of_it_once(known: Visitor, hq_keys: Keys) -> None:
    known.append(op="erase", **ERASED)
    known.append(op="erase-again", **ERASED)
    arrive(known)
    other = Visitor(known.database, hq_keys, "2")
    other.enrol()

    rows = other.feed().rows

    said = [changes(decode_entry(row.data)).erased for row in rows if isinstance(row, EntryRow)]
    assert said == ["a"]
    (member,) = (row for row in rows if isinstance(row, MemberRow) and row.account == "a")
    assert (member.status, member.profiles, member.cards[0].profile) == ("blocked", (), None)


def test_a_rebuild_erases_nobody_anew(known: Visitor, database: Database, hq_keys: Keys) -> None:
    known.append(op="erase", **ERASED)
    arrive(known)
    with database.read() as conn:
        before = members_of_books(conn)

    rebuild(database, hq_keys)

    with database.read() as conn:
        assert members_of_books(conn) == before


def test_what_a_till_tells_that_had_not_heard_is_forgotten_again(
    known: Visitor, database: Database, hq_keys: Keys
) -> None:
    known.append(op="erase", **ERASED)
    arrive(known)
    late = Visitor(database, hq_keys, "2")
    late.enrol()
    fields, profile = card_opened(hq_keys, "a", "card-late", "982600000003")
    late.append(profile, op="late", postings=moved("a", 4, lot="late"), **fields)
    arrive(late)

    with database.write() as conn:
        assert set(conn.scalars(select(sealed.c.subject))) == {"card-b"}  # before anybody is told
        assert erase_again(conn, epoch=database.epoch, day="2026-01-03") == 1
        assert erase_again(conn, epoch=database.epoch, day="2026-01-04") == 0

    with database.read() as conn:
        assert set(conn.scalars(select(sealed.c.subject))) == {"card-b"}
        assert conn.scalar(select(func.sum(lot.c.amount)).where(lot.c.account == "a", lot.c.unit == "points")) == 0
