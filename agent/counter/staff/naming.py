"""Naming staff at the till: added, a PIN reset, gone. The entry says who and which role; of a PIN it says nothing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum

from agent.counter.answers import EntryRef
from agent.counter.asks import digest_of
from agent.errors import InvalidError, NotAllowedError, OpConflictError, Said, UnknownError
from agent.journal.entry import check_op
from agent.journal.staff.people import SALT_BYTES, Role, check_pin, check_staff, hash_pin
from agent.ledger.kept.staff import StaffKept, staff_kept, staff_state
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft, Recorded

NAMED = "staff_named"  # the kind of the entry


class Change(StrEnum):
    """What is said of somebody."""

    ADD = "add"
    RESET = "reset"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class StaffAsk:
    """Somebody of the staff is added with a role and a PIN, gets another PIN, or leaves."""

    op: str
    change: Change
    staff: str
    role: Role = Role.CASHIER
    pin: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)
        if (self.pin is None) != (self.change is Change.REMOVE):
            raise InvalidError("whoever is added or gets another PIN needs one, who leaves has none")
        if self.pin is not None:
            check_pin(self.pin)

    def digest(self) -> bytes:
        """Return the digest of what is asked (16 bytes), whatever the PIN is: a short one could be tried."""
        return digest_of({"change": str(self.change), "role": str(self.role), "staff": self.staff})


@dataclass(frozen=True, slots=True)
class StaffAnswer:
    """Who it is about, in which role."""

    entry: EntryRef
    staff: str
    role: Role
    change: Change
    repeated: bool


def name_staff(ledger: Ledger, ask: StaffAsk, *, by: str, approved_by: str | None) -> StaffAnswer:
    """Record it and keep the PIN's hash, in one commit.

    Raises NotAllowedError for an id that somebody has, UnknownError for one that nobody has.
    """
    pin = None if ask.pin is None else hash_pin(ask.pin, secrets.token_bytes(SALT_BYTES))  # slow: outside the lock
    with ledger.reading():
        before = ledger.find(ask.op)
        if before is not None:
            return _answer(_same(ask, before), repeated=True)
        kept = staff_kept(ledger, ask.staff)
        role = _role(ask, kept)
        draft = Draft(
            id=ledger.clock.new_id(),
            op=ask.op,
            ask=ask.digest(),
            kind=NAMED,
            day=ledger.clock.today().isoformat(),
            by=by,
            body={"approved_by": approved_by, "change": str(ask.change), "named": ask.staff, "role": str(role)},
            state=staff_state(StaffKept(ask.staff, role, pin)),
        )
        return _answer(ledger.append(draft), repeated=False)


def _role(ask: StaffAsk, kept: StaffKept | None) -> Role:
    is_here = kept is not None and kept.pin is not None
    if ask.change is Change.ADD:
        if is_here:
            raise NotAllowedError(
                f"staff {ask.staff!r} is here already",
                said=Said("staff_here"),
                hint="take another id, or reset the PIN",
            )
        return ask.role
    if kept is None or not is_here:
        raise UnknownError(f"no staff {ask.staff!r} at this till", said=Said("no_staff"), hint="check the id")
    return kept.role


def _same(ask: StaffAsk, recorded: Recorded) -> Recorded:
    if recorded.entry.kind != NAMED or recorded.ask != ask.digest():
        raise OpConflictError(f"op {ask.op!r} was used for another {recorded.entry.kind}")
    return recorded


def _answer(recorded: Recorded, *, repeated: bool) -> StaffAnswer:
    body = recorded.entry.body
    return StaffAnswer(EntryRef.of(recorded), body["named"], Role(body["role"]), Change(body["change"]), repeated)
