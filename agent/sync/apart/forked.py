"""Bringing what this machine holds to headquarters while its requests are refused, because two speak as its till.

No number is used for it: entries follow one another by their hashes, under the nonce that was refused.
"""

from __future__ import annotations

from collections.abc import Generator
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from agent.journal.batch import pack
from agent.journal.wire.apart import Branched, Standing
from agent.journal.wire.form import BATCH_TYPE, compress, read
from agent.journal.wire.place import Position
from agent.ledger.kept.held import held, note_held
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import head_at, items_after, restored_over
from agent.ledger.records import Identity
from agent.sync.line import Ask, Told

_BATCH_ENTRIES = 500
_BATCH_BYTES = 2 * 1024 * 1024

Bringing = Generator[Ask, Told, Standing]


def bring(ledger: Ledger, receiver: X25519PublicKey) -> Bringing:
    """Yield what to ask until headquarters has all that this machine holds; returns how it stands with this machine."""
    known = {position.epoch: position for position in held(ledger) or ()}
    restored, epochs = restored_over(ledger), ledger.epochs()
    standing = Standing.OPEN
    for identity in epochs:
        start = known.get(identity.epoch, Position(identity.epoch))
        if identity.epoch not in restored or start.seq <= identity.seq:
            if not _is_own(ledger, start, identity):
                start = Position(identity.epoch)
            is_last = identity.epoch == epochs[-1].epoch
            standing = yield from _bring(ledger, receiver, identity, start, is_last=is_last)
            if standing is Standing.GAP:  # headquarters lacks what it had: all of this epoch, then
                start = Position(identity.epoch)
                standing = yield from _bring(ledger, receiver, identity, start, is_last=is_last)
    return standing


def _is_own(ledger: Ledger, start: Position, own: Identity) -> bool:
    """Say whether a position is of this machine's journal: headquarters may have named the other's."""
    return start.seq <= own.seq and head_at(ledger, start.epoch, start.seq) == start.head


def _bring(ledger: Ledger, receiver: X25519PublicKey, identity: Identity, at: Position, *, is_last: bool) -> Bringing:
    while True:
        most = min(_BATCH_ENTRIES, identity.seq - at.seq)
        items = []
        if most > 0:
            items = items_after(ledger, at.epoch, at.seq, entries_max=most, bytes_max=_BATCH_BYTES, receiver=receiver)
        end = Position(at.epoch, at.seq + len(items), head_at(ledger, at.epoch, at.seq + len(items)))
        query = {"epoch": at.epoch, "seq": at.seq, "head": at.head.hex(), "to": end.head.hex()}
        done = end.seq == identity.seq
        if done and is_last:
            query["done"] = "1"
        told = yield Ask("branch", compress(pack(items)), urlencode(query), BATCH_TYPE)
        said = read(told.body, Branched.from_map)
        if said.standing is Standing.GAP:
            return said.standing
        at = end
        note_held(ledger, (at,))
        if done or said.standing is Standing.TILL:
            return said.standing
