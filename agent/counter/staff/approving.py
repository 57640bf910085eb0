"""Approving: what needs a supervisor, by the programme's word."""

from __future__ import annotations

from enum import StrEnum

from agent.loyalty.programme.supervision import Supervision


class Approvable(StrEnum):
    """What may need a supervisor's PIN."""

    REFUND = "refund"
    VOID = "void"
    WAIVE = "waive"
    REPLACE_CARD = "replace_card"
    MOVE_SALE = "move_sale"
    GOODWILL = "goodwill"
    STAFF = "staff"
    TRAINING = "training"
    LEAVE = "leave"
    MEMBER_PIN = "member_pin"


def needs_approval(policy: Supervision, action: Approvable, amount: int = 0) -> bool:
    """Say whether an action needs a supervisor.

    `amount` is what it is about: the money of a refund (minor units), the minutes since the sale that is voided, the
    days by which a sale that is moved is too old to be claimed.
    """
    match action:
        case Approvable.REFUND:
            return policy.refund_above is not None and amount > policy.refund_above
        case Approvable.VOID:
            return policy.void_minutes is not None and amount > policy.void_minutes
        case Approvable.REPLACE_CARD:
            return policy.replace_card
        case Approvable.MOVE_SALE:
            return policy.move_sale or amount > 0
        case (
            Approvable.WAIVE
            | Approvable.GOODWILL
            | Approvable.STAFF
            | Approvable.TRAINING
            | Approvable.LEAVE
            | Approvable.MEMBER_PIN
        ):
            return True
