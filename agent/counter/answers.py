"""What the counter answers: frozen values that screen, slip and point-of-sale software are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.ledger.records import Recorded
from agent.loyalty.lots import Waiting
from agent.loyalty.reversal.meanwhile import Shortfall
from agent.loyalty.sale import Discount, Effect, Missed, Reason
from agent.loyalty.spending.offering import Nearest, Offer


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
    """A member as the cashier sees him: no more of the person than a first name and how the phone number ends.

    `masked` is the first name with the initial of the last one. `proofs` is what may prove that it is he before he
    spends (`card`, `pin`, `slip`); empty if nothing is asked any more.

    `spends` says whether who shows this card may have rewards for the account's units; `referral_code` is what he
    brings friends with, None if that would bring nobody anything.

    `birthday`: it is these days. `language` is the one he is spoken to in, None if he has not said.

    `perks` are what to announce, `notices` what is about to end, `waiting` what will be his later. `credit` is what is
    left on gift cards and as store credit, in minor units.

    `spendable` is what may be spent here whatever headquarters says, by unit (money in minor units); of a unit that
    needs a promise more may be had by asking, up to what the member has.
    """

    account: str
    card: str | None
    spends: bool
    status: str
    name: str | None
    phone_end: str | None
    tier: str | None
    balances: Mapping[str, int]
    labels: Mapping[str, str]
    punch_cards: tuple[PunchView, ...]
    nearest: Nearest | None
    offers: tuple[Offer, ...]
    perks: tuple[str, ...]
    notices: tuple[Reason, ...]
    waiting: tuple[Waiting, ...]
    credit: Mapping[str, int]
    referral_code: str | None = None
    masked: str | None = None
    spendable: Mapping[str, int] = field(default_factory=dict)
    proofs: tuple[str, ...] = ()
    birthday: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class VoucherView:
    """A voucher that was issued: its codes, for a QR code and to type, and its last day."""

    kind: str
    label: str
    qr: str
    typed: str
    last_day: str | None


@dataclass(frozen=True, slots=True)
class SaleAnswer:
    """A sale as it was judged; `entry` is None in a preview. `member` is the member after the sale.

    `due` is what is left to pay: `total` without the discounts and what was redeemed. `missed` is what did not apply;
    it stands in no entry, so of a repeated sale there is none.
    """

    entry: EntryRef | None
    currency: str
    total: int
    due: int
    discounts: tuple[Discount, ...]
    effects: tuple[Effect, ...]
    missed: tuple[Missed, ...]
    member: MemberView | None
    vouchers: tuple[VoucherView, ...]
    repeated: bool


@dataclass(frozen=True, slots=True)
class RedemptionAnswer:
    """What was redeemed and what it is worth towards the sale; a voucher's is nobody's.

    `ground` is what it rests on: the `promise` of headquarters, the till's `own` units that headquarters had not seen,
    or the last known `balance`; None for a voucher.
    """

    entry: EntryRef
    reward: str
    label: str
    unit: str
    units: int
    value: int
    member: MemberView | None
    vouchers: tuple[VoucherView, ...]
    repeated: bool
    ground: str | None = None


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What to give back, what of it was given as credit, and why the balances moved.

    `provisional`: the sale is elsewhere and nobody could say its lines, so headquarters puts the units right later.
    """

    entry: EntryRef
    currency: str
    money: int
    credited: int
    reasons: tuple[Reason, ...]
    member: MemberView | None
    vouchers: tuple[VoucherView, ...]
    repeated: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class LotMove:
    """What a lot of an account would gain, or lose (below 0)."""

    account: str
    unit: str
    lot: str
    units: int
    expires: str | None


@dataclass(frozen=True, slots=True)
class LineBack:
    """A line that comes back: `money` in minor units, `quantity` and what is `left` after it in thousandths.

    `units` says what the account gains (below 0: loses) by this line alone, before anything is settled with what was
    spent meanwhile. Goods without a receipt have no `sale`, and nothing is `left` of them.
    """

    sale: str | None
    line: int | None
    article: str
    quantity: int
    left: int
    money: int
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RefundPreview:
    """What a refund would come to: the money (minor units), every lot it moves, the tier (label) before and after.

    `spent`: what it would take back and is spent already, and what becomes of that by the policy `when_spent`.
    `provisional`: the sale is elsewhere and nobody can say its lines now. `lines`: what each comes to. `approvals`:
    what of it a supervisor must approve.
    """

    currency: str
    money: int
    credited: int
    reasons: tuple[Reason, ...]
    lots: tuple[LotMove, ...]
    tier_before: str | None
    tier_after: str | None
    when_spent: str
    spent: tuple[Shortfall, ...]
    member: MemberView | None
    provisional: bool
    lines: tuple[LineBack, ...]
    approvals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnrolAnswer:
    """The new member's account and card id, and what the sign-up brought; `consent`: the entry of what he agreed to."""

    entry: EntryRef
    account: str
    card: str | None
    reasons: tuple[Reason, ...]
    member: MemberView
    repeated: bool
    consent: EntryRef | None = None


@dataclass(frozen=True, slots=True)
class ActionAnswer:
    """What a member got for something besides buying, and which rules gave nothing for it."""

    entry: EntryRef
    effects: tuple[Effect, ...]
    missed: tuple[Missed, ...]
    member: MemberView
    repeated: bool


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """A further card, or a person without one, of a member's account, and what it may do."""

    entry: EntryRef
    account: str
    card: str
    role: str
    member: MemberView
    repeated: bool
