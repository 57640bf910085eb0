"""A meeting without a line: the test is headquarters, and says what it likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.errors import ChainBrokenError, JournalError, RejectedError
from agent.journal import batch
from agent.journal.chain import GENESIS, link
from agent.journal.entry import encode
from agent.journal.feed import Cursor, EntryRow, LotRow, MemberRow, Page, Row, pack
from agent.journal.wire.enrolling import Enrolled
from agent.journal.wire.form import compress, expand
from agent.journal.wire.meeting import Held, Outcome, Where
from agent.journal.wire.place import Position
from agent.ledger.audit import check_held
from agent.ledger.kept.feed import cursor_of
from agent.ledger.kept.held import held
from agent.ledger.ledger import Ledger
from agent.ledger.members import holder
from agent.sync.line import Ask, Told
from agent.sync.meeting import Meeting, Met
from tests.ledger.tills import opened, sale

Answer = Callable[[Ask], bytes]
_PRIVATE = X25519PrivateKey.generate()
_PUBLIC = _PRIVATE.public_key().public_bytes_raw()
_HQ_KEY = Ed25519PrivateKey.generate().public_key().public_bytes_raw()


class Headquarters:
    """Holds what it is sent. `overrides` answer instead, each once, by the word that is asked."""

    def __init__(self) -> None:
        self.held: dict[str, Position] = {}
        self.batches: list[int] = []
        self.asked: list[str] = []
        self.overrides: dict[str, list[Answer]] = {}
        self.version = 1

    def answer(self, ask: Ask) -> Told:
        self.asked.append(ask.word)
        waiting = self.overrides.get(ask.word, [])
        plain = {"where": self.where, "entries": self.take, "feed": self.page}
        return Told((waiting.pop(0) if waiting else plain[ask.word])(ask), _HQ_KEY)

    def where(self, _ask: Ask) -> bytes:
        return encode(Where(tuple(self.held.values()), self.version, 5).to_map())

    def take(self, ask: Ask) -> bytes:
        query = {name: values[0] for name, values in parse_qs(ask.query).items()}
        position = self.held.get(query["epoch"], Position(query["epoch"]))
        if int(query["seq"]) > position.seq:
            return self.told(Outcome.GAP, position)
        assert Position.from_map(query) == position
        items = batch.unpack(expand(ask.body, bytes_max=batch.BATCH_BYTES_MAX))
        head = position.head
        for item in items:
            head = link(head, item.data)
        assert head.hex() == query["to"]
        self.batches.append(len(items))
        self.held[position.epoch] = Position(position.epoch, position.seq + len(items), head)
        return self.told(Outcome.HELD, self.held[position.epoch])

    def told(self, outcome: Outcome, position: Position) -> bytes:
        return encode(Held(outcome, position, self.version, 6).to_map())

    def page(self, ask: Ask, *rows: Row, more: bool = False, epoch: str = "hq") -> bytes:
        after = int(ask.body.partition(b":")[2].rstrip(b"}"))
        cursor = Cursor(epoch, max(self.version, after + len(rows)))
        return compress(pack(Page(Cursor(epoch, after), cursor, more, 7, rows=rows)))


class Halves:
    """A ledger, its headquarters, and the meeting between them."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.hq = Headquarters()
        enrolled = Enrolled(ledger.till, "hq", b"r" * 32, _PUBLIC, 1)
        self.meeting = Meeting(ledger, enrolled, _PRIVATE, batch_entries=4)

    def meet(self) -> Met:
        met = Met()
        steps = self.meeting.steps(met)
        try:
            ask = next(steps)
            while True:
                ask = steps.send(self.hq.answer(ask))
        except StopIteration:
            return met

    def sell(self, count: int) -> None:
        for _ in range(count):
            self.ledger.append(sale(f"{self.ledger.identity.head.hex()[:16]}"))

    @property
    def end(self) -> Position:
        identity = self.ledger.identity
        return Position(identity.epoch, identity.seq, identity.head)


@pytest.fixture
def halves(tmp_path: Path) -> Iterator[Halves]:
    ledger = opened(tmp_path / "ledger.db")
    yield Halves(ledger)
    ledger.close()


def test_what_headquarters_lacks_is_sent_in_batches(halves: Halves) -> None:
    halves.sell(9)

    halves.meet()

    assert halves.hq.batches == [4, 4, 2]
    assert halves.meeting.held == halves.end
    assert halves.meeting.waiting == 0
    assert held(halves.ledger) == (halves.end,)


def test_what_is_recorded_during_a_meeting_waits_for_the_next(halves: Halves) -> None:
    def selling_goes_on(ask: Ask) -> bytes:
        halves.sell(1)
        return halves.hq.take(ask)

    halves.sell(9)
    halves.hq.overrides["entries"] = [selling_goes_on] * 3

    halves.meet()
    assert halves.hq.batches == [4, 4, 2]
    assert halves.meeting.waiting == 3
    halves.meet()

    assert halves.meeting.held == halves.end


def test_where_is_asked_once_and_again_after_a_failure(halves: Halves) -> None:
    halves.meet()
    halves.sell(1)
    halves.meet()
    assert halves.hq.asked.count("where") == 1

    halves.meeting.forget()
    halves.meet()

    assert halves.hq.asked.count("where") == 2


def test_sending_goes_on_where_headquarters_stands(halves: Halves) -> None:
    halves.sell(6)
    halves.meet()
    halves.sell(2)
    again = Halves(halves.ledger)
    again.hq.held = halves.hq.held

    again.meet()

    assert again.hq.batches == [2]


def test_after_a_gap_sending_goes_on_from_what_headquarters_holds(halves: Halves) -> None:
    halves.sell(6)
    halves.meet()
    halves.hq.held.clear()  # headquarters lost it all, and this till does not know
    halves.hq.batches.clear()
    halves.sell(1)

    halves.meet()

    assert sum(halves.hq.batches) == halves.end.seq
    assert halves.meeting.held == halves.end


def test_two_gaps_in_a_row_are_not_believed(halves: Halves) -> None:
    halves.sell(6)
    halves.meet()
    halves.sell(1)
    nothing = Position(halves.end.epoch)
    halves.hq.overrides["entries"] = [lambda _: halves.hq.told(Outcome.GAP, nothing)] * 2

    with pytest.raises(RejectedError, match="answers gap"):
        halves.meet()


def test_S2_what_headquarters_does_not_name_as_held_still_waits(halves: Halves) -> None:
    halves.sell(3)
    halves.hq.overrides["entries"] = [lambda _: halves.hq.told(Outcome.HELD, Position(halves.end.epoch))]

    with pytest.raises(RejectedError):
        halves.meet()

    assert halves.meeting.waiting == halves.end.seq


@pytest.mark.parametrize(
    "position",
    [
        lambda end: Position(end.epoch, end.seq, b"x" * 32),
        lambda end: Position(end.epoch, end.seq + 1, end.head),
        lambda end: Position("another", end.seq, end.head),
        lambda end: Position(end.epoch, 0, b"x" * 32),
    ],
)
def test_a_headquarters_with_another_history_is_noticed(
    halves: Halves, position: Callable[[Position], Position]
) -> None:
    halves.sell(3)
    halves.hq.overrides["entries"] = [lambda _: halves.hq.told(Outcome.HELD, position(halves.end))]

    with pytest.raises(RejectedError) as refusal:
        halves.meet()

    assert "copied or restored" in refusal.value.hint


def test_it_is_noticed_before_anything_is_sent(halves: Halves) -> None:
    halves.hq.held[halves.end.epoch] = Position(halves.end.epoch, 1, b"x" * 32)

    with pytest.raises(RejectedError, match="another history"):
        halves.meet()

    assert halves.hq.asked == ["where"]


def test_a_ledger_older_than_what_headquarters_holds_is_noticed(halves: Halves) -> None:
    halves.hq.held[halves.end.epoch] = Position(halves.end.epoch, 7, b"x" * 32)

    with pytest.raises(RejectedError, match="holds 7 entries"):
        halves.meet()
    with pytest.raises(ChainBrokenError, match="headquarters holds entry 7"):
        check_held(halves.ledger)


def test_a_fork_is_for_people(halves: Halves) -> None:
    halves.hq.overrides["entries"] = [lambda _: halves.hq.told(Outcome.FORK, Position(halves.end.epoch, 0, GENESIS))]

    with pytest.raises(RejectedError, match="answers fork"):
        halves.meet()


def test_epochs_are_sent_one_after_the_other(halves: Halves) -> None:
    halves.sell(2)
    first = halves.end
    halves.ledger.begin_epoch()
    halves.sell(1)

    halves.meet()

    assert list(halves.hq.held.values()) == [first, halves.end]


def test_the_feed_is_applied(halves: Halves) -> None:
    row = MemberRow("a", "regular", lots=(LotRow("points", "x", 9),))
    halves.hq.overrides["feed"] = [lambda ask: halves.hq.page(ask, row)]

    met = halves.meet()

    found = holder(halves.ledger, "a")
    assert found is not None
    assert found.balance("points") == 9
    assert (met.fed, met.hq_ms) == (True, 7)


def test_the_feed_is_taken_to_its_end(halves: Halves) -> None:
    rows = [MemberRow(name, "regular") for name in "abc"]
    halves.hq.overrides["feed"] = [
        lambda ask, row=row: halves.hq.page(ask, row, more=row.account != "c")  # type: ignore[misc]
        for row in rows
    ]

    halves.meet()

    assert halves.hq.asked.count("feed") == 3
    assert cursor_of(halves.ledger, "hq").version == 3


def test_the_feed_is_not_asked_for_when_an_answer_said_there_is_nothing_new(halves: Halves) -> None:
    halves.meet()
    halves.sell(1)
    halves.meet()
    assert halves.hq.asked.count("feed") == 1

    halves.meet()

    assert halves.hq.asked.count("feed") == 2


def test_S11_a_feed_that_does_not_go_on_is_left(halves: Halves) -> None:
    halves.hq.overrides["feed"] = [lambda ask: halves.hq.page(ask, more=True)] * 3

    with pytest.raises(JournalError, match="does not go on"):
        halves.meet()


@pytest.mark.parametrize("page", [b"", b"junk", compress(b"junk"), compress(bytes(17 * 1024 * 1024))])
def test_S11_a_page_that_is_none_changes_nothing(halves: Halves, page: bytes) -> None:
    halves.hq.overrides["feed"] = [lambda _: page]

    with pytest.raises(JournalError):
        halves.meet()

    assert cursor_of(halves.ledger, "hq").version == 0


def test_a_page_of_another_headquarters_epoch_is_refused(halves: Halves) -> None:
    halves.hq.overrides["feed"] = [lambda ask: halves.hq.page(ask, MemberRow("a", "regular"), epoch="other")]

    with pytest.raises(JournalError, match="epoch 'other'"):
        halves.meet()


def test_S11_an_entry_of_headquarters_that_it_did_not_sign_is_refused(halves: Halves) -> None:
    row = EntryRow(b"{}", b"h" * 32, b"s" * 64)
    halves.hq.overrides["feed"] = [lambda ask: halves.hq.page(ask, row)]

    with pytest.raises(JournalError, match="signature"):
        halves.meet()


@pytest.mark.parametrize("word", ["where", "entries"])
def test_an_answer_of_another_shape_is_refused(halves: Halves, word: str) -> None:
    halves.hq.overrides[word] = [lambda _: b'{"held":1}']

    with pytest.raises(JournalError):
        halves.meet()
