"""Meanwhile: lots may have run out and units may have been spent since the sale that now comes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from agent.errors import NotAllowedError, Said
from agent.journal.entry import ADJUSTED, ISSUANCE, MEMBER_PREFIX, VOUCHERS_PREFIX, Posting
from agent.loyalty.lots import booked, owned
from agent.loyalty.programme.policies import WhenSpent
from agent.loyalty.programme.units import is_counter
from agent.loyalty.programme.whole import Programme
from agent.loyalty.reversal.recorded import Reversal
from agent.loyalty.sale import Holder, Moment, Reason

_AGAIN = "~"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Units that would have to be taken back and are spent: `charged` of them are paid for with `value` (minor units)
    of the money, `waived` are let go, the rest is owed.
    """

    unit: str
    units: int
    charged: int = 0
    value: int = 0
    waived: int = 0

    @property
    def owed(self) -> int:
        """The units that become a debt."""
        return self.units - self.charged - self.waived

    def reasons(self) -> Iterator[Reason]:
        """Yield what is told of it."""
        if self.charged:
            yield Reason("charged", {"units": self.charged, "unit": self.unit, "value": self.value})
        if self.waived:
            yield Reason("waived", {"units": self.waived, "unit": self.unit})
        if self.owed:
            yield Reason("owed", {"units": self.owed, "unit": self.unit})


def revived(programme: Programme, postings: Iterable[Posting], moment: Moment) -> tuple[Posting, ...]:
    """Let a member's units that go back to a lot past its last day live on, in a lot of their own that names the new
    day. On a clock that headquarters has not confirmed no lot is past its day.
    """
    span = programme.refunds.returned_live
    if span is None or not moment.confirmed:
        return tuple(postings)
    last = span.after(moment.day)
    return tuple(
        replace(posting, lot=f"{posting.lot}{_AGAIN}{last}", expires=last) if _is_late(posting, moment) else posting
        for posting in postings
    )


def _is_late(posting: Posting, moment: Moment) -> bool:
    back = posting.account.startswith(MEMBER_PREFIX) and posting.amount > 0
    return back and posting.expires is not None and posting.expires < moment.day


def settled(
    programme: Programme,
    holder: Holder,
    reversal: Reversal,
    moment: Moment,
    *,
    waive: bool,
    vouchers: Mapping[str, int] | None = None,
) -> tuple[Reversal, tuple[Shortfall, ...]]:
    """Return what a refund comes to for a member who may have spent meanwhile what it takes back, by the programme's
    policy; and what was spent. A debt that was there before is none of it.

    `waive`: a supervisor lets it go. `vouchers` says what is left of the vouchers it takes back (serial -> 1 or
    less; one that nobody knows of is unspent). Raises NotAllowedError when the programme's policy is another.
    """
    policy = programme.refunds.when_spent
    if waive and policy is not WhenSpent.WAIVE:
        hint = 'take the goods back by the rule; [refunds] when_spent = "waive" in the programme would allow it'
        raise NotAllowedError(
            f"what was spent is not waived here: the programme says {str(policy)!r}", said=Said("not_waived"), hint=hint
        )
    postings = revived(programme, reversal.postings, moment)
    losses = [*_losses(programme, holder, postings, moment), *_vouchers_spent(postings, vouchers or {})]
    shortfalls: list[Shortfall] = []
    mended: list[Posting] = []
    money = reversal.money
    for loss in losses:
        shortfall = Shortfall(loss.unit, loss.units)
        if policy is WhenSpent.CHARGE:
            shortfall = _charged(programme, shortfall, money)
            money -= shortfall.value
            mended += loss.left(shortfall.charged, against=ISSUANCE)
        elif waive:
            shortfall = replace(shortfall, waived=shortfall.units)
            mended += loss.left(shortfall.waived, against=ADJUSTED)
        shortfalls.append(shortfall)
    reasons = (*reversal.reasons, *(reason for shortfall in shortfalls for reason in shortfall.reasons()))
    return Reversal(money, reasons, _netted((*postings, *mended))), tuple(shortfalls)


@dataclass(frozen=True, slots=True)
class _Loss:
    """Units that a refund takes and that are not there: the postings that take them, each with how many of it."""

    unit: str
    taking: tuple[tuple[Posting, int], ...]

    @property
    def units(self) -> int:
        """How many in all."""
        return sum(units for _, units in self.taking)

    def left(self, units: int, *, against: str) -> Iterator[Posting]:
        """Yield the postings that leave so many of them where they were taken from."""
        if units:
            yield Posting(self.unit, against, -units)
        for posting, taken in self.taking:
            part = min(units, taken)
            if part:
                units -= part
                yield replace(posting, amount=part)


def _losses(programme: Programme, holder: Holder, postings: tuple[Posting, ...], moment: Moment) -> Iterator[_Loss]:
    """Yield the member's units that are owed by the postings, as far as his other lots do not pay them."""
    after, own = booked(holder, postings), MEMBER_PREFIX + holder.account
    standing = {membership.id for membership in programme.memberships}
    for unit in sorted({posting.unit for posting in postings if posting.account == own}):
        if is_counter(unit) or unit in standing:
            continue
        then, now = owned(holder, unit, moment), owned(after, unit, moment)
        short = max(-sum(now.values()), 0) - max(-sum(then.values()), 0)
        if short > 0:
            lots = {p.lot: p for p in postings if p.lot is not None and p.account == own and p.unit == unit}
            taking = []
            for lot, posting in lots.items():
                part = min(short, max(then.get(lot, 0) - now.get(lot, 0), 0))
                short -= part
                taking.append((posting, part))
            assert not short, "more is owed than was taken"
            yield _Loss(unit, tuple(taking))


def _vouchers_spent(postings: tuple[Posting, ...], vouchers: Mapping[str, int]) -> Iterator[_Loss]:
    """Yield the vouchers that were spent: nobody else's voucher pays for one."""
    for posting in postings:
        if posting.account.startswith(VOUCHERS_PREFIX) and posting.amount < 0:
            left = 1 if posting.lot is None else vouchers.get(posting.lot, 1)
            if left < 1:
                yield _Loss(posting.unit, ((posting, -posting.amount),))


def _netted(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Return one posting for each lot and account."""
    sums: dict[tuple[str, str, str | None, str | None], int] = {}
    for posting in postings:
        place = (posting.unit, posting.account, posting.lot, posting.expires)
        sums[place] = sums.get(place, 0) + posting.amount
    return tuple(
        Posting(unit, account, amount, lot, expires) for (unit, account, lot, expires), amount in sums.items() if amount
    )


def _charged(programme: Programme, shortfall: Shortfall, money: int) -> Shortfall:
    """Return how many of the units the money pays for, at what they are good for."""
    rate = worth_of(programme, shortfall.unit)
    if not rate:
        return shortfall
    units = min(shortfall.units, -(-(money + 1) // rate) - 1)
    return replace(shortfall, charged=units, value=int(units * rate)) if units > 0 else shortfall


def worth_of(programme: Programme, unit: str) -> Fraction:
    """Return the minor units of money that one unit is good for: by the cheapest of the rewards that take it; 0 if none
    does.
    """
    if programme.money_unit(unit) is not None:
        return Fraction(1)
    rates = [Fraction(reward.value, reward.units) for reward in programme.rewards if reward.unit == unit]
    rates += [Fraction(voucher.reward.value) for voucher in programme.vouchers if voucher.id == unit]
    rates += [Fraction(card.value_max, card.punches) for card in programme.punch_cards if card.id == unit]
    return min(rates, default=Fraction(0))
