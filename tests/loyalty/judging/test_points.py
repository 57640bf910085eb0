"""What earn rules give, their multipliers, and where a limit cuts them."""

from __future__ import annotations

import pytest

from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.judging.points import lot_of
from agent.loyalty.programme import Programme, load
from agent.loyalty.sale import Effect, Holder, Judgement, Line, Lot, Measure, Missed, Moment, Reason, Redeemed, Sale
from tests.loyalty.judging.test_goods import CLUB
from tests.loyalty.shops import EARN, GOLD, HEAD, NOW, POINTS, UNIT, UNSURE, holding, line, member, programme

PIECES = '[[earn]]\nid = "tins"\nunit = "points"\nby = "article"\ngive = 3\ncategories = ["tea"]\n'
CALL = '[[earn]]\nid = "call"\nunit = "points"\nby = "visit"\ngive = 5\n'
TRIPLE = '[[multipliers]]\nid = "triple"\nlabel = "Tea week"\npercent = 300\ncategories = ["tea"]\n'
DOUBLE = '[[multipliers]]\nid = "double"\nlabel = "Double day"\npercent = 200\n'
ADD = 'multipliers_stack = "add"\n'
GILDED = {"2024": 50_000}


def _judge(shop: Programme, *lines: Line, holder: Holder | None = None, moment: Moment = NOW) -> Judgement:
    return evaluate(shop, holder or member(), Sale(lines), moment, lot="new")


def _where(key: str, *tables: str) -> Programme:
    """A programme with a key of its own before the tables."""
    return load("".join((key, HEAD, *tables)).encode())


def _points(judgement: Judgement) -> list[tuple[str, int, tuple[int, ...], str]]:
    """Rule, points, lines and code of each effect on points, in order."""
    found = (effect for effect in judgement.effects if effect.unit == "points")
    return [(effect.rule, effect.amount, effect.lines, effect.reason.code) for effect in found]


def test_points_for_money_say_what_they_are_for() -> None:
    shop = programme(UNIT, EARN.replace("give = 1", "give = 2").replace('"1.00"', '"5.00"'))
    enough = Reason("points_for_amount", {"points": 4, "eligible": 1499, "per": 500})
    short = Reason("minimum", {"points": 0, "eligible": 499, "per": 500, "missing": 1})

    assert _judge(shop, line(900), line(599)).effects == (
        Effect("earning", "points", 4, "new", (0, 1), Measure.AMOUNT, enough),
    )
    assert _judge(shop, line(499)).effects == (Effect("earning", "points", 0, "new", (0,), Measure.AMOUNT, short),)


def test_points_for_pieces_count_whole_ones_of_the_goods_they_are_for() -> None:
    sale = (line(300, "tea", pieces=2), line(900, "cake"), Line("tea-loose", 2500, 100, "tea"))
    reason = Reason("points_for_pieces", {"points": 12, "pieces": 4})

    assert _judge(programme(UNIT, PIECES), *sale).effects == (
        Effect("tins", "points", 12, "new", (0, 2), Measure.QUANTITY, reason),
    )
    nothing = _judge(programme(UNIT, PIECES), line(900, "cake"))
    assert (nothing.effects, nothing.missed) == ((), (Missed("tins", Reason("no_such_article")),))


def test_what_excluded_tenders_and_rewards_paid_counts_pro_rata_for_pieces_and_money() -> None:
    shop = programme(UNIT, EARN + 'exclude_tenders = ["voucher"]\n', PIECES + 'exclude_tenders = ["voucher"]\n')
    sale = Sale((line(1000, "tea", pieces=4),), (Redeemed("r", "money", "points", 1, 250),), {"voucher": 250})

    judgement = evaluate(shop, member(), sale, NOW, lot="new")

    assert [(rule, points) for rule, points, _, _ in _points(judgement)] == [("earning", 5), ("tins", 6)]


def test_points_for_a_visit_are_given_once_a_day_and_multiplied_by_nothing() -> None:
    shop = programme(UNIT, CALL, DOUBLE)
    (first, *others) = _judge(shop, line(300)).effects
    again = _judge(shop, line(300), holder=member(visits={"2024-05-01": 1}))

    assert first == Effect("call", "points", 5, "new", (0,), Measure.SALE, Reason("visit", {"points": 5}))
    assert [effect.rule for effect in others] == ["visits"]
    assert (again.effects, again.missed) == ((), (Missed("call", Reason("visited_today")),))


def test_conditions_of_a_rule_count_what_it_is_for() -> None:
    shop = programme(UNIT, PIECES + 'min_amount = "5.00"\nmin_pieces = 2\n')

    cheap = _judge(shop, line(499, "tea", pieces=2), line(900, "cake"))
    few = _judge(shop, line(500, "tea"), line(900, "cake", pieces=3))
    enough = _judge(shop, line(500, "tea", pieces=2))

    assert cheap.missed == (Missed("tins", Reason("min_amount", {"amount": 500, "missing": 1})),)
    assert few.missed == (Missed("tins", Reason("min_pieces", {"pieces": 2, "more": 1})),)
    assert _points(enough) == [("tins", 6, (0,), "points_for_pieces")]


def test_a_multiplier_gives_its_part_of_the_ordinary_points_rounded_down() -> None:
    shop = programme(POINTS, '[[multipliers]]\nid = "half"\nlabel = "Half more"\npercent = 150\n')
    ordinary, bonus = _judge(shop, line(799)).effects

    assert ordinary.amount == 7
    reason = Reason("multiplier", {"label": "Half more", "percent": 150, "points": 3})
    assert bonus == Effect("half", "points", 3, "new", (0,), Measure.AMOUNT, reason)


def test_a_multiplier_of_pieces_is_taken_back_by_pieces() -> None:
    _, bonus = _judge(programme(UNIT, PIECES, DOUBLE), line(300, "tea", pieces=2)).effects

    assert (bonus.rule, bonus.amount, bonus.measure) == ("double", 6, Measure.QUANTITY)


def test_a_multiplier_counts_the_lines_that_both_it_and_the_rule_are_for() -> None:
    shop = programme(UNIT, EARN.replace('"gift-card"', '"cake"'), TRIPLE.replace('"tea"', '"tea", "cake"'))
    sale = (line(200, "tea"), line(300, "cake"), line(400, "jam"), line(150, "tea"))

    assert _points(_judge(shop, *sale)) == [
        ("earning", 7, (0, 2, 3), "points_for_amount"),
        ("triple", 6, (0, 3), "multiplier"),
    ]
    assert _judge(shop, line(400, "jam")).missed == (Missed("triple", Reason("no_such_article")),)


def test_a_multiplier_of_one_rule_leaves_the_others_alone() -> None:
    more = EARN.replace('"earning"', '"more"')
    shop = programme(POINTS, more, DOUBLE + 'of = ["more"]\n')

    assert [(rule, points) for rule, points, _, _ in _points(_judge(shop, line(300)))] == [
        ("earning", 3),
        ("more", 3),
        ("double", 3),
    ]


def test_the_conditions_of_a_multiplier_are_asked_of_its_own_lines() -> None:
    shop = programme(POINTS, TRIPLE + 'min_amount = "5.00"\nmin_pieces = 2\n')

    assert _judge(shop, line(400, "tea", pieces=2), line(900)).missed == (
        Missed("triple", Reason("min_amount", {"amount": 500, "missing": 100})),
    )
    assert _judge(shop, line(500, "tea"), line(900, pieces=4)).missed == (
        Missed("triple", Reason("min_pieces", {"pieces": 2, "more": 1})),
    )
    assert _points(_judge(shop, line(500, "tea", pieces=2)))[1][:2] == ("triple", 10)


def test_where_there_are_no_ordinary_points_nothing_is_multiplied_and_nothing_missed() -> None:
    judgement = _judge(programme(POINTS, TRIPLE), line(50, "jam"))

    assert ([effect.reason.code for effect in judgement.effects], judgement.missed) == (["minimum"], ())


def test_of_several_multipliers_each_line_has_the_one_that_gives_the_most() -> None:
    shop = programme(POINTS, DOUBLE, TRIPLE, GOLD)
    sale = (line(200, "tea"), line(300, "jam"))
    judgement = _judge(shop, *sale, holder=member(spend=GILDED))

    assert _points(judgement) == [
        ("earning", 5, (0, 1), "points_for_amount"),
        ("triple", 4, (0,), "multiplier"),
        ("double", 3, (1,), "multiplier"),
    ]
    assert judgement.missed == (Missed("gold", Reason("another_multiplier")),)


def test_multipliers_that_are_added_each_give_their_part() -> None:
    holder = Holder("m", member().status, {"spend": (Lot("2024", 50_000),), "club": (Lot("a", 1, "2025-01-01"),)})
    shop = _where(ADD, UNIT, EARN, DOUBLE, TRIPLE, GOLD, CLUB + "percent = 120\n")

    assert _points(_judge(shop, line(1000, "tea"), holder=holder)) == [
        ("earning", 10, (0,), "points_for_amount"),
        ("gold", 5, (0,), "tier_multiplier"),
        ("club", 2, (0,), "multiplier"),
        ("double", 10, (0,), "multiplier"),
        ("triple", 20, (0,), "multiplier"),
    ]


@pytest.mark.parametrize("percent", [100, 101])
def test_a_tier_or_a_membership_that_multiplies_by_nothing_says_nothing(percent: int) -> None:
    shop = programme(POINTS, GOLD.replace("percent = 150", f"percent = {percent}"))
    codes = [code for _, _, _, code in _points(_judge(shop, line(30_000), holder=member(spend=GILDED)))]

    assert ("tier_multiplier" in codes) is (percent > 100)


def test_a_limit_of_a_sale_cuts_the_last_of_what_a_rule_gives() -> None:
    shop = programme(UNIT, EARN + "most = { sale = 7 }\n", DOUBLE)
    judgement = _judge(shop, line(500))

    assert _points(judgement) == [("earning", 5, (0,), "points_for_amount"), ("double", 2, (0,), "multiplier")]
    cut = [effect for effect in judgement.effects if effect.reason.code == "limit_reached"]
    assert [(effect.rule, effect.amount, effect.reason.numbers) for effect in cut] == [
        ("double", 0, {"most": "sale", "points": 3})
    ]


def test_what_fits_a_limit_exactly_is_not_cut() -> None:
    shop = programme(UNIT, EARN + "most = { sale = 10 }\n", DOUBLE)

    assert [effect.reason.code for effect in _judge(shop, line(500)).effects] == ["points_for_amount", "multiplier"]


def test_a_limit_of_a_period_counts_what_was_given_and_names_the_narrowest() -> None:
    shop = programme(UNIT, EARN + "most = { day = 9, month = 20, sale = 8 }\n", DOUBLE)
    lot = {"2024-05-01": 4, "2024-05": 14}
    judgement = _judge(shop, line(400), holder=holding({"earning.count": lot}))
    counted = [effect for effect in judgement.effects if effect.unit == "earning.count"]

    assert _points(judgement) == [("earning", 4, (0,), "points_for_amount"), ("double", 1, (0,), "multiplier")]
    assert [effect.reason.numbers for effect in judgement.effects if effect.reason.code == "limit_reached"] == [
        {"most": "day", "points": 3}
    ]
    reason = Reason("counted")
    assert counted == [
        Effect("earning", "earning.count", 5, day, (0,), Measure.AMOUNT, reason) for day in ("2024-05-01", "2024-05")
    ]


def test_a_limit_that_is_reached_leaves_nothing_but_its_reason() -> None:
    shop = programme(UNIT, EARN + "most = { day = 5 }\n")
    for had in (5, 9):  # a till that was away may have given more
        judgement = _judge(shop, line(400), holder=holding({"earning.count": {"2024-05-01": had}}))

        assert judgement.postings == ()
        assert [(effect.amount, effect.reason) for effect in judgement.effects] == [
            (0, Reason("limit_reached", {"most": "day", "points": 4}))
        ]


def test_of_a_limit_that_is_cut_at_once_what_follows_is_cut_too() -> None:
    shop = programme(UNIT, EARN + "most = { sale = 2 }\n", DOUBLE)
    judgement = _judge(shop, line(500))

    assert _points(judgement) == [("earning", 2, (0,), "points_for_amount")]
    cut = [(one.rule, one.reason.numbers["points"]) for one in judgement.effects if one.reason.code == "limit_reached"]
    assert cut == [("earning", 3), ("double", 5)]


def test_goods_that_earn_nothing_are_named_with_what_they_cost() -> None:
    shop = programme(UNIT, EARN.replace('"gift-card"', '"gift-card", "stamps"'))
    judgement = _judge(shop, line(300, "stamps"), line(100, "tea"), line(250, "stamps"), line(5000, "gift-card"))
    named = [(one.rule, one.amount, one.reason.numbers) for one in judgement.effects if one.reason.code == "excluded"]

    assert named == [
        ("earning", 0, {"category": "stamps", "amount": 550}),
        ("earning", 0, {"category": "gift-card", "amount": 5000}),
    ]


def test_articles_that_nobody_knows_earn_nothing_where_the_programme_says_so() -> None:
    ignoring = _where('unknown_articles = "ignore"\n', UNIT, EARN)
    earning = programme(UNIT, EARN)
    sale = (line(300, "unknown"), line(100, "tea"))

    assert [(one.amount, one.reason.code) for one in _judge(ignoring, *sale).effects] == [
        (1, "points_for_amount"),
        (0, "excluded"),
    ]
    assert [(one.amount, one.reason.code) for one in _judge(earning, *sale).effects] == [(4, "points_for_amount")]


def test_points_wait_and_expire_by_their_unit_on_a_clock_that_is_confirmed() -> None:
    unit = programme(UNIT + 'expires = "1 year"\npending = "2 weeks"\n', EARN).unit("points")

    assert lot_of(unit, "new", NOW) == ("new+2024-05-15", "2025-05-01")
    assert lot_of(unit, "new", UNSURE) == ("new", None)
    plain = programme(POINTS).unit("points")
    assert lot_of(plain, "new", NOW) == ("new", None)
