"""Erasing: a member is forgotten, with every person of the household; what was earned stays in the books, nobody's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from agent.counter.answers import EntryRef
from agent.counter.bench import Bench
from agent.errors import OpConflictError, Said, UnknownError
from agent.journal.entry import check_op
from agent.journal.staff.people import check_staff
from agent.ledger import members
from agent.ledger.kept.forgetting import erasing
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft, Recorded

ERASED = "member_erased"  # the kind of the entry
FINISH_S = 5.0  # an erasure is worked on so long before it is answered; the rest is done in pauses


@dataclass(frozen=True, slots=True)
class EraseAsk:
    """Erase the member whose account this is, and every person on it; it cannot be taken back."""

    op: str
    account: str
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)


@dataclass(frozen=True, slots=True)
class EraseAnswer:
    """Who was erased, and what of it is still `pending`: `search`, `reader` or `request`, as `erasing.finish` says."""

    entry: EntryRef
    account: str
    pending: tuple[str, ...]
    repeated: bool


def erase(bench: Bench, ask: EraseAsk, *, by: str, approved_by: str | None) -> tuple[Recorded, bool]:
    """Record that a member is erased, and delete in the same commit what leads to him; says whether it is a repetition.

    Raises UnknownError for an account that is not there.
    """
    digest = hashlib.sha256(ask.account.encode()).digest()[:16]
    before = bench.ledger.find(ask.op)
    if before is not None:
        if before.entry.kind != ERASED or before.ask != digest:
            raise OpConflictError(f"op {ask.op!r} was used for another {before.entry.kind}")
        return before, True
    holder = members.holder(bench.ledger, ask.account)
    if holder is None:
        raise UnknownError(f"no account ending in {ask.account[-4:]!r} on this till", said=Said("no_account"))
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=ask.op,
        ask=digest,
        kind=ERASED,
        day=bench.when(None).date().isoformat(),
        by=by,
        staff=ask.staff,
        body={"account": holder.account} | ({} if approved_by is None else {"approved_by": approved_by}),
    )
    return bench.ledger.append(draft), False


def finish(ledger: Ledger, recorded: Recorded, *, repeated: bool) -> EraseAnswer:
    """Destroy keys and copies, for a while; the ledger's lock is not held meanwhile."""
    pending = erasing.finish(ledger, seconds=FINISH_S)
    return EraseAnswer(EntryRef.of(recorded), recorded.entry.body["account"], pending, repeated)
