"""What the counter answers: frozen values that screen, slip and point-of-sale software are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.ledger.records import Recorded
from agent.loyalty.sale import Effect, Reason
from agent.loyalty.spend import Nearest, Offer


@dataclass(frozen=True, slots=True)
class EntryRef:
    """Which entry in which journal an answer stands on; `hash` is hex."""

    till: str
    epoch: str
    seq: int
    id: str
    hash: str

    @classmethod
    def of(cls, recorded: Recorded) -> EntryRef:
        """Return the reference of a recorded entry."""
        entry = recorded.entry
        return cls(entry.till, entry.epoch, entry.seq, entry.id, recorded.hash.hex())


@dataclass(frozen=True, slots=True)
class PunchView:
    """A punch card as it is drawn: `punched` of `of` places, the last of which is the free one."""

    card: str
    label: str
    punched: int
    of: int


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as the cashier sees him: no more of the person than a first name and the name asked for."""

    account: str
    card: str | None
    status: str
    name: str | None
    tier: str | None
    balances: Mapping[str, int]
    labels: Mapping[str, str]
    punch_cards: tuple[PunchView, ...]
    nearest: Nearest | None
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class SaleAnswer:
    """A sale as it was judged; `entry` is None in a preview. `member` is the member after the sale."""

    entry: EntryRef | None
    currency: str
    total: int
    due: int
    effects: tuple[Effect, ...]
    member: MemberView | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class RedemptionAnswer:
    """What was redeemed and what it is worth towards the sale."""

    entry: EntryRef
    reward: str
    label: str
    unit: str
    units: int
    value: int
    member: MemberView
    repeated: bool


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What to give back, and why the balances moved."""

    entry: EntryRef
    currency: str
    money: int
    reasons: tuple[Reason, ...]
    member: MemberView | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class EnrolAnswer:
    """The new member's account and card id."""

    entry: EntryRef
    account: str
    card: str | None
    member: MemberView
    repeated: bool
