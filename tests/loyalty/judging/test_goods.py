"""Punch cards and the sale of memberships."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.errors import ProgrammeError
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme import Programme
from agent.loyalty.sale import Holder, Judgement, Line, Lot, Missed, Moment, Reason, Redeemed, Sale, Status
from tests.loyalty.shops import COFFEE, NOW, UNIT, UNSURE, line, member, moves, programme

VISIT = """
[[punch_cards]]
id = "cut"
label = "Haircuts"
by = "visit"
punches = 9
value_max = "40.00"
"""
CLUB = """
[[memberships]]
id = "club"
label = "Club"
article = "CLUB-YEAR"
price = "49.00"
term = "12 months"
notice = "30 days"
"""


def _judge(shop: Programme, *lines: Line, holder: Holder | None = None, moment: Moment = NOW) -> Judgement:
    return evaluate(shop, holder or member(), Sale(lines), moment, lot="new")


def _codes(judgement: Judgement, rule: str) -> list[str]:
    return [effect.reason.code for effect in judgement.effects if effect.rule == rule]


def test_a_new_card_begins_with_its_head_start_once() -> None:
    shop = programme(COFFEE + "head_start = 2\n")
    first = _judge(shop, line(350, "coffee"))

    assert moves(first.postings)["coffee", "punches"] == 3
    assert _codes(first, "coffee") == ["punches", "head_start", "counted"]
    begun = Holder("m", Status.REGULAR, {"coffee": (Lot("punches", 3),), "coffee.count": (Lot("started", 1),)})
    second = _judge(shop, line(350, "coffee"), holder=begun)
    assert moves(second.postings) == {("coffee", "punches"): 1}


def test_a_sale_without_what_is_punched_begins_no_card() -> None:
    assert _judge(programme(COFFEE + "head_start = 2\n"), line(350, "cake")).postings == ()


def test_a_visit_is_one_hole_a_day() -> None:
    shop = programme(VISIT)

    assert moves(_judge(shop, line(3000), line(500)).postings) == {("cut", "punches"): 1, ("visits", "2024-05-01"): 1}
    again = _judge(shop, line(3000), holder=member(visits={"2024-05-01": 1}))
    assert (again.postings, [missed.reason.code for missed in again.missed]) == ((), ["visited_today"])


def test_a_visit_counts_only_with_what_the_card_is_for() -> None:
    shop = programme(VISIT + 'categories = ["hair"]\n')

    assert ("cut", "punches") not in moves(_judge(shop, line(500, "shampoo")).postings)
    assert moves(_judge(shop, line(500, "hair")).postings)["cut", "punches"] == 1


def test_brands_and_articles_are_punched_too() -> None:
    shop = programme(COFFEE.replace('categories = ["coffee"]', 'brands = ["acme"]\narticles = ["X1"]'))
    judgement = _judge(shop, Line("A", 1000, 100, None, 0, "acme"), Line("X1", 2000, 100), Line("B", 1000, 100))

    assert moves(judgement.postings)["coffee", "punches"] == 3


def test_holes_that_expire_have_a_lot_of_their_own_and_a_last_day() -> None:
    shop = programme(COFFEE + 'expires = "6 months"\n')
    (effect,) = _judge(shop, line(350, "coffee")).effects

    assert (effect.lot, effect.expires) == ("new", "2024-11-01")
    assert [p.expires for p in _judge(shop, line(350, "coffee")).postings] == [None, "2024-11-01"]
    (unsure,) = _judge(shop, line(350, "coffee"), moment=UNSURE).effects
    assert (unsure.lot, unsure.expires) == ("new", None)


def test_one_article_may_be_punched_into_several_cards() -> None:
    shop = programme(COFFEE, COFFEE.replace('"coffee"', '"drinks"', 1).replace('["coffee"]', '["coffee", "tea"]'))

    assert moves(_judge(shop, line(350, "coffee"), line(300, "tea")).postings) == {
        ("coffee", "punches"): 1,
        ("drinks", "punches"): 2,
    }


def test_a_given_article_is_not_punched() -> None:
    sale = Sale((line(350, "coffee"),), (Redeemed("r", "coffee", "coffee", 9, 350, free=True),))

    assert evaluate(programme(COFFEE), member(), sale, NOW, lot="new").postings == ()


@pytest.mark.parametrize(("bought", "until"), [(1, "2025-05-01"), (2, "2026-05-01")])
def test_a_membership_runs_from_the_day_it_is_bought(bought: int, until: str) -> None:
    (effect,) = _judge(programme(CLUB), Line("CLUB-YEAR", bought * 1000, bought * 4900)).effects

    assert (effect.unit, effect.amount, effect.lot, effect.expires) == ("club", bought, "new", until)
    assert effect.reason.numbers == {"label": "Club", "until": until}


def test_a_membership_that_is_renewed_early_goes_on_after_the_one_that_runs() -> None:
    holder = member()
    running = replace(holder, lots={"club": (member(club=1).lots["club"][0]._replace(expires="2024-05-20"),)})
    (effect,) = _judge(programme(CLUB), Line("CLUB-YEAR", 1000, 4900), holder=running).effects

    assert effect.expires == "2025-05-20"


def test_a_membership_bought_on_a_clock_that_nobody_confirmed_has_no_end_yet() -> None:
    (effect,) = _judge(programme(CLUB), Line("CLUB-YEAR", 1000, 4900), moment=UNSURE).effects

    assert effect.expires is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("head_start = 9", "head_start = 9 must be less than punches = 9"),
        ("head_start = -1", "head_start = -1 must be a whole number from 1 to 100"),
        ('by = "day"', "by = 'day' must be one of article, visit"),
        ('expires = "soon"', "expires = 'soon' must be a length of time"),
    ],
)
def test_a_card_that_cannot_be_is_refused(written: str, message: str) -> None:
    with pytest.raises(ProgrammeError) as refused:
        programme(COFFEE + written + "\n")

    assert message in str(refused.value)


def test_a_visit_rule_gives_nothing_for_goods_that_it_excludes() -> None:
    shop = programme(UNIT, '[[earn]]\nid = "call"\nunit = "points"\nby = "visit"\ngive = 5\nexclude = ["coffee"]\n')

    assert ("points", "new") not in moves(_judge(shop, line(350, "coffee")).postings)
    assert moves(_judge(shop, line(350, "cake")).postings)["points", "new"] == 5


def test_a_challenge_pays_nothing_for_a_sale_that_did_nothing_for_it() -> None:
    dare = '[[challenges]]\nid = "dare"\nlabel = "Dare"\nunit = "points"\ngive = 9\ncounted = "pieces"\ngoal = 2\n'
    shop = programme(UNIT, dare + 'within = "year"\ncategories = ["coffee"]\n')
    counted = Holder("m", Status.REGULAR, {"dare.count": (Lot("2024", 2),)})

    assert _judge(shop, line(350, "cake"), holder=counted).postings == ()
    assert moves(_judge(shop, line(350, "coffee"), holder=counted).postings)["points", "new"] == 9


def test_a_membership_that_is_bought_is_named_with_its_end_if_that_is_known() -> None:
    sale = Line("CLUB-YEAR", 1000, 4900)
    (known,) = _judge(programme(CLUB), sale).effects
    (unknown,) = _judge(programme(CLUB), sale, moment=UNSURE).effects

    assert known.reason == Reason("membership_bought", {"label": "Club", "until": "2025-05-01"})
    assert unknown.reason == Reason("membership_bought", {"label": "Club", "until": ""})


def test_what_a_punch_card_asks_for_is_asked_of_its_own_goods() -> None:
    shop = programme(COFFEE + 'min_amount = "5.00"\nmin_pieces = 2\nhead_start = 2\n')
    cheap = _judge(shop, line(400, "coffee", pieces=2), line(900))
    few = _judge(shop, line(500, "coffee"), line(900, pieces=3))
    enough = _judge(shop, line(500, "coffee", pieces=2))

    assert cheap.missed == (Missed("coffee", Reason("min_amount", {"amount": 500, "missing": 100})),)
    assert few.missed == (Missed("coffee", Reason("min_pieces", {"pieces": 2, "more": 1})),)
    assert [effect.reason for effect in enough.effects] == [
        Reason("punches", {"count": 2, "card": "Coffee card"}),
        Reason("head_start", {"count": 2, "card": "Coffee card"}),
        Reason("counted"),
    ]
