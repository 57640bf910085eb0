"""One member's past under a programme: sale by sale, what he is given, what he holds, when he reaches a reward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.journal.entry import EXPIRED, MEMBER_PREFIX, Posting
from agent.loyalty.ageing.absence import forfeit
from agent.loyalty.backtest.past import Bought, Past, Returned
from agent.loyalty.calendar import days_between
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme import Programme
from agent.loyalty.programme.rules.rewarding import Gives
from agent.loyalty.reversal import RecordedSale, Spent, reverse, without_receipt
from agent.loyalty.sale import Holder, Line, Lot, Moment, Redeemed, Sale, Status
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.discounts import as_paid
from agent.loyalty.spending.offering import offers
from agent.loyalty.spending.redeeming import redeem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a programme did to a member. Money is in minor units.

    `given` is what rewards and discounts took off his sales, `owed` what the units he holds at the end would be worth,
    `expired` what those were worth that nobody may spend any more. `can_spend`: he holds enough for a reward.
    `days_to_reward` and `sales_to_reward` count from his first sale to the one with which he first held enough; None if
    he never did.
    """

    member: str
    sales: int
    last_day: str
    turnover: int
    given: int
    owed: int
    expired: int
    can_spend: bool
    days_to_reward: int | None
    sales_to_reward: int | None

    @property
    def benefit(self) -> int:
        """What the programme is worth to the member: given and owed."""
        return self.given + self.owed


@dataclass(frozen=True, slots=True)
class _Goal:
    """The easiest reward of a unit and the most that its units are worth: `units` are worth `value`."""

    least: int
    units: int
    value: int


def goals_of(programme: Programme) -> dict[str, _Goal]:
    """Return, for each unit that something can be had for, the easiest reward and the best rate."""
    found: dict[str, _Goal] = {}
    stated = [(reward.unit, reward.units, reward.value) for reward in programme.rewards]
    stated += [(card.id, card.punches, card.value_max) for card in programme.punch_cards]
    for unit, units, value in stated:
        goal = found.get(unit, _Goal(units, units, value))
        best = goal if goal.value * units >= value * goal.units else _Goal(units, units, value)
        found[unit] = replace(best, least=min(goal.least, units))
    return found


def replay(programme: Programme, past: Past, *, until: str) -> Outcome:
    """Judge everything one member did, in order; what he holds is seen as of the day `until`."""
    return _Member(programme, past).outcome(until)


class _Member:
    """A member in the making: his lots, and what the figures need to know."""

    def __init__(self, programme: Programme, past: Past) -> None:
        assert past.member is not None
        self._programme = programme
        self._goals = goals_of(programme)
        self._account = past.member
        self._own = MEMBER_PREFIX + past.member
        self._events = past.events
        self._lots: dict[str, dict[str, Lot]] = {}
        self._held: dict[str, tuple[Lot, ...]] = {}
        come_back = {sale for event in past.events if isinstance(event, Returned) for sale, _, _ in event.lines}
        self._open: dict[str, RecordedSale | None] = dict.fromkeys(come_back)
        self._sales = self._turnover = self._given = 0
        self._reached: tuple[str, int] | None = None
        self._may_lapse = any(unit.inactive is not None for unit in programme.units)
        self._lapsed: Counter[str] = Counter()

    def outcome(self, until: str) -> Outcome:
        """Play everything and return what came of it."""
        first = last = self._events[0].day if self._events else until
        for event in self._events:
            self._lapse(last, event.day)
            if isinstance(event, Bought):
                last = event.day
                self._buy(event)
            else:
                self._bring_back(event)
        self._lapse(last, until)
        reached = self._reached
        return Outcome(
            member=self._account,
            sales=self._sales,
            last_day=last,
            turnover=self._turnover,
            given=self._given,
            owed=sum(self._worth(unit, until, expired=False) for unit in self._goals),
            expired=sum(self._worth(unit, until, expired=True) for unit in self._goals) + self._worth_lapsed(),
            can_spend=self._can_spend(until),
            days_to_reward=None if reached is None else days_between(first, reached[0]),
            sales_to_reward=None if reached is None else reached[1],
        )

    def _buy(self, event: Bought) -> None:
        moment = Moment(event.day, confirmed=True, time=event.time)
        redeemed, spent = self._take_reward(event, moment)
        judged = evaluate(self._programme, self._holder(), Sale(event.lines, redeemed), moment, lot=event.op)
        self._apply(judged.postings)
        self._given += sum(discount.amount for discount in judged.discounts)
        self._sales += 1
        self._turnover += _amount(event.lines)
        if event.op in self._open:
            paid = as_paid(event.lines, judged.discounts)
            self._open[event.op] = RecordedSale(event.op, self._account, paid, judged.effects, spent, {})
        if self._reached is None and self._can_spend(event.day):
            self._reached = event.day, self._sales

    def _take_reward(self, event: Bought, moment: Moment) -> tuple[tuple[Redeemed, ...], tuple[Spent, ...]]:
        """Take the reward that is worth most, if he holds enough for a whole one."""
        if not self._can_spend(event.day):
            return (), ()
        holder, lines = self._holder(), event.lines
        if self._programme.discounts:
            judged = evaluate(self._programme, holder, Sale(lines), moment, lot=event.op)
            lines = as_paid(lines, judged.discounts)
        least = {reward.id: reward.units for reward in self._programme.rewards}
        found = offers(Customer.of(self._programme, holder, moment), due=_amount(lines), lines=lines)
        whole = [offer for offer in found if holder.balance(offer.unit) >= least.get(offer.reward, 0)]
        if not whole:
            return (), ()
        best = max(whole, key=lambda offer: offer.value_max)
        by_units = any(reward.id == best.reward and reward.gives is Gives.MONEY for reward in self._programme.rewards)
        units, value = (best.units_max, None) if by_units else (None, best.value_max)
        taken = redeem(self._programme, holder, moment, best.reward, units=units, value=value)
        self._apply(taken.postings)
        self._given += taken.value
        redeemed = Redeemed(event.op, taken.reward, taken.unit, taken.units, taken.value, taken.free)
        return (redeemed,), (Spent(taken.unit, taken.units, taken.value, taken.postings),)

    def _lapse(self, last_sale: str, day: str) -> None:
        """Take what goes when a member buys nothing for long."""
        if self._may_lapse:
            moment = Moment(day, confirmed=True)
            postings = forfeit(self._programme, self._holder(), moment, last_sale=last_sale)
            self._apply(postings)
            for posting in postings:
                if posting.account == EXPIRED:
                    self._lapsed[posting.unit] += posting.amount

    def _worth_lapsed(self) -> int:
        goals = self._goals
        return sum(n * goals[unit].value // goals[unit].units for unit, n in self._lapsed.items() if unit in goals)

    def _bring_back(self, event: Returned) -> None:
        self._turnover -= event.amount
        by_sale: dict[str, dict[int, int]] = {}
        for op, line, quantity in event.lines:
            by_sale.setdefault(op, {})[line] = quantity
        paid = sum(self._reverse(op, quantities) for op, quantities in by_sale.items())
        loose = _amount(event.without_receipt)
        self._given -= event.amount - loose - paid  # what rewards had paid for is not money
        moment = Moment(event.day, confirmed=True, time=event.time)
        lines = event.without_receipt
        self._apply(without_receipt(self._programme, self._account, lines, moment, lot=event.op).postings)

    def _reverse(self, op: str, quantities: dict[int, int]) -> int:
        sale = self._open[op]
        assert sale is not None, f"{op} comes back before it was sold"
        reversal = reverse(sale, quantities)
        self._apply(reversal.postings)
        returned = dict(sale.returned)
        for line, quantity in quantities.items():
            returned[line] = returned.get(line, 0) + quantity
        self._open[op] = replace(sale, returned=returned)
        return reversal.money

    def _apply(self, postings: Iterable[Posting]) -> None:
        for posting in postings:
            if posting.account == self._own and posting.lot is not None:
                lots = self._lots.setdefault(posting.unit, {})
                before = lots.get(posting.lot)
                amount = posting.amount + (0 if before is None else before.amount)
                lots[posting.lot] = Lot(posting.lot, amount, posting.expires)
                self._held.pop(posting.unit, None)

    def _holder(self) -> Holder:
        for unit, lots in self._lots.items():
            if unit not in self._held:
                self._held[unit] = tuple(lot for lot in lots.values() if lot.amount)
        return Holder(self._account, Status.REGULAR, self._held)

    def _can_spend(self, day: str) -> bool:
        return any(self._left(unit, day) >= goal.least for unit, goal in self._goals.items())

    def _left(self, unit: str, day: str) -> int:
        lots = self._lots.get(unit)
        return 0 if lots is None else sum(lot.amount for lot in lots.values() if not _is_over(lot, day))

    def _worth(self, unit: str, day: str, *, expired: bool) -> int:
        goal = self._goals[unit]
        lots = self._lots.get(unit, {}).values()
        units = sum(lot.amount for lot in lots if _is_over(lot, day) is expired)
        return max(units, 0) * goal.value // goal.units


def _is_over(lot: Lot, day: str) -> bool:
    return lot.amount > 0 and lot.expires is not None and lot.expires < day


def _amount(lines: Iterable[Line]) -> int:
    return sum(line.amount for line in lines)
