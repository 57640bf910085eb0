"""What the calls answer, as JSON. Money is in minor units, the units of a reward are whole numbers.

A member (`MemberView`), an enrolment (`EnrolAnswer`), an entry's reference, an offer and the nearest reward are
answered just as the counter gives them; here is what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from agent.counter import EntryRef, MemberView, RedemptionAnswer, RefundAnswer, SaleAnswer
from agent.loyalty.programme import QUALIFYING, Programme
from agent.loyalty.sale import Effect, Reason
from agent.loyalty.spend import Nearest, Offer
from agent.slips.texts import NoTextError, reason_text


@dataclass(frozen=True, slots=True)
class MembersShape:
    """Everyone who was found."""

    members: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True)
class EffectShape:
    """What one rule did, and why: `reason` has its code and its numbers, `text` says it in a sentence."""

    rule: str | None
    unit: str
    amount: int
    reason: Mapping[str, int | str]
    text: str


@dataclass(frozen=True, slots=True)
class SaleShape:
    """A sale as it was judged. `entry` is null in a preview; the member's fields are null without a member."""

    total: int
    due: int
    effects: tuple[EffectShape, ...]
    balances: Mapping[str, int] | None
    nearest: Nearest | None
    tier: str | None
    offers: tuple[Offer, ...]
    entry: EntryRef | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class RedemptionShape:
    """A redemption; a sale that names its op is `value` cheaper."""

    entry: EntryRef
    label: str
    unit: str
    units: int
    value: int
    balances: Mapping[str, int]
    repeated: bool


@dataclass(frozen=True, slots=True)
class RefundShape:
    """A refund: the `money` to give back, and why the balances moved."""

    entry: EntryRef
    money: int
    effects: tuple[EffectShape, ...]
    balances: Mapping[str, int] | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class DrawerShape:
    """The device whose drawer was opened."""

    device: str


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """What is wrong, for programs (`code`) and for people; `hint` is the next action."""

    code: str
    message: str
    hint: str


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
        return self._shape(effect.rule, effect.unit, effect.amount, effect.reason)

    def reversal(self, reason: Reason) -> EffectShape:
        """Return a reason of a refund: what was taken (below 0) or given back (above 0)."""
        unit, units = str(reason.numbers["unit"]), int(reason.numbers["units"])
        return self._shape(None, unit, -units if reason.code == "reversed" else units, reason)

    def _shape(self, rule: str | None, unit: str, amount: int, reason: Reason) -> EffectShape:
        told = {"code": reason.code, **reason.numbers}
        return EffectShape(rule, unit, amount, told, self._text(unit, amount, reason))

    def _text(self, unit: str, amount: int, reason: Reason) -> str:
        """A code that this version has no words for stands for itself: what was recorded is answered, come what may."""
        code, numbers = reason.code, dict(reason.numbers)
        if unit == QUALIFYING:
            code, numbers = "counts_for_tier", {"amount": amount}
        elif "unit" in numbers:
            numbers["unit"] = self.programme.unit_label(unit)
        try:
            return reason_text(code, numbers, self.programme.currency, self.language)
        except NoTextError:
            return code


def member_map(view: MemberView, *, read: int) -> dict[str, Any]:
    """Return the data of a `member` event; `read` counts the cards read since the agent started."""
    return {**asdict(view), "read": read}


def sale_shape(answer: SaleAnswer, voice: Voice) -> SaleShape:
    """Return the answer to a preview or a sale."""
    member = answer.member
    return SaleShape(
        total=answer.total,
        due=answer.due,
        effects=tuple(voice.effect(effect) for effect in answer.effects),
        balances=member.balances if member else None,
        nearest=member.nearest if member else None,
        tier=member.tier if member else None,
        offers=member.offers if member else (),
        entry=answer.entry,
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
        balances=answer.member.balances,
        repeated=answer.repeated,
    )


def refund_shape(answer: RefundAnswer, voice: Voice) -> RefundShape:
    """Return the answer to a refund."""
    effects = tuple(voice.reversal(reason) for reason in answer.reasons)
    balances = answer.member.balances if answer.member else None
    return RefundShape(answer.entry, answer.money, effects, balances, answer.repeated)
