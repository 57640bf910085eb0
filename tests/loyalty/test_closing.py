"""A programme that ends: told beforehand, earned until a day, spent until a later one."""

import pytest

from agent.errors import NotAllowedError, ProgrammeError
from agent.loyalty.judging.evaluate import evaluate, reward_action
from agent.loyalty.programme import Programme, load
from agent.loyalty.programme.rules.earning import Action
from agent.loyalty.sale import Moment, Reason, Sale
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import offers
from agent.loyalty.spending.redeeming import redeem
from tests.loyalty.shops import COFFEE, HEAD, MONEY, POINTS, line, member, programme

CLOSING = """
[closing]
notice = "2024-04-01"
last_earn = "2024-05-31"
last_spend = "2024-08-31"
"""
SALE = Sale((line(1000, "coffee"),))


def ending() -> Programme:
    return programme(POINTS, COFFEE, MONEY, CLOSING)


def at(day: str, *, confirmed: bool = True) -> Moment:
    return Moment(day, confirmed=confirmed)


def told(day: str, *, confirmed: bool = True) -> list[str]:
    judgement = evaluate(ending(), member(), SALE, at(day, confirmed=confirmed), lot="e")
    return [effect.reason.code for effect in judgement.effects if effect.rule == "closing"]


def test_members_are_told_from_the_day_of_notice_on() -> None:
    days = ("2024-03-31", "2024-04-01", "2024-05-31", "2024-06-01", "2024-08-31", "2024-09-01")

    assert [told(day) for day in days] == [
        [],
        ["closing"],
        ["closing"],
        ["closing_spend"],
        ["closing_spend"],
        ["closed"],
    ]


def test_after_the_last_day_nothing_is_earned_and_the_reason_says_so() -> None:
    last = evaluate(ending(), member(), SALE, at("2024-05-31"), lot="e")
    after = evaluate(ending(), member(), SALE, at("2024-06-01"), lot="e")

    assert {effect.unit for effect in last.effects if effect.amount} == {"points", "coffee"}
    assert after.postings == ()
    assert {missed.rule: missed.reason for missed in after.missed} == {
        "earning": Reason("earning_ended", {"earn": "2024-05-31"}),
        "coffee": Reason("earning_ended", {"earn": "2024-05-31"}),
    }


def test_actions_earn_no_more_either() -> None:
    action = '[[earn]]\nid = "review"\nunit = "points"\nby = "action"\naction = "review"\ngive = 10\n'
    shop = programme(POINTS, action, CLOSING)

    judgement = reward_action(shop, member(), Action.REVIEW, at("2024-06-01"), lot="e")

    assert judgement.postings == ()
    assert judgement.missed[0].reason.code == "earning_ended"


def test_rewards_are_given_until_the_last_day_for_spending() -> None:
    holder = member(points=500)

    assert offers(Customer.of(ending(), holder, at("2024-08-31")), due=1000)
    assert redeem(ending(), holder, at("2024-08-31"), "money", units=None, value=None).value == 500


def test_spending_after_the_last_day_is_refused_with_the_day() -> None:
    holder = member(points=500)

    assert offers(Customer.of(ending(), holder, at("2024-09-01")), due=1000) == ()
    with pytest.raises(NotAllowedError, match="until 2024-08-31, today is 2024-09-01"):
        redeem(ending(), holder, at("2024-09-01"), "money", units=None, value=None)


def test_a_clock_nobody_confirmed_ends_nothing() -> None:
    judgement = evaluate(ending(), member(), SALE, at("2030-01-01", confirmed=False), lot="e")

    assert judgement.postings != ()
    assert told("2030-01-01", confirmed=False) == []
    assert offers(Customer.of(ending(), member(points=500), at("2030-01-01", confirmed=False)), due=1000)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('notice = "2024-04-01"\n', "", r"\[closing\]: key 'notice' is missing"),
        ("2024-08-31", "2024-05-01", "must follow each other in this order"),
        ("2024-05-31", "2024-02-30", "must be a day that exists"),
        ("last_earn", "last_earnings", "unknown key|missing"),
    ],
)
def test_days_that_cannot_be_meant_are_refused(was: str, now: str, said: str) -> None:
    with pytest.raises(ProgrammeError, match=said):
        load((HEAD + POINTS + CLOSING.replace(was, now)).encode())
