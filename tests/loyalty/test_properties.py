"""What holds for every programme, member, sale and moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from agent.journal.entry import MEMBER_PREFIX, Posting
from agent.journal.fold import check_conservation
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme import Programme, is_counter
from agent.loyalty.reversal import RecordedSale, reverse
from agent.loyalty.sale import Holder, Line, Lot, Moment, Sale, Status
from tests.loyalty.any_programme import baskets, members, moments, programmes, sales

STRANGER = Holder("m", Status.REGULAR)


@given(programmes(), members(), sales(), moments)
def test_the_same_question_has_the_same_answer_and_postings_sum_to_zero(
    programme: Programme, holder: Holder, sale: Sale, moment: Moment
) -> None:
    judged = evaluate(programme, holder, sale, moment, lot="new")

    assert judged == evaluate(programme, holder, sale, moment, lot="new")
    check_conservation(judged.postings)
    assert all(effect.amount >= 0 and effect.reason.code for effect in judged.effects)
    assert all(posting.lot for posting in judged.postings if posting.account == "account:m")


@given(programmes(), members(), sales(), moments, st.randoms(use_true_random=False))
def test_giving_everything_back_leaves_everything_as_it_was_whatever_the_order(
    programme: Programme, holder: Holder, sale: Sale, moment: Moment, order: st.DataObject
) -> None:
    judged = evaluate(programme, holder, replace(sale, redeemed=()), moment, lot="new")
    sold = RecordedSale("S", "m", sale.lines, judged.effects, (), {})
    postings, money = list(judged.postings), 0
    parts = [(index, half) for index, line in enumerate(sale.lines) for half in _halves(line.quantity)]
    order.shuffle(parts)  # type: ignore[attr-defined]  # it is a random.Random
    for index, quantity in parts:
        back = reverse(sold, {index: quantity})
        postings, money = [*postings, *back.postings], money + back.money
        sold = replace(sold, returned={**sold.returned, index: sold.returned.get(index, 0) + quantity})
        assert all(amount >= 0 for amount in _held(postings).values())

    assert not +_held(postings)
    assert money == sale.total


def _halves(quantity: int) -> tuple[int, ...]:
    return (quantity // 2, quantity - quantity // 2)


def _held(postings: Iterable[Posting]) -> Counter[tuple[str, str, str | None]]:
    held: Counter[tuple[str, str, str | None]] = Counter()
    for posting in postings:
        if posting.account.startswith(MEMBER_PREFIX) and posting.lot is not None:
            held[posting.unit, posting.lot, posting.expires] += posting.amount
    return held


@given(programmes(), st.lists(sales(), min_size=1, max_size=4), moments, st.randoms(use_true_random=False))
def test_folding_in_any_order_gives_the_same_member(
    programme: Programme, bought: list[Sale], moment: Moment, order: st.DataObject
) -> None:
    entries: list[tuple[Posting, ...]] = []
    for number, sale in enumerate(bought):
        holder = _holder(posting for entry in entries for posting in entry)
        entries.append(evaluate(programme, holder, sale, moment, lot=f"e{number}").postings)
    shuffled = list(entries)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # it is a random.Random

    states = [_holder(posting for entry in some for posting in entry) for some in (entries, shuffled)]
    assert states[0] == states[1]


def _holder(postings: Iterable[Posting]) -> Holder:
    lots: dict[str, list[Lot]] = {}
    for (unit, lot, expires), amount in sorted(_held(postings).items(), key=str):
        lots.setdefault(unit, []).append(Lot(lot, amount, expires))
    return Holder("m", Status.REGULAR, {unit: tuple(held) for unit, held in sorted(lots.items())})


@given(programmes(splittable=True), baskets, st.integers(0, 5), moments)
def test_splitting_a_basket_gains_nothing(
    programme: Programme, basket: tuple[Line, ...], at: int, moment: Moment
) -> None:
    whole = evaluate(programme, STRANGER, Sale(basket), moment, lot="a").postings
    parts: list[Posting] = []
    for part in (basket[:at], basket[at:]):
        if part:
            parts += evaluate(programme, _holder(parts), Sale(part), moment, lot="a").postings

    for unit in ("points", "stars", "punch"):
        assert _sum(parts, unit) <= _sum(whole, unit)


def _sum(postings: Iterable[Posting], unit: str) -> int:
    return sum(p.amount for p in postings if p.account == "account:m" and p.unit == unit)


@given(programmes(), members(), sales(), moments)
def test_rounding_costs_less_than_one_unit_for_every_rule(
    programme: Programme, holder: Holder, sale: Sale, moment: Moment
) -> None:
    judged = evaluate(programme, holder, sale, moment, lot="new")
    for effect in judged.effects:
        numbers = effect.reason.numbers
        if effect.reason.code == "points_for_amount" and effect.rule == "first":
            exact = int(numbers["eligible"]) / int(numbers["per"])
            assert exact - 1 < effect.amount <= exact


@given(programmes(), members(), st.lists(sales(), min_size=2, max_size=5), moments)
def test_no_limit_of_a_period_is_ever_passed(
    programme: Programme, holder: Holder, bought: list[Sale], moment: Moment
) -> None:
    limits = {rule.id: rule for rule in programme.earn if rule.most}
    postings: list[Posting] = []
    for number, sale in enumerate(bought):
        fresh = replace(_holder(postings), born=holder.born)
        postings += evaluate(programme, fresh, sale, moment, lot=f"e{number}").postings
    for name, rule in limits.items():
        for period, most in rule.most:
            given_in_period = _holder(postings).count(f"{name}.count", period.of(moment.day))
            assert given_in_period <= most
    assert all(amount >= 0 for amount in accumulate(p.amount for p in postings if is_counter(p.unit) and p.lot))
