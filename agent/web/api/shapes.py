"""What the calls answer, as JSON. Money is in minor units, the units of a reward are whole numbers.

An enrolment (`EnrolAnswer`), an entry's reference, an offer and the nearest reward are answered just as the counter
gives them; here is what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from agent.counter import (
    ActionAnswer,
    EntryRef,
    KeptAside,
    LineBack,
    LotMove,
    MemberView,
    RedemptionAnswer,
    RefundAnswer,
    RefundPreview,
    SaleAnswer,
    VoucherView,
)
from agent.loyalty.programme import QUALIFYING, Programme
from agent.loyalty.sale import Discount, Effect, Missed, Reason
from agent.loyalty.spending.credit import in_money
from agent.loyalty.spending.offering import Nearest, Offer
from agent.slips.texts import NoTextError, reason_text, rule_title

_MEMBER = tuple(field.name for field in fields(MemberView) if field.name != "notices")
_SIGNS = {"reversed": -1, "held": -1, "owed": 0}


@dataclass(frozen=True, slots=True)
class Told(Reason):
    """A reason with its sentence."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class MemberShape(MemberView):
    """A member as the counter gives him; each of the notices has its sentence."""

    notices: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class MembersShape:
    """Everyone who was found."""

    members: tuple[MemberShape, ...]


@dataclass(frozen=True, slots=True)
class AsideShape:
    """A sale that was made without loyalty and is kept to be entered under `op`; `why` is the ledger's own error."""

    op: str
    aside: bool
    text: str
    why: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MissedShape:
    """A rule that did not apply: `reason` has the code and numbers of the missing condition, `text` says it.

    `title` is what people call the rule.
    """

    rule: str
    title: str
    reason: Mapping[str, int | str]
    text: str


@dataclass(frozen=True, slots=True)
class EffectShape:
    """What one rule did, and why: `reason` has its code and its numbers, `text` says it in a sentence.

    `account` is whose it is, if not the member's.
    """

    rule: str | None
    unit: str
    amount: int
    reason: Mapping[str, int | str]
    text: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class SaleShape:
    """A sale as it was judged. `entry` is null in a preview; the member's fields are null without a member.

    `discounts` say what each takes off which lines ([number, amount]); they are in `due` already. `missed` is what did
    not apply, and why; it is not kept, so a repeated sale has none.
    """

    total: int
    due: int
    discounts: tuple[Discount, ...]
    effects: tuple[EffectShape, ...]
    missed: tuple[MissedShape, ...]
    balances: Mapping[str, int] | None
    credit: Mapping[str, int] | None
    nearest: Nearest | None
    tier: str | None
    offers: tuple[Offer, ...]
    vouchers: tuple[VoucherView, ...]
    entry: EntryRef | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class ActionShape:
    """What a member got for something besides buying, and which rules gave nothing for it."""

    entry: EntryRef
    effects: tuple[EffectShape, ...]
    missed: tuple[MissedShape, ...]
    balances: Mapping[str, int]
    repeated: bool


@dataclass(frozen=True, slots=True)
class RedemptionShape:
    """A redemption; a sale that names its op is `value` cheaper. A voucher's is nobody's: balances are null.

    `ground` is what it rests on: `promise` (headquarters keeps the units for this till), `own` (no line: units that
    headquarters had not seen yet), `balance` (the last known one); null for a voucher.
    """

    entry: EntryRef
    label: str
    unit: str
    units: int
    value: int
    balances: Mapping[str, int] | None
    credit: Mapping[str, int] | None
    vouchers: tuple[VoucherView, ...]
    repeated: bool
    ground: str | None


@dataclass(frozen=True, slots=True)
class RefundShape:
    """A refund: the `money` to give back, what was `credited` instead of it, and why the balances moved.

    `provisional`: of a sale elsewhere whose lines nobody could say; headquarters puts the units right later.
    """

    entry: EntryRef
    money: int
    credited: int
    effects: tuple[EffectShape, ...]
    balances: Mapping[str, int] | None
    credit: Mapping[str, int] | None
    vouchers: tuple[VoucherView, ...]
    repeated: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class SpentShape:
    """Units that would be taken back and are spent: `charged` for `value` of the money, `waived`, or `owed`."""

    unit: str
    units: int
    charged: int
    value: int
    waived: int
    owed: int


@dataclass(frozen=True, slots=True)
class RefundPreviewShape:
    """What a refund would come to. `lots`: what each lot gains (below 0: loses); `spent`: what is spent already of it,
    and what the policy `when_spent` (debt, charge, waive) makes of that. `provisional`: of a sale elsewhere whose lines
    nobody can say now. `lines`: what each line comes to, and what is left of it after; `approvals`: what of the refund
    a supervisor must approve.
    """

    money: int
    credited: int
    effects: tuple[EffectShape, ...]
    lots: tuple[LotMove, ...]
    tier_before: str | None
    tier_after: str | None
    when_spent: str
    spent: tuple[SpentShape, ...]
    balances: Mapping[str, int] | None
    credit: Mapping[str, int] | None
    provisional: bool
    lines: tuple[LineBack, ...]
    approvals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawerShape:
    """The device whose drawer was opened, and the entry of that; null if the ledger refused it."""

    device: str
    entry: EntryRef | None


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """What is wrong, for programs (`code`) and for people; `hint` is the next action.

    `message` is English with all values, for whoever looks into it; `text` is what a cashier reads, in his language.
    `action` stands there only if the code is `approval_needed`: what a supervisor is asked for.
    """

    code: str
    message: str
    text: str
    hint: str
    action: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """The answer of every request that is refused or fails."""

    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class Voice:
    """How reasons are told: the programme names the units, the language has the sentences."""

    programme: Programme
    language: str

    def effect(self, effect: Effect) -> EffectShape:
        """Return an effect of a sale."""
        return replace(self._shape(effect.rule, effect.unit, effect.amount, effect.reason), account=effect.account)

    def missed(self, missed: Missed) -> MissedShape:
        """Return what did not apply to a sale."""
        told = self.told(missed.reason)
        return MissedShape(missed.rule, self.title(missed.rule), {"code": told.code, **told.numbers}, told.text)

    def title(self, rule: str) -> str:
        """Return what people call a rule."""
        return rule_title(self.programme, rule, self.language)

    def member(self, view: MemberView) -> MemberShape:
        """Return a member with the sentences of his notices."""
        same = {name: getattr(view, name) for name in _MEMBER}
        return MemberShape(**same, notices=tuple(self.told(notice) for notice in view.notices))

    def told(self, reason: Reason) -> Told:
        """Return a reason with its sentence."""
        return Told(reason.code, reason.numbers, self._text(str(reason.numbers.get("unit", "")), 0, reason))

    def reversal(self, reason: Reason) -> EffectShape:
        """Return a reason of a refund: what was taken (below 0) or given back (above 0); what is owed was taken."""
        unit, units = str(reason.numbers["unit"]), int(reason.numbers["units"])
        return self._shape(None, unit, units * _SIGNS.get(reason.code, 1), reason)

    def _shape(self, rule: str | None, unit: str, amount: int, reason: Reason) -> EffectShape:
        told = {"code": reason.code, **reason.numbers}
        return EffectShape(rule, unit, amount, told, self._text(unit, amount, reason))

    def _text(self, unit: str, amount: int, reason: Reason) -> str:
        """A code that this version has no words for stands for itself: what was recorded is answered, come what may."""
        reason = in_money(self.programme, reason)
        code, numbers = reason.code, dict(reason.numbers)
        if unit == QUALIFYING:
            code, numbers = "counts_for_tier", {"amount": amount}
        elif "unit" in numbers:
            numbers["unit"] = self.programme.unit_label(unit)
        try:
            return reason_text(code, numbers, self.programme.currency, self.language)
        except NoTextError:
            return code


def member_map(member: MemberShape, *, read: int) -> dict[str, Any]:
    """Return the data of a `member` event; `read` counts the cards read since the agent started."""
    return {**asdict(member), "read": read}


def sale_shape(answer: SaleAnswer, voice: Voice) -> SaleShape:
    """Return the answer to a preview or a sale."""
    member = answer.member
    return SaleShape(
        total=answer.total,
        due=answer.due,
        discounts=answer.discounts,
        effects=tuple(voice.effect(effect) for effect in answer.effects if effect.reason.code != "counted"),
        missed=tuple(voice.missed(missed) for missed in answer.missed),
        balances=member.balances if member else None,
        credit=member.credit if member else None,
        nearest=member.nearest if member else None,
        tier=member.tier if member else None,
        offers=member.offers if member else (),
        vouchers=answer.vouchers,
        entry=answer.entry,
        repeated=answer.repeated,
    )


def aside_shape(kept: KeptAside) -> AsideShape:
    """Return a sale that is kept aside as it is answered."""
    why = {"code": kept.why.code, "message": str(kept.why), "hint": kept.why.hint}
    return AsideShape(kept.op, aside=True, text="sold without loyalty; it will be entered later", why=why)


def action_shape(answer: ActionAnswer, voice: Voice) -> ActionShape:
    """Return the answer to an action."""
    return ActionShape(
        entry=answer.entry,
        effects=tuple(voice.effect(effect) for effect in answer.effects if effect.reason.code != "counted"),
        missed=tuple(voice.missed(missed) for missed in answer.missed),
        balances=answer.member.balances,
        repeated=answer.repeated,
    )


def redemption_shape(answer: RedemptionAnswer) -> RedemptionShape:
    """Return the answer to a redemption."""
    return RedemptionShape(
        entry=answer.entry,
        label=answer.label,
        unit=answer.unit,
        units=answer.units,
        value=answer.value,
        balances=answer.member.balances if answer.member else None,
        credit=answer.member.credit if answer.member else None,
        vouchers=answer.vouchers,
        repeated=answer.repeated,
        ground=answer.ground,
    )


def refund_shape(answer: RefundAnswer, voice: Voice) -> RefundShape:
    """Return the answer to a refund."""
    effects = tuple(voice.reversal(reason) for reason in answer.reasons)
    member = answer.member
    return RefundShape(
        entry=answer.entry,
        money=answer.money,
        credited=answer.credited,
        effects=effects,
        balances=member.balances if member else None,
        credit=member.credit if member else None,
        vouchers=answer.vouchers,
        repeated=answer.repeated,
        provisional=answer.provisional,
    )


def refund_preview_shape(preview: RefundPreview, voice: Voice) -> RefundPreviewShape:
    """Return the answer to a refund that is only asked about."""
    member = preview.member
    return RefundPreviewShape(
        money=preview.money,
        credited=preview.credited,
        effects=tuple(voice.reversal(reason) for reason in preview.reasons),
        lots=preview.lots,
        tier_before=preview.tier_before,
        tier_after=preview.tier_after,
        when_spent=preview.when_spent,
        spent=tuple(SpentShape(s.unit, s.units, s.charged, s.value, s.waived, s.owed) for s in preview.spent),
        balances=member.balances if member else None,
        credit=member.credit if member else None,
        provisional=preview.provisional,
        lines=preview.lines,
        approvals=preview.approvals,
    )
