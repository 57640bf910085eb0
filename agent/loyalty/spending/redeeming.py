"""Redeeming: which lots a redemption takes, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agent.errors import InsufficientError, InvalidError, NotAllowedError, Said, UnknownError
from agent.journal.entry import MEMBER_PREFIX, REDEEMED, Posting
from agent.loyalty.judging.limits import unmet
from agent.loyalty.programme import Programme, Reward
from agent.loyalty.programme.rules.rewarding import Gives
from agent.loyalty.programme.units import Unit
from agent.loyalty.sale import Holder, Line, Moment, Redeemed, Status
from agent.loyalty.spending.catalogue import in_stock
from agent.loyalty.spending.credit import check_money
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.worth import goods_of, most_on, units_for


@dataclass(frozen=True, slots=True)
class Redemption:
    """What a redemption takes and what it is worth; the postings name the lots it consumes.

    `voucher`: the kind of voucher that is given for it, to be spent later.
    """

    reward: str
    label: str
    unit: str
    units: int
    value: int
    free: bool
    postings: tuple[Posting, ...]
    voucher: str | None = None


def redeem(
    programme: Programme,
    holder: Holder,
    moment: Moment,
    reward: str,
    *,
    units: int | None,
    value: int | None,
    given: Mapping[str, int] = MappingProxyType({}),
    anywhere: bool = False,
) -> Redemption:
    """Work out a redemption. Units that wait or have expired are not spent.

    `units` says how many of a reward that may be had in part (None: one whole reward); `value` is what a reward is to
    be worth that depends on the sale: the price (minor units) of a free article, the money a percentage comes to.
    `given` is what the till gave of its stock (unit -> how many). `anywhere`: headquarters was asked, so money that was
    issued in other shops counts as well.
    Raises UnknownError, NotAllowedError, InvalidError or InsufficientError; the message names what there is.
    """
    money = programme.money_unit(reward)
    if money is not None:
        return _pay(money, Customer.of(programme, holder, moment), units, value, anywhere=anywhere)
    if holder.status is not Status.REGULAR:
        hint = "enrol the member first: a name or a phone number will do"
        raise NotAllowedError(
            f"account {holder.account!r} is {holder.status} and cannot spend", said=Said("not_joined"), hint=hint
        )
    if programme.closing is not None:
        programme.closing.check_spending(moment)
    customer = Customer.of(programme, holder, moment)
    for known in programme.rewards:
        if known.id == reward:
            if not in_stock(known, given):
                raise NotAllowedError(
                    f"reward {reward!r} is out: this till gave all {known.stock} of them", said=Said("reward_gone")
                )
            return _redeem(customer, known, units, value)
    for card in programme.punch_cards:
        if card.id == reward:
            whole = Reward(card.id, card.label, card.id, card.punches, card.value_max, gives=Gives.ARTICLE)
            return _redeem_whole(whole, customer.holder, units, value)
    there = ", ".join(_ids(programme))
    raise UnknownError(
        f"no reward {reward!r} in programme {programme.name!r} (there are: {there})", said=Said("no_reward")
    )


def _ids(programme: Programme) -> Iterator[str]:
    yield from (reward.id for reward in programme.rewards)
    yield from (card.id for card in programme.punch_cards)
    yield from (unit.id for unit in programme.units if unit.money)


def _pay(unit: Unit, customer: Customer, units: int | None, value: int | None, *, anywhere: bool) -> Redemption:
    """Pay with money that was paid in: whoever has the card may, registered or not."""
    if customer.holder.status is Status.BLOCKED:
        raise NotAllowedError(
            f"account {customer.holder.account!r} is blocked and cannot spend", said=Said("not_joined")
        )
    if value is not None:
        raise InvalidError(f"{unit.id!r} is worth what it is: say units, not value")
    here = check_money(unit, customer.holder, customer.moment, units, anywhere=anywhere)
    assert units is not None
    return Redemption(unit.id, unit.label, unit.id, units, units, free=False, postings=take(here, unit.id, units))


def _redeem(customer: Customer, reward: Reward, units: int | None, value: int | None) -> Redemption:
    missing = unmet(customer, reward.when, cost=reward.when.minimum, pieces=reward.when.pieces)
    if missing is not None:
        raise NotAllowedError(
            f"reward {reward.id!r} is not for account {customer.holder.account!r}: {missing.code}",
            said=Said(missing.code, missing.numbers),
        )
    if reward.gives is not Gives.MONEY:
        return _redeem_whole(reward, customer.holder, units, value)
    if value is not None:
        raise InvalidError(f"reward {reward.id!r} is worth what its units are worth: say units, not value")
    return _redeem_money(reward, customer.holder, units)


def _redeem_money(reward: Reward, holder: Holder, units: int | None) -> Redemption:
    wanted = reward.units if units is None else units
    if wanted < 1 or (not reward.part and wanted != reward.units):
        raise InvalidError(
            f"cannot redeem {wanted} of {reward.unit!r}: reward {reward.id!r} takes {reward.units}",
            said=Said("too_few", {"units": reward.units, "count": wanted}),
        )
    value = wanted * reward.value // reward.units
    if value < 1:
        raise InvalidError(
            f"{wanted} of {reward.unit!r} are worth less than the smallest coin", said=Said("reward_least")
        )
    taken = units_for(reward, value)
    postings = take(holder, reward.unit, taken)
    return Redemption(reward.id, reward.label, reward.unit, taken, value, free=False, postings=postings)


def _redeem_whole(reward: Reward, holder: Holder, units: int | None, value: int | None) -> Redemption:
    if units not in {None, reward.units}:
        raise InvalidError(f"reward {reward.id!r} takes {reward.units} of {reward.unit!r}, not {units}")
    if reward.gives in {Gives.VOUCHER, Gives.GIFT}:
        return _redeem_thing(reward, holder, value)
    if value is None or not 1 <= value <= reward.value:
        what = "gives an article: say its price" if reward.gives is Gives.ARTICLE else "is a percentage: say its worth"
        raise InvalidError(f"reward {reward.id!r} {what} as value, from 1 to {reward.value}, not {value}")
    postings = take(holder, reward.unit, reward.units)
    free = reward.gives is Gives.ARTICLE
    return Redemption(reward.id, reward.label, reward.unit, reward.units, value, free, postings)


def _redeem_thing(reward: Reward, holder: Holder, value: int | None) -> Redemption:
    if value:
        raise InvalidError(f"reward {reward.id!r} gives a {reward.gives}, which is worth nothing now: say no value")
    postings = take(holder, reward.unit, reward.units)
    return Redemption(
        reward.id, reward.label, reward.unit, reward.units, 0, free=False, postings=postings, voucher=reward.voucher
    )


def check_on(programme: Programme, redeemed: Iterable[Redeemed], lines: Sequence[Line]) -> None:
    """Refuse redemptions that are worth more than this sale, or than their rewards give on its lines (as paid).

    Raises NotAllowedError.
    """
    redeemed = tuple(redeemed)
    if not redeemed:
        return
    lines = goods_of(programme, lines)
    due, worth = sum(line.amount for line in lines), sum(one.value for one in redeemed)
    if worth > due:
        raise NotAllowedError(
            f"redemptions worth {worth} are more than the {due} that the goods cost",
            said=Said("reward_more"),
            hint="give one of them back",
        )
    known = {reward.id: reward for reward in programme.rewards}  # punch cards and money are worth what they are
    known |= {kind.id: kind.reward for kind in programme.vouchers}
    for one in redeemed:
        reward = known.get(one.reward)
        if reward is None:
            continue  # or it was redeemed under an earlier programme, and what was redeemed stays redeemed
        most = most_on(reward, lines)
        if one.value > most:
            raise NotAllowedError(
                f"redemption {one.op!r} is worth {one.value}; on this sale reward {reward.id!r} gives {most} at most",
                said=Said("reward_more"),
                hint="give the redemption back and redeem what this sale allows",
            )


def take(holder: Holder, unit: str, units: int) -> tuple[Posting, ...]:
    """Take `units` from the lots that expire first; a debt in one lot counts against the others.

    Raises InsufficientError.
    """
    balance = holder.balance(unit)
    if units > balance:
        raise InsufficientError(
            f"cannot redeem {units} of {unit!r}: account {holder.account!r} has {balance}",
            said=Said("too_few", {"units": units, "count": balance}),
            hint=f"offer at most {max(balance, 0)}",
        )
    return tuple(_taking(holder, unit, units))


def _taking(holder: Holder, unit: str, units: int) -> Iterable[Posting]:
    left = units
    for lot in sorted(holder.lots[unit], key=lambda lot: (lot.expires or "9999-12-31", lot.lot)):
        part = min(left, max(lot.amount, 0))
        if part:
            left -= part
            yield Posting(unit, MEMBER_PREFIX + holder.account, -part, lot.lot, lot.expires)
    yield Posting(unit, REDEEMED, units)
