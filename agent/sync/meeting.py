"""A meeting of the two halves, without the line: what to ask next, and what an answer means.

`Meeting.steps` is a generator that yields what to ask and is sent the answer, so that it runs as well over HTTP as in a
simulator. It asks where headquarters stands, sends what headquarters lacks, and takes the feed.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from agent.errors import ForkedError, JournalError
from agent.journal.batch import BatchItem, pack
from agent.journal.entry import encode
from agent.journal.feed import PAGE_BYTES_MAX, Cursor, EntryRow, Page, ProgrammeRow, unpack
from agent.journal.trust import Delegation, Role, check_entry, check_programme
from agent.journal.wire.enrolling import Enrolled
from agent.journal.wire.form import BATCH_TYPE, compress, expand, read
from agent.journal.wire.meeting import Held, Outcome, Where
from agent.journal.wire.place import Position
from agent.ledger.kept.apart import note_forked
from agent.ledger.kept.feed import apply_page, cursor_of
from agent.ledger.kept.held import note_held
from agent.ledger.kept.in_flight import are_here
from agent.ledger.kept.offered import note_offered
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import head_at, items_after, restored_over
from agent.ledger.records import Identity
from agent.sync.apart.forked import Bringing, bring
from agent.sync.apart.restored import give_back
from agent.sync.enrol import pinned
from agent.sync.line import Ask, Told

BATCH_ENTRIES = 1000
BATCH_BYTES = 2 * 1024 * 1024  # about; a request is kept in the ledger until it is answered

Steps = Generator[Ask, Told, None]


@dataclass(slots=True)
class Met:
    """What a meeting brought: headquarters' time (Unix ms), its feed's version as heard, whether the feed had news.

    `entries` were sent, `members` came; `sent` and `taken` are bytes of batches and pages, compressed.
    """

    hq_ms: int | None = None
    version: int | None = None
    fed: bool = False
    entries: int = 0
    sent: int = 0
    members: int = 0
    taken: int = 0

    def counts(self) -> dict[str, int]:
        """Return how much went and came, as the API and `--json` show it."""
        return {"entries": self.entries, "sent": self.sent, "members": self.members, "taken": self.taken}


@dataclass(frozen=True, slots=True)
class _Batch:
    """Entries on their way: where they follow, where they lead, and as they travel."""

    after: Position
    to: Position
    items: Sequence[BatchItem]
    body: bytes


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
        self._own: tuple[Position, ...] = ()
        self._ahead: _Batch | None = None

    def forget(self) -> None:
        """Ask anew where headquarters stands: after a failure nothing is taken for granted."""
        self._sure, self._ahead = False, None

    def send_less(self) -> None:
        """Send half as many entries at a time from now on: headquarters takes no more."""
        self._batch_entries = max(1, self._batch_entries // 2)

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
        return sum(max(0, identity.seq - _at(held, identity.epoch).seq) for identity in self._ledger.epochs())

    def bring(self) -> Bringing:
        """Yield what to ask aside, while two machines speak as this till; returns how it stands with this one."""
        self.forget()
        note_forked(self._ledger, is_forked=True)
        return bring(self._ledger, self._receiver)

    def steps(self, met: Met) -> Steps:
        """Yield what to ask; `met` is filled as answers come."""
        now = pinned(self._ledger) or self._enrolled
        if now.hq_epoch != self._enrolled.hq_epoch:  # headquarters was put back, and this till has followed
            self._enrolled = now
            self.forget()
        if self._held is None or not self._sure:
            told = yield Ask("where", encode({}))
            where = read(told.body, Where.from_map)
            self._sure, self._held = True, {position.epoch: position for position in where.positions}
            met.version, met.hq_ms = where.version, where.now_ms
            note_held(self._ledger, where.positions)
            self._own = where.own
        restored = restored_over(self._ledger)
        for identity in self._ledger.epochs():
            if identity.epoch not in restored or _at(self._held, identity.epoch).seq <= identity.seq:
                yield from self._send(identity, self._held, met)
        if self._own:
            yield from give_back(self._ledger, self._own, self._enrolled.hq_epoch)
        cursor = cursor_of(self._ledger, self._enrolled.hq_epoch)
        if met.version is None or met.version > cursor.version:
            yield from self._take_feed(cursor, met)

    def _send(self, identity: Identity, known: dict[str, Position], met: Met) -> Steps:
        """Send what headquarters lacks of an epoch. Only what it names as held counts as held."""
        held = _at(known, identity.epoch)
        check_same(self._ledger, held, identity)
        gaps = 0
        while held.seq < identity.seq:
            batch = self._next_batch(held, identity)
            told = yield self._ask(batch, identity)
            met.entries, met.sent = met.entries + len(batch.items), met.sent + len(batch.body)
            answer = read(told.body, Held.from_map)
            met.version, met.hq_ms = answer.version, answer.now_ms
            gaps = gaps + 1 if answer.outcome is Outcome.GAP else 0
            forward = answer.position.seq >= batch.to.seq
            if answer.outcome is Outcome.FORK or gaps > 1 or not (gaps or forward):
                raise _forked(f"headquarters answers {answer.outcome} to the entries after {held.seq}")
            held = answer.position
            check_same(self._ledger, held, identity)
            known[identity.epoch] = held
            note_held(self._ledger, (held,))

    def _next_batch(self, held: Position, upto: Identity) -> _Batch:
        """Return the entries that follow `held`, gathered meanwhile if nothing happened to them since."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.after == held and ahead.to.seq <= upto.seq:
            with self._ledger.reading() as conn:
                if are_here(conn, ahead.items):
                    return ahead
        return self._gather(held, upto)

    def _gather(self, after: Position, upto: Identity) -> _Batch:
        # What was recorded since waits for the next meeting.
        most = min(self._batch_entries, upto.seq - after.seq)
        items = items_after(
            self._ledger, after.epoch, after.seq, entries_max=most, bytes_max=BATCH_BYTES, receiver=self._receiver
        )
        last = after.seq + len(items)
        to = Position(after.epoch, last, head_at(self._ledger, after.epoch, last))
        return _Batch(after, to, items, compress(pack(items)))

    def _look_ahead(self, after: Position, upto: Identity) -> None:
        if after.seq < upto.seq:
            self._ahead = self._gather(after, upto)

    def _ask(self, batch: _Batch, upto: Identity) -> Ask:
        """Say where the journal ends, too: of what is sent, this till may have spent something by then, not later."""
        after, to = batch.after, batch.to
        note_offered(self._ledger, to.epoch, to.seq)
        now = self._ledger.identity
        end = now.seq if now.epoch == to.epoch else upto.seq
        query = {"epoch": after.epoch, "seq": after.seq, "head": after.head.hex(), "to": to.head.hex(), "end": end}
        meanwhile = partial(self._look_ahead, to, upto)
        return Ask("entries", batch.body, urlencode(query), BATCH_TYPE, meanwhile)

    def _take_feed(self, cursor: Cursor, met: Met) -> Steps:
        more = True
        while more:
            told = yield Ask("feed", encode({"after": cursor.version}))
            page = unpack(expand(told.body, bytes_max=PAGE_BYTES_MAX))
            if page.cursor.epoch != self._enrolled.hq_epoch:
                raise JournalError(
                    f"the feed is of headquarters' epoch {page.cursor.epoch!r}, another than this till's"
                )
            check_page(page, self._enrolled, till=self._ledger.till, feed_key=told.key)
            fed = apply_page(self._ledger, page, self._private)
            met.hq_ms, met.fed = page.now_ms, met.fed or bool(page.rows)
            met.members, met.taken = met.members + fed.members, met.taken + len(told.body)
            if page.more and page.cursor.version <= cursor.version:
                raise JournalError(f"the feed does not go on from version {cursor.version}")
            cursor, more = page.cursor, page.more


def check_same(ledger: Ledger, held: Position, own: Identity) -> None:
    """Raise ForkedError unless headquarters holds a prefix of this very journal."""
    if held.epoch != own.epoch or held.seq > own.seq:
        raise _forked(f"headquarters holds {held.seq} entries of epoch {held.epoch[:8]}, this ledger {own.seq}")
    if head_at(ledger, held.epoch, held.seq) != held.head:
        raise _forked(f"headquarters holds another history of epoch {held.epoch[:8]} at entry {held.seq}")


def check_page(page: Page, enrolled: Enrolled, *, till: str, feed_key: bytes) -> None:
    """Raise JournalError unless every row that carries a signature of its own carries the right one."""
    for row in page.rows:
        match row:
            case EntryRow():
                check_entry(row.hash, row.signature, key=feed_key)
            case ProgrammeRow():
                key = Delegation.check(row.delegation, root=enrolled.root, role=Role.PROGRAMME).key
                shop = till.partition("/")[0]
                check_programme(row.data, row.signature, key=key, shop=shop, number=row.number)


def _at(known: dict[str, Position], epoch: str) -> Position:
    return known.get(epoch, Position(epoch))


def _forked(message: str) -> ForkedError:
    hint = "this till's disk was copied or restored, or headquarters' was: selling goes on, call headquarters"
    return ForkedError(message, hint=hint)
