"""What members do besides buying."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import ActionAsk
from agent.errors import InvalidError, OpConflictError, UnknownError
from agent.loyalty.programme.rules.earning import Action
from tests.counter.shops import BY, Shop, open_shop
from tests.loyalty.shops import POINTS, programme

REVIEW = """
[[earn]]
id = "a-review"
unit = "points"
by = "action"
action = "review"
give = 20
most = { month = 30 }
"""


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path, programme=programme(POINTS, REVIEW)) as shop:
        yield shop


def test_a_review_is_rewarded_once_for_its_op(reviewed: Shop) -> None:
    account = reviewed.member().account
    ask = ActionAsk("A-1", account, Action.REVIEW)
    first, again = (reviewed.counter.act(ask, by=BY) for _ in range(2))

    assert [(e.rule, e.amount) for e in first.effects if e.unit == "points"] == [("a-review", 20)]
    assert (first.repeated, again.repeated, again.entry) == (False, True, first.entry)
    assert again.effects == first.effects
    assert reviewed.balances(account)["points"] == 20


def test_more_than_the_limit_of_a_month_is_recorded_and_earns_nothing(reviewed: Shop) -> None:
    account = reviewed.member().account
    reviewed.counter.act(ActionAsk("A-1", account, Action.REVIEW), by=BY)
    second = reviewed.counter.act(ActionAsk("A-2", account, Action.REVIEW), by=BY)

    assert second.effects == ()
    assert [(missed.rule, missed.reason.code) for missed in second.missed] == [("a-review", "limit_reached")]
    assert reviewed.balances(account)["points"] == 20


def test_an_action_that_no_rule_is_for_is_recorded_all_the_same(reviewed: Shop) -> None:
    answer = reviewed.counter.act(ActionAsk("A-1", reviewed.member().account, Action.SURVEY), by=BY)

    assert (answer.effects, answer.missed) == ((), ())
    recorded = reviewed.ledger.find("A-1")
    assert recorded is not None
    assert (recorded.entry.kind, recorded.entry.body["action"]) == ("action", "survey")


def test_what_cannot_be_meant_is_refused(reviewed: Shop) -> None:
    account = reviewed.member().account
    with pytest.raises(InvalidError, match="comes with the enrolment"):
        ActionAsk("A-1", account, Action.SIGN_UP)
    with pytest.raises(UnknownError):
        reviewed.counter.act(ActionAsk("A-1", "nobody", Action.REVIEW), by=BY)
    reviewed.counter.act(ActionAsk("A-1", account, Action.REVIEW), by=BY)
    with pytest.raises(OpConflictError):
        reviewed.counter.act(ActionAsk("A-1", account, Action.SURVEY), by=BY)


def test_an_action_is_rewarded_only_while_its_conditions_hold(tmp_path: Path) -> None:
    text = REVIEW + 'from = "2024-01-01"\nuntil = "2024-01-31"\n'
    with open_shop(tmp_path, programme=programme(POINTS, text.replace("most = { month = 30 }\n", ""))) as shop:
        answer = shop.counter.act(ActionAsk("A-1", shop.member().account, Action.REVIEW), by=BY)

        assert answer.effects == ()
        assert [missed.reason.code for missed in answer.missed] == ["only_from_until"]
