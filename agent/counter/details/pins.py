"""A member's PIN: set with the card in the hand, or with a supervisor's word; with it he spends without the card."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from agent.counter.bench import Bench
from agent.counter.details.changing import ChangeAnswer, answer, member_of, profile_with, record, recorded_before
from agent.journal.entry import check_op, encode
from agent.journal.staff.people import SALT_BYTES, check_pin, check_staff, hash_pin
from agent.ledger.kept.profiles.pins import tried

PIN_SET: Final = "pin_set"  # the kind of the entry


@dataclass(frozen=True, slots=True)
class PinAsk:
    """A new PIN of a member; `card` is the card that was read for it."""

    op: str
    account: str
    pin: str = field(repr=False)
    card: str | None = None
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant; the PIN is never repeated."""
        check_op(self.op)
        check_staff(self.staff)
        check_pin(self.pin)

    def content(self) -> bytes:
        """Return the canonical bytes of all but op and account; they are digested under the member's key only."""
        return encode({"pin": self.pin, "staff": self.staff})


def hashed(pin: str) -> str:
    """Return what is kept of a PIN; takes 30 ms, so never under the ledger's lock."""
    return hash_pin(pin, secrets.token_bytes(SALT_BYTES))


def set_pin(bench: Bench, ask: PinAsk, kept: str, *, by: str, approved_by: str | None) -> ChangeAnswer:
    """Set a member's PIN, whose Argon2id string is `kept`; wrong tries are forgotten."""
    before = recorded_before(bench, ask.op, PIN_SET, ask.account, ask.content())
    if before is None:
        account = member_of(bench, ask.account).account
        recorded = record(
            bench,
            op=ask.op,
            kind=PIN_SET,
            account=account,
            content=ask.content(),
            body={"approved_by": approved_by},
            by=by,
            staff=ask.staff,
            profiles=(profile_with(bench, account, {"pin": kept}),),
            state=tried(account, 0),
        )
    else:
        recorded = before
    return answer(bench, recorded, changed=("pin",), repeated=before is not None)
