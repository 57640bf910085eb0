"""Promises S1 to S7 at the door: what headquarters holds of a journal is a prefix of it."""

from dataclasses import replace

import pytest
from sqlalchemy import Table, func, select

from agent.journal.batch import ENTRIES_MAX, BatchItem
from agent.journal.chain import GENESIS, link
from agent.journal.entry import encode
from agent.journal.sealed import digest
from agent.journal.wire.meeting import Outcome
from agent.journal.wire.place import Position
from hq.database import Database
from hq.keys import Keys
from hq.tables import flag, fork, raw, sealed, sealed_key
from tests.hq.visitor import Visitor, card_opened, card_profile, entry, refused

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _held(database: Database) -> list[bytes]:
    with database.read() as conn:
        return list(conn.scalars(select(raw.c.bytes).order_by(raw.c.journal, raw.c.seq)))


def _count(database: Database, table: Table) -> int:
    with database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def ten(till: Visitor) -> Visitor:
    for _ in range(10):
        till.append()
    return till


def test_nothing_is_held_of_a_new_till(till: Visitor) -> None:
    assert till.where().positions == ()


def test_S2_what_is_acknowledged_is_held_byte_for_byte(ten: Visitor, database: Database) -> None:
    answer = ten.send(1, 10)

    assert (answer.outcome, answer.position) == (Outcome.HELD, ten.position(10))
    assert _held(database) == [item.data for item in ten.items]
    assert ten.where().positions == (ten.position(10),)


def test_batches_follow_each_other(ten: Visitor, database: Database) -> None:
    for first in range(1, 10, 3):
        assert ten.send(first, min(first + 2, 10)).outcome is Outcome.HELD

    assert ten.send(10, 10).position == ten.position(10)
    assert _held(database) == [item.data for item in ten.items]


@pytest.mark.parametrize(("first", "last"), [(1, 6), (1, 3), (4, 6), (2, 5), (6, 6)])
def test_S3_what_is_held_already_is_a_success(ten: Visitor, database: Database, first: int, last: int) -> None:
    ten.send(1, 6)

    answer = ten.send(first, last)

    assert (answer.outcome, answer.position) == (Outcome.HELD, ten.position(6))
    assert _held(database) == [item.data for item in ten.items[:6]]


@pytest.mark.parametrize("first", [1, 4, 6, 7])
def test_a_batch_that_overlaps_adds_what_is_new(ten: Visitor, database: Database, first: int) -> None:
    ten.send(1, 6)

    assert ten.send(first, 10).position == ten.position(10)
    assert _held(database) == [item.data for item in ten.items]


def test_S5_a_gap_takes_nothing_and_says_where_headquarters_stands(ten: Visitor, database: Database) -> None:
    ten.send(1, 3)

    answer = ten.send(6, 10)

    assert (answer.outcome, answer.position) == (Outcome.GAP, ten.position(3))
    assert len(_held(database)) == 3


def test_a_gap_before_anything_is_held(ten: Visitor, database: Database) -> None:
    answer = ten.send(2, 10)

    assert (answer.outcome, answer.position) == (Outcome.GAP, Position(ten.epoch))
    assert _held(database) == []


def test_an_empty_batch_says_where_headquarters_stands(ten: Visitor) -> None:
    ten.send(1, 4)

    assert ten.send(5, 4).position == ten.position(4)


def _branch(till: Visitor, at: int, count: int) -> tuple[list[BatchItem], bytes]:
    """Other entries after entry `at` of a till, and the head they lead to."""
    head, items = till.heads[at], []
    for seq in range(at + 1, at + 1 + count):
        data = encode(entry(till.till, till.epoch, seq, op=f"other-{seq}").to_map())
        items.append(BatchItem(data))
        head = link(head, data)
    return items, head


def test_S4_the_same_number_with_other_content_is_kept_beside(ten: Visitor, database: Database) -> None:
    ten.send(1, 6)
    items, head = _branch(ten, 4, 4)

    answer = ten.ask(ten.batch_of(ten.position(4), items, to=head))

    assert b'"outcome":"fork"' in answer.body
    assert _held(database) == [item.data for item in ten.items[:6]]
    with database.read() as conn:
        kept = conn.execute(select(fork.c.seq, fork.c.bytes).order_by(fork.c.seq)).all()
        assert [tuple(row) for row in kept] == list(enumerate((item.data for item in items), 5))
        assert conn.scalar(select(flag.c.what)) == "fork"


def test_a_batch_on_another_head_is_a_fork_though_its_numbers_are_new(ten: Visitor, database: Database) -> None:
    ten.send(1, 6)
    _, head = _branch(ten, 4, 2)
    elsewhere = Position(ten.epoch, 6, head)
    more, end = [BatchItem(b"{}")], link(head, b"{}")

    answer = ten.ask(ten.batch_of(elsewhere, more, to=end))

    assert b'"outcome":"fork"' in answer.body
    assert len(_held(database)) == 6
    assert _count(database, fork) == 1


def test_a_fork_that_comes_again_is_kept_once(ten: Visitor, database: Database) -> None:
    ten.send(1, 6)
    items, head = _branch(ten, 4, 4)

    for _ in range(3):
        ten.ask(ten.batch_of(ten.position(4), items, to=head))

    assert _count(database, fork) == 4
    with database.read() as conn:
        assert conn.execute(select(flag.c.what, flag.c.times)).all() == [("fork", 3)]


def test_a_first_batch_must_begin_at_nothing(ten: Visitor, database: Database) -> None:
    items = [BatchItem(b"{}")]

    answer = ten.ask(ten.batch_of(Position(ten.epoch, 0, b"x" * 32), items, to=link(b"x" * 32, b"{}")))

    assert b'"outcome":"fork"' in answer.body
    assert _held(database) == []


def test_S6_a_batch_that_does_not_lead_where_it_says_is_refused_whole(ten: Visitor, database: Database) -> None:
    items = [*ten.items[:4], BatchItem(ten.items[4].data.replace(b"something", b"somethinG"))]

    answer = ten.ask(ten.batch_of(ten.position(0), items, to=ten.heads[5]))

    assert "leads to another head" in refused(answer, 400)
    assert _held(database) == []
    assert ten.send(1, 5).outcome is Outcome.HELD


def test_entries_of_two_epochs_are_two_chains(ten: Visitor) -> None:
    ten.send(1, 10)
    first, ten.epoch = ten.position(10), "f" * 32
    ten.items, ten.heads = [], [GENESIS]
    ten.append(kind="epoch_opened", body={"parent_epoch": first.epoch, "parent_head": "", "parent_seq": 10})

    ten.send(1, 1)

    assert ten.where().positions == (first, ten.position(1))


def test_two_tills_do_not_touch_each_other(ten: Visitor, database: Database, hq_keys: Keys) -> None:
    other = Visitor(database, hq_keys, "2")
    other.enrol()
    other.epoch = ten.epoch
    other.append()
    ten.send(1, 10)

    assert other.send(1, 1).position == other.position(1)
    assert ten.where().positions == (ten.position(10),)


def test_S7_bytes_that_mean_nothing_are_held_all_the_same(till: Visitor, database: Database) -> None:
    till.append()
    till.append_bytes(b"\xff\x00 not an entry at all")
    till.append()

    assert till.send().outcome is Outcome.HELD
    assert _held(database) == [item.data for item in till.items]


class TestProfiles:
    """Sealed profiles are durable with the entry that names them, ciphertext and key apart."""

    def test_they_are_stored_with_their_entry(self, till: Visitor, database: Database, hq_keys: Keys) -> None:
        fields, profile = card_opened(hq_keys, "a", "c", "982600000006")
        till.append(profile, **fields)

        till.send()

        with database.read() as conn:
            kept = conn.execute(select(sealed)).one()
            assert (kept.subject, kept.digest, kept.sealed) == ("c", digest(profile.sealed), profile.sealed)
            assert conn.execute(select(sealed_key.c.wrapped)).scalar_one() == profile.wrapped_key

    def test_they_may_come_after_their_entry_is_held(self, till: Visitor, database: Database, hq_keys: Keys) -> None:
        fields, profile = card_opened(hq_keys, "a", "c", "982600000006")
        till.append(**fields)
        till.send()

        till.items[0] = BatchItem(till.items[0].data, (profile,))
        till.send()
        till.send()

        assert _count(database, sealed) == _count(database, sealed_key) == 1

    def test_what_no_entry_names_is_dropped(self, till: Visitor, database: Database, hq_keys: Keys) -> None:
        fields, profile = card_opened(hq_keys, "a", "c", "982600000006")
        till.append(card_profile(hq_keys, "c", "982600000007"), **fields)
        till.append(profile)

        assert till.send().outcome is Outcome.HELD
        assert _count(database, sealed) == _count(database, sealed_key) == 0

    def test_without_its_key_a_profile_is_nothing(self, till: Visitor, database: Database, hq_keys: Keys) -> None:
        fields, profile = card_opened(hq_keys, "a", "c", "982600000006")
        till.append(replace(profile, wrapped_key=None), **fields)

        till.send()

        assert _count(database, sealed) == 0


def test_a_batch_of_as_many_entries_as_may_be_is_taken(till: Visitor) -> None:
    for _ in range(ENTRIES_MAX + 1):
        till.append()

    assert till.send(1, ENTRIES_MAX).position.seq == ENTRIES_MAX
    assert "not expected" in refused(till.ask(till.batch(1, ENTRIES_MAX + 1)), 400)
