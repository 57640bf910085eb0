"""A meeting of the two halves, without the line: what to ask next, and what an answer means.

`Meeting.steps` is a generator that yields what to ask and is sent the answer, so that it runs as well over HTTP as in a
simulator. It asks where headquarters stands, sends what headquarters lacks, and takes the feed.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from agent.errors import JournalError, RejectedError
from agent.journal.batch import BatchItem, pack
from agent.journal.entry import encode
from agent.journal.feed import PAGE_BYTES_MAX, Cursor, EntryRow, unpack
from agent.journal.trust import check_entry
from agent.journal.wire import BATCH_TYPE, Enrolled, Held, Outcome, Position, Where, compress, expand, read
from agent.ledger.kept.feed import apply_page, cursor_of
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import head_at, items_after
from agent.ledger.records import Identity
from agent.sync.line import Ask, Told

BATCH_ENTRIES = 500
BATCH_BYTES = 2 * 1024 * 1024  # about; a request is kept in the ledger until it is answered

Steps = Generator[Ask, Told, None]


@dataclass(slots=True)
class Met:
    """What a meeting brought: headquarters' time (Unix ms), its feed's version as heard, whether the feed had news."""

    hq_ms: int | None = None
    version: int | None = None
    fed: bool = False


class Meeting:
    """What this till knows of where headquarters stands, kept from one meeting to the next."""

    def __init__(
        self, ledger: Ledger, enrolled: Enrolled, private: X25519PrivateKey, *, batch_entries: int = BATCH_ENTRIES
    ) -> None:
        self._ledger = ledger
        self._batch_entries = batch_entries
        self._enrolled = enrolled
        self._private = private
        self._receiver = X25519PublicKey.from_public_bytes(enrolled.profile_key)
        self._held: dict[str, Position] | None = None
        self._sure = False

    def forget(self) -> None:
        """Ask anew where headquarters stands: after a failure nothing is taken for granted."""
        self._sure = False

    @property
    def held(self) -> Position | None:
        """What headquarters held of the current epoch when it last said so, if it ever did."""
        return None if self._held is None else self._held.get(self._ledger.identity.epoch)

    @property
    def waiting(self) -> int | None:
        """How many entries headquarters lacks by what it last said, if it ever did."""
        held = self._held
        if held is None:
            return None
        return sum(identity.seq - _at(held, identity.epoch).seq for identity in self._ledger.epochs())

    def steps(self, met: Met) -> Steps:
        """Yield what to ask; `met` is filled as answers come."""
        if self._held is None or not self._sure:
            told = yield Ask("where", encode({}))
            where = read(told.body, Where.from_map)
            self._sure, self._held = True, {position.epoch: position for position in where.positions}
            met.version, met.hq_ms = where.version, where.now_ms
        for identity in self._ledger.epochs():
            yield from self._send(identity, self._held, met)
        cursor = cursor_of(self._ledger, self._enrolled.hq_epoch)
        if met.version is None or met.version > cursor.version:
            yield from self._take_feed(cursor, met)

    def _send(self, identity: Identity, known: dict[str, Position], met: Met) -> Steps:
        """Send what headquarters lacks of an epoch. Only what it names as held counts as held."""
        held = _at(known, identity.epoch)
        self._check_same(held, identity)
        gaps = 0
        while held.seq < identity.seq:
            # What was recorded since waits for the next meeting.
            most = min(self._batch_entries, identity.seq - held.seq)
            items = items_after(
                self._ledger, held.epoch, held.seq, entries_max=most, bytes_max=BATCH_BYTES, receiver=self._receiver
            )
            told = yield self._batch(held, items)
            answer = read(told.body, Held.from_map)
            met.version, met.hq_ms = answer.version, answer.now_ms
            gaps = gaps + 1 if answer.outcome is Outcome.GAP else 0
            forward = answer.position.seq >= held.seq + len(items)
            if answer.outcome is Outcome.FORK or gaps > 1 or not (gaps or forward):
                raise _forked(f"headquarters answers {answer.outcome} to the entries after {held.seq}")
            held = answer.position
            self._check_same(held, identity)
            known[identity.epoch] = held

    def _batch(self, held: Position, items: Sequence[BatchItem]) -> Ask:
        to = head_at(self._ledger, held.epoch, held.seq + len(items))
        query = {"epoch": held.epoch, "seq": held.seq, "head": held.head.hex(), "to": to.hex()}
        return Ask("entries", compress(pack(items)), urlencode(query), BATCH_TYPE)

    def _check_same(self, held: Position, own: Identity) -> None:
        """Raise RejectedError unless headquarters holds a prefix of this very journal."""
        if held.epoch != own.epoch or held.seq > own.seq:
            raise _forked(f"headquarters holds {held.seq} entries of epoch {held.epoch[:8]}, this ledger {own.seq}")
        if head_at(self._ledger, held.epoch, held.seq) != held.head:
            raise _forked(f"headquarters holds another history of epoch {held.epoch[:8]} at entry {held.seq}")

    def _take_feed(self, cursor: Cursor, met: Met) -> Steps:
        more = True
        while more:
            told = yield Ask("feed", encode({"after": cursor.version}))
            page = unpack(expand(told.body, bytes_max=PAGE_BYTES_MAX))
            if page.cursor.epoch != self._enrolled.hq_epoch:
                raise JournalError(
                    f"the feed is of headquarters' epoch {page.cursor.epoch!r}, another than this till's"
                )
            for row in page.rows:
                if isinstance(row, EntryRow):
                    check_entry(row.hash, row.signature, key=told.key)
            apply_page(self._ledger, page, self._private)
            met.hq_ms, met.fed = page.now_ms, met.fed or bool(page.rows)
            if page.more and page.cursor.version <= cursor.version:
                raise JournalError(f"the feed does not go on from version {cursor.version}")
            cursor, more = page.cursor, page.more


def _at(known: dict[str, Position], epoch: str) -> Position:
    return known.get(epoch, Position(epoch))


def _forked(message: str) -> RejectedError:
    hint = "this till's disk was copied or restored, or headquarters' was: selling goes on, call headquarters"
    return RejectedError(message, hint=hint)
