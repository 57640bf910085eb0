"""What headquarters lacks, by what it last said, as a file to carry there. Nothing is written in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from agent.journal.batch import pack
from agent.journal.stick.messages import Apart, Batch, FromTill
from agent.journal.stick.sealing import STICK_BYTES_MAX
from agent.journal.wire.enrolling import Enrolled
from agent.journal.wire.form import compress
from agent.journal.wire.place import Position
from agent.ledger.kept.apart import forked_token, own_of
from agent.ledger.kept.feed import cursor_of
from agent.ledger.kept.held import held
from agent.ledger.kept.in_flight import NONCE
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import head_at, items_after, restored_over
from agent.ledger.records import Identity
from agent.sync.apart.restored import has_given_back, kept_of_left
from agent.sync.keys import TillKeys
from agent.sync.meeting import BATCH_BYTES, BATCH_ENTRIES
from agent.sync.timing.news import News

_BYTES_MAX = STICK_BYTES_MAX // 2  # what does not fit travels with the next stick


@dataclass(frozen=True, slots=True)
class Exported:
    """A file for headquarters, how many entries are in it, and how many wait for the next one."""

    data: bytes
    entries: int
    left: int


def export(ledger: Ledger, enrolled: Enrolled, keys: TillKeys, *, bytes_max: int = _BYTES_MAX) -> Exported:
    """Return what headquarters has not said to hold, signed by the till."""
    known = {position.epoch: position for position in held(ledger) or ()}
    restored, epochs = restored_over(ledger), ledger.epochs()
    receiver = X25519PublicKey.from_public_bytes(enrolled.profile_key)
    witnesses = _witnesses(ledger, enrolled.hq_epoch)
    batches: list[Batch] = []
    size = entries = waiting = 0
    for identity in epochs:
        after = known.get(identity.epoch, Position(identity.epoch))
        if identity.epoch in restored and after.seq > identity.seq:
            continue  # headquarters holds what a restore took from here
        waiting += identity.seq - after.seq
        for count, batch in _batches(ledger, after, identity, receiver):
            if size + len(batch.data) > bytes_max:
                break
            size, entries = size + len(batch.data), entries + count
            batches.append(batch)
    is_all = entries == waiting and size + sum(map(len, witnesses)) <= bytes_max
    stick = FromTill(
        till=ledger.till,
        cursor=cursor_of(ledger, enrolled.hq_epoch),
        batches=tuple(batches),
        heard_ms=News(ledger).told_ms if is_all else None,
        apart=_apart(ledger),
        witnesses=witnesses if is_all else (),
    )
    return Exported(stick.pack(keys.signing), entries, waiting - entries)


def _witnesses(ledger: Ledger, epoch: str) -> tuple[bytes, ...]:
    """Return what this till keeps of headquarters' own entries, as requests `witness`, if a stick asked for them."""
    own = None if has_given_back(ledger, epoch) else own_of(ledger, epoch)
    return () if own is None else tuple(compress(said.pack()) for said in kept_of_left(ledger, own))


def _apart(ledger: Ledger) -> Apart | None:
    """Say which machine this is, if headquarters knows of another one in this till's name."""
    token, nonce, own = forked_token(ledger), ledger.recall(NONCE), ledger.identity
    if token is None or nonce is None:
        return None
    return Apart(Position(own.epoch, own.seq, own.head), nonce.decode(), token)


def _batches(ledger: Ledger, after: Position, upto: Identity, receiver: X25519PublicKey) -> Iterator[tuple[int, Batch]]:
    while after.seq < upto.seq:
        most = min(BATCH_ENTRIES, upto.seq - after.seq)
        items = items_after(ledger, after.epoch, after.seq, entries_max=most, bytes_max=BATCH_BYTES, receiver=receiver)
        seq = after.seq + len(items)
        to = Position(after.epoch, seq, head_at(ledger, after.epoch, seq))
        yield len(items), Batch(after, to.head, compress(pack(items)))
        after = to
