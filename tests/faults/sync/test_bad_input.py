"""What a broken or stolen till may send: nothing of it changes a balance, and each leaves a line in the log.

What the door refuses as no request of a till at all is tested in tests/hq/receive, what a till does not believe in
tests/sync; README.md beside this file says where.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from agent.counter import SaleAsk
from agent.errors import EntryTooLargeError
from agent.journal.batch import BATCH_BYTES_MAX, BatchItem, pack
from agent.journal.chain import GENESIS, link
from agent.journal.entry import ENTRY_BYTES_MAX, INTEGER_MAX, encode_entry
from agent.journal.wire.form import BATCH_TYPE, compress
from agent.journal.wire.place import Position
from agent.ledger.kept.held import unsynced
from agent.loyalty.sale import LINES_MAX, Line
from hq import config, keys
from hq.books.totals import books
from hq.books.worker import advance
from hq.database import Database
from hq.keys import Keys
from hq.receive.signatures import Answer
from tests.hq.headquarters import found, members_of_books
from tests.hq.visitor import Visitor, entry, moved
from tests.sync.halves import Till

HQ_LOG = "hq"


@dataclass
class Door:
    """Two tills that have brought what they have, and headquarters' books of it."""

    one: Visitor
    two: Visitor
    database: Database
    keys: Keys

    def books(self) -> dict[str, list[Any]]:
        """Let the books catch up, and return what members have."""
        while advance(self.database, self.keys):
            pass
        with self.database.read() as conn:
            assert books(conn).balanced
            state = members_of_books(conn)
        return {name: rows for name, rows in state.items() if name != "quarantine"}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    settings = config.load(found(tmp_path / "hq"))
    own_keys = keys.load(settings.keys)
    with closing(Database(settings.database)) as database:
        one, two = Visitor(database, own_keys, "1"), Visitor(database, own_keys, "2")
        for number, visitor in enumerate((one, two), 1):
            visitor.enrol()
            visitor.append(postings=moved(f"account-{number}", 100, lot=f"lot-{number}"))
            visitor.append(postings=moved(f"account-{number}", 50, lot=f"lot-{number}"))
            visitor.send()
        yield Door(one, two, database, own_keys)


def send(till: Visitor, items: list[BatchItem], *, after: Position | None = None) -> Answer:
    """Send items after what headquarters holds, with the head that they lead to."""
    after = after or till.position(len(till.heads) - 1)
    head = after.head
    for item in items:
        head = link(head, item.data)
    return till.ask(till.batch_of(after, items, to=head))


def send_bytes(till: Visitor, *entries: bytes) -> Answer:
    return send(till, [BatchItem(data) for data in entries])


def send_body(till: Visitor, body: bytes) -> Answer:
    """Send a body as a batch that follows what headquarters holds."""
    after = till.position(2)
    query = f"epoch={after.epoch}&seq={after.seq}&head={after.head.hex()}&to={'00' * 32}"
    return till.ask(till.request("entries", body, query=query, media=BATCH_TYPE))


# -- batches -----------------------------------------------------------------------------------------------------------


def replayed(door: Door) -> Answer:
    """A batch, recorded on the line, is sent once more after others."""
    door.one.append(postings=moved("account-1", 7))
    request = door.one.batch(3, 3)
    door.one.ask(request)
    for _ in range(2):  # after one alone it may just have been long on its way
        door.one.where()
    return door.one.ask(request)


def as_a_new_request(door: Door) -> Answer:
    """Entries that are held come again in a request of their own."""
    return send(door.one, door.one.items, after=Position(door.one.epoch, 0, GENESIS))


def spliced(door: Door) -> Answer:
    """An entry is cut out of the middle, and the head is the true one."""
    door.one.append(postings=moved("account-1", 1))
    door.one.append(postings=moved("account-1", 2))
    return door.one.ask(door.one.batch_of(door.one.position(2), door.one.items[3:4], to=door.one.heads[4]))


def reordered(door: Door) -> Answer:
    door.one.append(postings=moved("account-1", 1))
    door.one.append(postings=moved("account-1", 2))
    backwards = door.one.items[3:1:-1]
    return door.one.ask(door.one.batch_of(door.one.position(2), backwards, to=door.one.heads[4]))


def anothers_entries(door: Door) -> Answer:
    """A till brings another till's entries as the continuation of its own."""
    return send(door.one, door.two.items)


def anothers_journal(door: Door) -> Answer:
    """A till brings another till's batch as it is: two tills' batches are swapped."""
    return send(door.one, door.two.items, after=Position(door.two.epoch, 0, GENESIS))


def another_place(door: Door) -> Answer:
    """An entry says of itself that it stands elsewhere."""
    return send_bytes(door.one, encode_entry(entry(door.one.till, door.one.epoch, 9, postings=moved("account-1", 5))))


def headquarters_own(door: Door) -> Answer:
    """A till writes in headquarters' name."""
    return send_bytes(door.one, encode_entry(entry("hq", door.database.epoch, 1, postings=moved("account-1", 5))))


# -- bytes -------------------------------------------------------------------------------------------------------------


def unbalanced(door: Door) -> Answer:
    return send_bytes(
        door.one, encode_entry(entry(door.one.till, door.one.epoch, 3, postings=moved("account-1", 5)[1:]))
    )


def a_thousand_deep(door: Door) -> Answer:
    return send_bytes(door.one, b'{"a":' * 1000 + b"1" + b"}" * 1000)


def as_bytes(door: Door, **fields: Any) -> bytes:
    good = entry(door.one.till, door.one.epoch, 3, postings=moved("account-1", 5), **fields)
    return encode_entry(good)


def a_key_twice(door: Door) -> Answer:
    return send_bytes(door.one, as_bytes(door).replace(b'"by":', b'"by":"x","by":', 1))


def not_a_number(door: Door) -> Answer:
    return send_bytes(door.one, as_bytes(door).replace(b'"amount":5', b'"amount":NaN', 1))


def a_float(door: Door) -> Answer:
    return send_bytes(door.one, as_bytes(door).replace(b'"amount":5', b'"amount":5.0', 1))


def beyond_64_bits(door: Door) -> Answer:
    data = (
        as_bytes(door).replace(b'"amount":5', b'"amount":%d' % 2**63).replace(b'"amount":-5', b'"amount":-%d' % 2**63)
    )
    return send_bytes(door.one, data)


def white_space(door: Door) -> Answer:
    return send_bytes(door.one, as_bytes(door) + b" ")


def too_large_an_entry(door: Door) -> Answer:
    return send_bytes(door.one, b'"' + b"x" * ENTRY_BYTES_MAX + b'"')


def a_bomb_that_says_its_size(door: Door) -> Answer:
    return send_body(door.one, compress(bytes(BATCH_BYTES_MAX + 1)))


def a_bomb_that_does_not(door: Door) -> Answer:
    bomb = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(64 * BATCH_BYTES_MAX))
    assert len(bomb) < 256 * 1024
    return send_body(door.one, bomb)


def a_bomb_that_lies(door: Door) -> Answer:
    """The frame says it holds 8 bytes and holds 16 MiB more (RFC 8878, 3.1.1.1: a size of one byte)."""
    bomb = bytearray(zstandard.ZstdCompressor(write_content_size=True).compress(bytes(200)))
    size_at = bomb.index(200, 4)
    bomb[size_at] = 8
    return send_body(door.one, bytes(bomb))


def many_frames(door: Door) -> Answer:
    """More entries than a batch may have, each of one byte."""
    return send_body(door.one, compress(pack([BatchItem(b"0")] * 1000) + b"\x01\x00\x00\x00\x010"))


REFUSED: dict[Callable[[Door], Answer], int] = {
    replayed: 409,
    spliced: 400,
    reordered: 400,
    too_large_an_entry: 400,
    a_bomb_that_says_its_size: 400,
    a_bomb_that_does_not: 400,
    a_bomb_that_lies: 400,
    many_frames: 400,
}
SET_ASIDE = (
    anothers_entries,
    anothers_journal,
    another_place,
    headquarters_own,
    unbalanced,
    a_thousand_deep,
    a_key_twice,
    not_a_number,
    a_float,
    beyond_64_bits,
    white_space,
)


@pytest.mark.parametrize("attack", REFUSED, ids=lambda attack: attack.__name__)
def test_what_is_no_batch_is_refused_and_changes_nothing(
    door: Door, attack: Callable[[Door], Answer], caplog: pytest.LogCaptureFixture
) -> None:
    before = door.books()
    if attack is replayed:  # it counted once, when it was new
        assert attack(door).status == 409
        assert ("account-1", "points", "l1", None, 7) in door.books()["lots"]
        return

    with caplog.at_level(logging.WARNING, logger=HQ_LOG):
        answer = attack(door)

    assert answer.status == REFUSED[attack], answer.body
    assert door.books() == before
    assert any(one.name.startswith(HQ_LOG) for one in caplog.records)


@pytest.mark.parametrize("attack", SET_ASIDE, ids=lambda attack: attack.__name__)
def test_an_entry_that_is_none_is_kept_and_set_aside(
    door: Door, attack: Callable[[Door], Answer], caplog: pytest.LogCaptureFixture
) -> None:
    before = door.books()

    with caplog.at_level(logging.WARNING, logger=HQ_LOG):
        answer = attack(door)
        after = door.books()

    assert answer.status == 200, answer.body
    assert after == before
    assert any("quarantine till=corner/1" in one.message for one in caplog.records)


def test_what_is_held_already_counts_once(door: Door) -> None:
    before = door.books()

    assert as_a_new_request(door).status == 200

    assert door.books() == before


def test_more_than_a_number_holds_is_set_aside_and_the_books_go_on(door: Door) -> None:
    """Entries of 2^53 - 1 points each, more of them than a column can add up."""
    before = door.books()
    for _ in range(2):
        for _ in range(700):
            door.one.append(postings=moved("rich", INTEGER_MAX, lot="rich"))
        door.one.send(len(door.one.items) - 699)

    after = door.books()

    assert [row for row in after["lots"] if row[0] != "rich"] == before["lots"]
    assert all(type(row[-1]) is int for row in after["lots"])
    door.two.append(postings=moved("account-2", 1, lot="lot-2"))
    door.two.send()
    assert ("account-2", "points", "lot-2", None, 151) in door.books()["lots"]


# -- at the till -------------------------------------------------------------------------------------------------------


def test_a_sale_too_large_for_an_entry_is_refused_before_anything_is_acknowledged(till: Till) -> None:
    before, waiting = till.ledger.identity, unsynced(till.ledger)
    line = Line('"' * 40, 1000, 10**11, category='"' * 40, tax=10**11, brand='"' * 40)

    with pytest.raises(EntryTooLargeError):
        till.counter.sell(SaleAsk("huge", (line,) * LINES_MAX), by="pos")

    assert till.ledger.identity == before
    assert unsynced(till.ledger) == waiting
    till.sell(1, card=1)
    till.meet()
    assert unsynced(till.ledger) == 0
