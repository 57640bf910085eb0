"""What the radar looks at: an entry without its lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.journal.entry import Entry


class Kind(StrEnum):
    """What a fact is of."""

    SALE = "sale"
    REFUND = "refund"  # of a sale that a redemption paid a part of
    CLAIM = "claim"  # a sale moved to a member, or units given


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that one of the `staff` did for an account, at a till of a shop (`till` is `shop/name`)."""

    kind: Kind
    op: str
    at: datetime
    till: str
    staff: str
    account: str | None

    @property
    def shop(self) -> str:
        """The shop."""
        return self.till.partition("/")[0]


def fact_of(entry: Entry, redeemed: frozenset[str]) -> Fact | None:
    """Return what the radar sees of an entry, None for what it does not look at.

    `redeemed` are the ops of the sales that redemptions paid a part of. Who worked is the staff id, or else the token
    or device that the entry came by.
    """
    body = entry.body
    kind = None
    if entry.kind == "sale":
        kind = Kind.CLAIM if body.get("moved_from") else Kind.SALE
    elif entry.kind == "refund" and any(line.get("sale") in redeemed for line in body["lines"]):
        kind = Kind.REFUND
    elif entry.kind == "adjustment" and body.get("approved_by"):
        kind = Kind.CLAIM
    if kind is None:
        return None
    at = body.get("sold_at") or body.get("refunded_at") or f"{entry.day}T00:00:00"
    return Fact(kind, entry.op, datetime.fromisoformat(at), entry.till, entry.staff or entry.by, body.get("account"))
