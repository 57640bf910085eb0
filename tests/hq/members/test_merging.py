"""Accounts of one member become one by a person's word, and are parted again with what is theirs."""

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from agent.errors import InvalidError, NotAllowedError, UnknownError
from agent.journal.entry import ISSUANCE, REDEEMED, Posting, decode_entry
from agent.journal.feed import MemberRow
from agent.journal.wire.place import HQ
from hq.books.totals import books
from hq.books.worker import advance, rebuild
from hq.cli import app
from hq.database import Database
from hq.keys import Keys
from hq.members.merging import Word, merge, unmerge
from hq.publish.holders import holders
from hq.tables import account, journal, raw
from tests.hq.headquarters import members_of_books
from tests.hq.visitor import Visitor, card_opened, sale_body

pytestmark = pytest.mark.databases("sqlite", "postgresql")

WORD = Word("w1", "same-person", "anna")


def _run(folder: Path, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in (*words, "--dir", folder)])


def _arrive(till: Visitor) -> None:
    till.send()
    while advance(till.database, till.hq_keys):
        pass


def _bought(till: Visitor, op: str, holder: str, card: str, points: int) -> None:
    """Let a member buy something with a card and get points for it, in a lot named after the op."""
    postings = (Posting("points", ISSUANCE, -points), Posting("points", f"account:{holder}", points, op))
    till.append(op=op, kind="sale", body=sale_body(holder, 100, card=card), postings=postings)


def _spent(till: Visitor, op: str, holder: str, card: str, lots: dict[str, int]) -> None:
    postings = [Posting("points", REDEEMED, sum(lots.values()))]
    postings += [Posting("points", f"account:{holder}", -units, lot) for lot, units in lots.items()]
    body = {"account": holder, "card": card, "reward": "r", "unit": "points", "units": 1, "value": 1, "free": False}
    till.append(op=op, kind="redemption", body=body, postings=tuple(postings))


def _points(database: Database) -> dict[str, int]:
    with database.read() as conn:
        found = conn.scalars(select(account.c.root).distinct()).all()
        return {one.account: one.balance("points") for one in holders(conn, found)}


@pytest.fixture
def two(till: Visitor, hq_keys: Keys) -> Visitor:
    """Members a and b with a card each; a bought for 10 points, b for 20."""
    for one, number in (("a", "982600000001"), ("b", "982600000002")):
        fields, profile = card_opened(hq_keys, one, f"card-{one}", number)
        till.append(profile, op=f"open-{one}", **fields)
    _bought(till, "S-a", "a", "card-a", 10)
    _bought(till, "S-b", "b", "card-b", 20)
    _arrive(till)
    return till


def _merged(till: Visitor, *, into: str = "a", word: Word = WORD) -> None:
    with till.database.write() as conn:
        assert merge(conn, "b" if into == "a" else "a", into, word, epoch=till.database.epoch)


def _parted(till: Visitor, one: str = "b", word: Word = WORD) -> None:
    with till.database.write() as conn:
        assert unmerge(conn, one, word, epoch=till.database.epoch)


def test_merged_they_are_one_and_parted_each_has_what_it_had(two: Visitor, database: Database) -> None:
    _merged(two)
    assert _points(database) == {"a": 30}

    _parted(two)

    assert _points(database) == {"a": 10, "b": 20}
    with database.read() as conn:
        assert books(conn).balanced


def test_what_the_parted_ones_cards_brought_since_goes_with_them(two: Visitor, database: Database) -> None:
    _merged(two)
    _bought(two, "S-1", "a", "card-b", 7)
    _bought(two, "S-2", "a", "card-a", 5)
    _spent(two, "R-1", "a", "card-b", {"S-1": 3, "S-a": 2})
    _spent(two, "R-2", "a", "card-a", {"S-1": 1, "S-b": 4})
    _arrive(two)
    assert _points(database) == {"a": 32}

    _parted(two)

    assert _points(database) == {"a": 10 + 5 - 2, "b": 20 - 4 + 3}
    with database.read() as conn:
        assert books(conn).balanced


def test_the_one_that_others_were_joined_into_takes_them_along(two: Visitor, database: Database) -> None:
    two.append(op="c", kind="card_opened", body={"account": "c", "card": "card-c"})
    _bought(two, "S-c", "c", "card-c", 3)
    _arrive(two)
    with database.write() as conn:
        merge(conn, "c", "b", Word("c", "x", "y"), epoch=database.epoch)
        merge(conn, "c", "a", Word("d", "x", "y"), epoch=database.epoch)
    assert _points(database) == {"a": 33}

    _parted(two)

    assert _points(database) == {"a": 10, "b": 23}
    _parted(two, "c", Word("e", "x", "y"))
    assert _points(database) == {"a": 10, "b": 20, "c": 3}


def test_the_same_op_again_changes_nothing(two: Visitor, database: Database) -> None:
    _merged(two)
    with database.write() as conn:
        assert not merge(conn, "b", "a", WORD, epoch=database.epoch)
    _parted(two)
    with database.write() as conn:
        assert not unmerge(conn, "b", WORD, epoch=database.epoch)

    _merged(two, word=Word("w2", "same-person", "anna"))
    assert _points(database) == {"a": 30}


def test_the_entries_say_who_and_why(two: Visitor, database: Database) -> None:
    _merged(two)
    _parted(two)

    with database.read() as conn:
        query = select(raw.c.bytes).join(journal, journal.c.id == raw.c.journal).where(journal.c.till == HQ)
        said = [decode_entry(data) for data in conn.scalars(query.order_by(raw.c.seq))]
    assert [(one.kind, one.body["by"], one.body["reason"]) for one in said] == [
        ("accounts_joined", "anna", "same-person"),
        ("accounts_parted", "anna", "same-person"),
    ]


def test_a_till_hears_of_the_whole_before_it_hears_of_the_part(two: Visitor) -> None:
    _merged(two)
    after = two.feed().cursor.version
    _parted(two)

    rows = [row for row in two.feed(after).rows if isinstance(row, MemberRow)]

    assert [(row.account, row.joined) for row in rows] == [("a", ()), ("b", ())]


def test_a_rebuild_finds_the_same(two: Visitor, database: Database, hq_keys: Keys) -> None:
    _merged(two)
    _bought(two, "S-1", "a", "card-b", 7)
    _arrive(two)
    _parted(two)
    _merged(two, into="b", word=Word("w2", "x", "y"))
    _parted(two, "a", Word("w3", "x", "y"))
    with database.read() as conn:
        before = members_of_books(conn)

    rebuild(database, hq_keys)

    with database.read() as conn:
        assert members_of_books(conn) == before
    assert _points(database) == {"a": 10, "b": 27}


def test_what_is_no_merger_is_refused(two: Visitor, database: Database) -> None:
    with database.write() as conn:
        with pytest.raises(UnknownError):
            merge(conn, "b", "nobody", WORD, epoch=database.epoch)
        with pytest.raises(InvalidError, match="one already"):
            merge(conn, "a", "a", WORD, epoch=database.epoch)
        with pytest.raises(UnknownError, match="part of no other"):
            unmerge(conn, "b", WORD, epoch=database.epoch)
    two.append(op="erase", kind="member_erased", body={"account": "a"})
    _arrive(two)
    with database.write() as conn, pytest.raises(NotAllowedError, match="blocked"):
        merge(conn, "b", "a", WORD, epoch=database.epoch)


@pytest.mark.parametrize(("reason", "by"), [("Anna said so!", "anna"), ("x", "Anna Smith"), ("", "anna")])
def test_nothing_of_a_person_stands_in_the_journal(reason: str, by: str) -> None:
    with pytest.raises(InvalidError):
        Word("w", reason, by)


def test_people_merge_and_part_by_command(folder: Path, two: Visitor, database: Database) -> None:
    why = ("--reason", "same-person", "--name", "anna", "--op", "x")

    assert _run(folder, "members", "merge", "--account", "b", "--into", "a", *why).stdout == "b is part of a\n"
    assert _run(folder, "members", "merge", "--account", "b", "--into", "a", *why).stdout == "op x was decided before\n"
    assert "joined b" in _run(folder, "members", "show", "--account", "b").stdout
    assert _run(folder, "members", "unmerge", "--account", "b", *why).stdout == "b is on its own\n"
    assert _points(database) == {"a": 10, "b": 20}
