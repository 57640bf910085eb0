import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given

from agent.loyalty.ageing.absence import State
from agent.loyalty.explaining import Explained, explain, rules_of
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme import Programme
from agent.loyalty.programme.rules.earning import Counted
from agent.loyalty.programme.rules.standing import TierBy
from agent.loyalty.sale import Holder, Line, Lot, Moment, Redeemed, Sale, Status
from agent.slips.texts import ENGLISH, reason_text
from tests.loyalty.any_programme import members, moments, programmes, sales
from tests.loyalty.shops import COFFEE, GOLD, MONEY, NOW, POINTS, UNSURE, line, member, programme

LOYALTY = Path(__file__).parents[2] / "agent" / "loyalty"
CLUB = (
    '[[memberships]]\nid = "club"\nlabel = "Club"\narticle = "CLUB"\nprice = "9.00"\nterm = "1 year"\npercent = 120\n'
)
TIMES = '[[multipliers]]\nid = "times"\nlabel = "Double"\npercent = 200\n'
DARE = '[[challenges]]\nid = "dare"\nlabel = "Dare"\nunit = "points"\ngive = 5\ncounted = "visits"\ngoal = 2\n'
DARE += 'within = "week"\n'


def explained(
    programme: Programme, holder: Holder | None, *lines: Line, moment: Moment = NOW, redeemed: tuple[Redeemed, ...] = ()
) -> dict[str, Explained]:
    judgement = evaluate(programme, holder, Sale(lines, redeemed), moment, lot="new")
    return {one.rule: one for one in explain(programme, holder, moment, judgement, redeemed)}


def texts(explained: Explained) -> tuple[list[str], list[str]]:
    applied, missed = (
        [reason_text(reason.code, reason.numbers, "EUR", "en") for reason in reasons]
        for reasons in (explained.applied, explained.missed)
    )
    return applied, missed


def test_a_punch_card_says_what_it_punched_and_how_many_more_it_takes() -> None:
    shop = programme(COFFEE)

    found = explained(shop, member(coffee=5), line(900, "coffee", pieces=2))["coffee"]

    assert texts(found) == (["Punched: Coffee card: +2"], ["Coffee card: 2 more, then one is free"])
    assert texts(explained(shop, member(coffee=7), line(900, "coffee", pieces=2))["coffee"])[1] == [
        "Coffee card: may be had now"
    ]


def test_a_reward_says_how_many_units_are_missing_after_the_sale() -> None:
    shop = programme(POINTS, MONEY.replace("part = true", ""))

    assert texts(explained(shop, member(points=60), line(1234))["money"]) == ([], ["5.00 off: 28 more points"])
    assert texts(explained(shop, member(points=88), line(1234))["money"]) == ([], ["5.00 off: may be had now"])


def test_a_reward_that_paid_says_so() -> None:
    used = (Redeemed("r", "money", "points", 100, 500),)

    applied, _ = texts(explained(programme(POINTS, MONEY), member(), line(1234), redeemed=used)["money"])

    assert applied == ["Redeemed: 5.00 off: -100 points (worth €5.00)"]


def test_a_tier_says_how_far_it_is_and_when_it_is_reached() -> None:
    shop = programme(POINTS, GOLD)

    assert texts(explained(shop, member(spend={"2024": 40000}), line(2500))["gold"])[1] == ["Gold: spend €75.00 more"]
    applied, missed = texts(explained(shop, member(spend={"2024": 49000}), line(2500))["gold"])
    assert (applied, missed) == (["You have reached Gold!"], ["Gold: reached"])
    assert texts(explained(shop, member(), line(2500), moment=UNSURE)["gold"])[1] == [
        "The till's clock is not confirmed yet"
    ]


def test_a_lower_tier_is_passed() -> None:
    silver = GOLD.replace("gold", "silver").replace("Gold", "Silver").replace("500", "100")

    found = explained(programme(POINTS, GOLD, silver), member(spend={"2024": 60000}), line(100))

    assert texts(found["silver"])[1] == ["Silver: reached, and more"]


def test_a_membership_is_bought_held_or_told_with_its_price() -> None:
    shop = programme(POINTS, CLUB)
    fee = Line("CLUB", 1000, 900)

    assert texts(explained(shop, member(), line(100))["club"]) == ([], ["Club: costs €9.00"])
    assert texts(explained(shop, member(), fee)["club"])[0] == ["Club: yours until 1\u00a0May\u00a02025"]
    held = Holder("m", Status.REGULAR, {"club": (Lot("x", 1, "2024-12-31"),)})
    assert texts(explained(shop, held, line(100))["club"]) == (
        ["Club: 120% of the points: +0"],
        ["Club: paid until 31\u00a0Dec\u00a02024"],
    )


@pytest.mark.parametrize(
    ("tables", "rule", "missed"),
    [
        ((POINTS, TIMES, 'weekdays = ["sat"]'), "times", "Only on Sat"),
        ((POINTS, TIMES, 'from = "2025-01-01"'), "times", "Only from 1\u00a0Jan\u00a02025 on"),
        ((POINTS, TIMES, 'until = "2023-01-01"'), "times", "Only until 1\u00a0Jan\u00a02023"),
        ((POINTS, TIMES, 'min_amount = "20.00"'), "times", "From €20.00: €7.66 more"),
        ((POINTS, DARE), "dare", "Dare: 1 more visit"),
        ((POINTS, DARE, "times = 1"), "dare", "Dare: 1 more visit"),
        ((POINTS, COFFEE), "coffee", "Coffee card: 9 more, then one is free"),
        (
            (POINTS, '[[earn]]\nid = "said"\nunit = "points"\nby = "action"\naction = "review"\ngive = 5\n'),
            "said",
            "Not for buying: a review",
        ),
    ],
)
def test_what_did_not_apply_names_the_missing_condition(tables: tuple[str, ...], rule: str, missed: str) -> None:
    found = explained(programme(*tables), member(), line(1234))[rule]

    assert texts(found) == ([], [missed])


def test_a_multiplier_of_nothing_says_that_nothing_was_for_it() -> None:
    assert texts(explained(programme(POINTS, TIMES), member(), line(50))["times"]) == (
        [],
        ["Nothing in this sale is for it"],
    )


def test_without_a_member_every_rule_missed_the_card() -> None:
    found = explained(programme(POINTS, COFFEE, GOLD, MONEY), None, line(1234))

    assert {texts(one)[1][0] for one in found.values()} == {"No loyalty card shown: nothing was earned"}
    assert set(found) == {"earning", "coffee", "gold", "money"}


def test_a_provisional_member_is_told_that_rewards_are_for_registered_ones() -> None:
    found = explained(programme(POINTS, MONEY), member(Status.PROVISIONAL, points=500), line(1234))

    assert texts(found["money"])[1] == ["Only for registered members"]
    assert texts(found["earning"])[0] == ["Points for €12.34, per €1.00: +12"]


@given(programmes(), members(), sales(), moments)
def test_every_rule_is_explained_once_with_a_sentence_for_all_it_says(
    programme: Programme, holder: Holder, sale: Sale, moment: Moment
) -> None:
    judgement = evaluate(programme, holder, sale, moment, lot="new")

    found = explain(programme, holder, moment, judgement, sale.redeemed)

    assert [one.rule for one in found] == [rule.id for rule in rules_of(programme)]
    for one in found:
        assert one.applied or one.missed
        assert all(reason_text(reason.code, reason.numbers, "EUR", "en") for reason in (*one.applied, *one.missed))


# -- every code has a sentence -----------------------------------------------------------------------------------------

# What an f-string in a code may say, by the expression in it.
SAID = {
    "rules.by": [*TierBy],
    "challenge.counted": [*Counted],
    "self.state": [State.SLEEPING, State.DORMANT],  # of the active nothing is said
    "reason.code": ["redeemed", "reversed", "returned", "credited", "held", "owed", "charged", "waived", "expiring"],
}


def codes(node: ast.expr, scope: ast.AST) -> Iterator[str]:
    """Every code that the first argument of `Reason(...)` may be."""
    match node:
        case ast.Constant(value=str(code)):
            yield code
        case ast.IfExp(body=body, orelse=orelse):
            yield from codes(body, scope)
            yield from codes(orelse, scope)
        case ast.JoinedStr(values=values):
            parts = [
                SAID[ast.unparse(part.value)] if isinstance(part, ast.FormattedValue) else [ast.literal_eval(part)]
                for part in values
            ]
            yield from ("".join(map(str, chosen)) for chosen in product(*parts))
        case ast.Name(id=name):
            assigned = [n for n in ast.walk(scope) if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == name]
            for assignment in assigned:
                yield from codes(assignment.value, scope)


def used_codes() -> Iterator[str]:
    for path in LOYALTY.rglob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Reason" and node.args:
                yield from codes(node.args[0], tree)


def test_every_code_that_the_programme_says_has_a_sentence() -> None:
    used = set(used_codes())

    assert {"min_amount", "tier_at_risk_visits", "challenge_pieces", "no_member", "blocked", "minimum"} <= used
    assert sorted(code for code in used if code not in ENGLISH) == []


def test_no_sentence_is_there_for_a_code_that_nobody_says() -> None:
    reasons = {code for code in ENGLISH if re.match(r"(only|tier_missing|challenge|membership)_", code)}

    assert reasons <= set(used_codes())
