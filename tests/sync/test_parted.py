"""Accounts that a person merged and parted again, as the tills see them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.ledger.audit.rebuilding import rebuild
from hq.database import Turn, take_turn
from hq.members.merging import Word, merge, unmerge
from hq.tables import account
from tests.hq.headquarters import opened, serving
from tests.sync.chain import all_hear
from tests.sync.halves import Till


@pytest.fixture
def two(tmp_path: Path, own_hq: Path) -> Iterator[tuple[Till, Till]]:
    """Two tills that know Ada (card 1, 10 points) and Grace (card 2, 20 points)."""
    with serving(own_hq) as address, Till(tmp_path, "1", address) as one, Till(tmp_path, "2", address) as other:
        for till in (one, other):
            till.enrol(own_hq)
        one.enrol_member(1, "Ada", "020 7946 0001")
        other.enrol_member(2, "Grace", "020 7946 0002")
        one.sell(10, card=1)
        other.sell(20, card=2)
        all_hear(own_hq, one, other)
        yield one, other


def _decide(hq: Path, *, merged: bool, part: str, whole: str, op: str) -> None:
    with opened(hq) as database, database.write() as conn:
        take_turn(conn, Turn.BOOKS)
        word = Word(op, "same-person", "anna")
        if merged:
            merge(conn, part, whole, word, epoch=database.epoch)
        else:
            unmerge(conn, part, word, epoch=database.epoch)


def _accounts(hq: Path) -> int:
    with opened(hq) as database, database.read() as conn:
        return len(set(conn.scalars(select(account.c.root))))


def test_a_till_follows_a_merger_and_its_end(two: tuple[Till, Till], own_hq: Path) -> None:
    one, other = two
    ada, grace = one.read_card(1).account, one.read_card(2).account
    _decide(own_hq, merged=True, part=grace, whole=ada, op="m")
    all_hear(own_hq, one, other)
    for till in two:
        assert till.points(1) == till.points(2) == 30
        assert till.read_card(2).account == ada
    other.sell(7, card=2)
    one.sell(5, card=1)
    all_hear(own_hq, one, other)
    assert one.points(1) == 42

    _decide(own_hq, merged=False, part=grace, whole=ada, op="p")
    all_hear(own_hq, one, other)

    for till in two:
        assert (till.points(1), till.points(2)) == (15, 27)
        assert till.read_card(2).account == grace
        assert (till.read_card(1).name, till.read_card(2).name) == ("Ada", "Grace")
    assert _accounts(own_hq) == 2


def test_what_a_till_sold_meanwhile_without_knowing_comes_right(two: tuple[Till, Till], own_hq: Path) -> None:
    one, other = two
    ada, grace = one.read_card(1).account, one.read_card(2).account
    _decide(own_hq, merged=True, part=grace, whole=ada, op="m")
    other.sell(3, card=2)
    all_hear(own_hq, one)
    _decide(own_hq, merged=False, part=grace, whole=ada, op="p")
    one.sell(4, card=2)

    all_hear(own_hq, one, other)

    for till in two:
        assert till.points(1) + till.points(2) == 37
    assert other.points(1) == one.points(1)


def test_parted_accounts_are_the_same_after_the_derived_tables_were_built_anew(
    two: tuple[Till, Till], own_hq: Path
) -> None:
    one, other = two
    ada, grace = one.read_card(1).account, one.read_card(2).account
    for merged, op in ((True, "m"), (False, "p")):
        _decide(own_hq, merged=merged, part=grace, whole=ada, op=op)
        all_hear(own_hq, one, other)
    one.sell(1, card=1)
    other.sell(2, card=2)
    before = [(till.points(1), till.points(2)) for till in two]

    for till in two:
        rebuild(till.ledger)

    assert [(till.points(1), till.points(2)) for till in two] == before == [(11, 20), (10, 22)]
