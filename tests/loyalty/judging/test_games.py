"""The draws of games: exact odds, no bias, the same answer for ever, and no game without its prizes."""

import hashlib
import hmac
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ProgrammeError
from agent.journal.fold import check_conservation
from agent.loyalty.judging.case import note
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.judging.games import commitment_of, counters, drawn, may_play, prize_at, stock_unit, uniform
from agent.loyalty.programme import Programme, load
from agent.loyalty.programme.units import DRAWS
from agent.loyalty.reversal import RecordedSale, reverse
from agent.loyalty.sale import Draws, Effect, Holder, Judgement, Lot, Measure, Missed, Moment, Reason, Sale, Status
from agent.loyalty.spending.vouchers import new_serial
from tests.loyalty.any_programme import members, moments, programmes, sales, some_draws
from tests.loyalty.shops import HEAD, NOW, POINTS, UNSURE, line, member, moves, programme

SEED = hashlib.sha256(b"a seed for tests").digest()
DAY = NOW.day
TILL = "corner/1"
VOUCHER = '[[vouchers]]\nid = "five"\nlabel = "5.00"\nvalue = "5.00"\n'
GAME = """
[[games]]
id = "scratch"
label = "Scratch"
odds = 30
min_amount = "10.00"
"""
PRIZES = """
[[games.prizes]]
id = "mug"
label = "A mug"
weight = 1
unit = "points"
units = 500
cost = "3.00"
stock = 2
[[games.prizes]]
id = "few"
label = "Some points"
weight = 9
unit = "points"
units = 10
cost = "0.10"
"""
ONE = '[[games.prizes]]\nid = "few"\nlabel = "Some points"\nunit = "points"\nunits = 10\ncost = "0.10"\nstock = 3\n'


def shop(game: str = GAME, prizes: str = PRIZES) -> Programme:
    return programme(POINTS, game, prizes)


def sure(more: str = "", prizes: str = ONE) -> Programme:
    """A game that everybody wins."""
    return shop(GAME.replace("30", "100") + more, prizes)


def draws(*, made: int = 0, seed: bytes | None = SEED, **counts: int) -> Draws:
    at = {("scratch.prize.few", "stock"): counts.get("few", 0), ("scratch.cost", DAY): counts.get("cost", 0)}
    return Draws(TILL, DAY, seed, made, at)


def play(
    rules: Programme, with_: Draws | None, who: Holder | None = None, amount: int = 1000, moment: Moment = NOW
) -> Judgement:
    return evaluate(rules, who or member(), Sale((line(amount),)), moment, lot="new", draws=with_)


def codes(judgement: Judgement) -> set[str]:
    return {effect.reason.code for effect in judgement.effects if effect.rule == "scratch"}


def missed(judgement: Judgement) -> list[str]:
    return [one.reason.code for one in judgement.missed if one.rule == "scratch"]


# -- the draw ----------------------------------------------------------------------------------------------------------


def test_a_draw_is_the_hmac_of_till_day_and_number_under_the_seed() -> None:
    value = int.from_bytes(hmac.digest(SEED, b"corner/1|2024-05-01|7", "sha256"))

    assert uniform(SEED, "corner/1|2024-05-01|7", 1000) == value % 1000
    assert value < 2**256 - 2**256 % 1000  # it was not one of those that are drawn again


def test_a_hash_that_would_favour_small_numbers_is_drawn_again() -> None:
    below = 2**255 + 1  # nearly half of all hashes lie beyond its last multiple
    first = {number: int.from_bytes(hmac.digest(SEED, f"n{number}".encode(), "sha256")) for number in range(40)}
    again = [number for number, value in first.items() if value >= below]

    assert again
    for number, value in first.items():
        drawn_now = uniform(SEED, f"n{number}", below)
        assert drawn_now == (drawn_now if number in again else value)
        assert 0 <= drawn_now < below
    second = int.from_bytes(hmac.digest(SEED, f"n{again[0]}|1".encode(), "sha256"))
    assert second >= below or uniform(SEED, f"n{again[0]}", below) == second


@given(st.binary(min_size=32, max_size=32), st.integers(1, 10**9), st.integers(1, 10**6))
def test_a_draw_is_in_its_range_and_always_the_same(seed: bytes, below: int, number: int) -> None:
    name = f"{TILL}|{DAY}|{number}"

    assert uniform(seed, name, below) == uniform(seed, name, below)
    assert 0 <= uniform(seed, name, below) < below


def test_of_all_equally_likely_numbers_exactly_the_stated_part_wins() -> None:
    (game,) = shop().games
    found = Counter(prize.id if prize else None for prize in (prize_at(game, at) for at in range(100 * game.weight)))

    assert found == {"mug": 30, "few": 270, None: 700}


def test_many_draws_fall_as_the_odds_say() -> None:
    (game,) = shop().games
    count = 20_000
    found = Counter(
        prize.id if prize else None
        for prize in (drawn(game, SEED, till=TILL, day=DAY, number=number) for number in range(count))
    )

    expected = {"mug": count * 3 // 100, "few": count * 27 // 100, None: count * 70 // 100}
    chi_square = sum((found[key] - wanted) ** 2 / wanted for key, wanted in expected.items())
    assert chi_square < 9.21  # two degrees of freedom, one in a hundred; the seed is fixed, so this never changes


def test_the_commitment_is_the_hash_of_the_seed() -> None:
    assert commitment_of(SEED) == hashlib.sha256(SEED).hexdigest()


@given(programmes(), members(), sales(), moments, some_draws)
def test_whatever_the_programme_games_are_fair_to_the_books(
    rules: Programme, who: Holder, sale: Sale, moment: Moment, with_: Draws
) -> None:
    judged = evaluate(rules, who, sale, moment, lot="new", draws=with_)

    assert judged == evaluate(rules, who, sale, moment, lot="new", draws=with_)
    check_conservation(judged.postings)
    made = [p.amount for p in judged.postings if p.unit == DRAWS and p.lot == with_.day]
    told = [e for e in judged.effects if e.reason.code in {"game_won", "game_lost"}]
    assert sum(made) == len(told) == len(rules.games) - sum(one.rule in _games(rules) for one in judged.missed) or (
        with_.seed is None or who.status is Status.BLOCKED
    )


def _games(rules: Programme) -> set[str]:
    return {game.id for game in rules.games}


# -- playing -----------------------------------------------------------------------------------------------------------


def test_a_win_gives_the_prize_and_says_how_to_check_it() -> None:
    judged = play(sure(), draws(made=4))

    (won,) = [effect for effect in judged.effects if effect.reason.code == "game_won"]
    assert (won.unit, won.amount, won.lot) == ("points", 10, "new")
    assert won.reason.numbers == {
        "label": "Scratch",
        "prize": "Some points",
        "odds": 100,
        "day": DAY,
        "draw": 5,
        "commitment": commitment_of(SEED),
    }
    assert moves(judged.postings) == {("points", "new"): 20, ("scratch.count", DAY): 1}
    counted = {(p.unit, p.lot): p.amount for p in judged.postings if p.account == f"till:{TILL}"}
    assert counted == {(DRAWS, DAY): 1, ("scratch.prize.few", "stock"): 1}


def test_a_draw_that_wins_nothing_is_told_and_counted() -> None:
    rules = shop()
    number = next(n for n in range(1, 100) if drawn(rules.games[0], SEED, till=TILL, day=DAY, number=n) is None)

    judged = play(rules, draws(made=number - 1))

    assert codes(judged) == {"counted", "game_lost"}
    assert [p.amount for p in judged.postings if p.unit == DRAWS and p.lot] == [1]


def test_the_same_draw_has_the_same_result_whoever_plays_and_whatever_is_bought() -> None:
    rules = shop()
    one = play(rules, draws(made=8))
    other = evaluate(
        rules, Holder("x", Status.REGULAR), Sale((line(9900), line(1))), NOW, lot="other", draws=draws(made=8)
    )

    assert codes(one) == codes(other)


def test_a_preview_says_that_one_may_play_and_nothing_more() -> None:
    judged = play(shop(), draws(seed=None))

    assert may_play(judged)
    assert codes(judged) == {"may_play"}
    assert DRAWS not in {posting.unit for posting in judged.postings}
    assert not may_play(play(shop(), draws()))


@pytest.mark.parametrize(
    ("with_", "who", "amount", "moment", "code"),
    [
        (None, member(), 1000, NOW, "only_at_a_till"),
        (draws(), member(Status.PROVISIONAL), 1000, NOW, "only_registered"),
        (draws(), member(), 1000, UNSURE, "clock_unconfirmed"),
        (draws(), member(), 999, NOW, "min_amount"),
        (draws(), Holder("m", Status.REGULAR, {"scratch.count": (Lot(DAY, 1),)}), 1000, NOW, "played_today"),
        (draws(few=3), member(), 1000, NOW, "game_over"),
    ],
)
def test_who_may_not_play_is_told_why(with_: Draws | None, who: Holder, amount: int, moment: Moment, code: str) -> None:
    judged = play(sure(), with_, who, amount, moment)

    assert (missed(judged), codes(judged)) == ([code], set())


def test_without_one_of_its_prizes_there_is_no_game_for_anybody() -> None:
    rules = shop()
    gone = replace(draws(), counts={(stock_unit(rules.games[0], rules.games[0].prizes[0]), "stock"): 2})

    assert missed(play(rules, gone)) == ["game_over"]


def test_a_day_ends_when_its_budget_might_not_pay_for_the_dearest_prize() -> None:
    rules = shop(GAME + 'budget_a_day = "4.00"\n')

    assert missed(play(rules, draws(cost=100))) == []
    assert missed(play(rules, draws(cost=101))) == ["game_over_today"]


def test_what_a_prize_costs_counts_for_the_days_budget() -> None:
    judged = play(sure('budget_a_day = "4.00"\n'), draws())

    assert [p.amount for p in judged.postings if p.unit == "scratch.cost" and p.lot == DAY] == [10]


def test_two_games_in_one_sale_take_two_draws() -> None:
    second = GAME.replace("scratch", "wheel").replace("30", "50").replace("Scratch", "Wheel")
    judged = play(programme(POINTS, GAME, PRIZES, second, ONE), draws(made=2))

    told = {e.rule: e.reason.numbers["draw"] for e in judged.effects if e.reason.code in {"game_won", "game_lost"}}
    assert told == {"scratch": 3, "wheel": 4}


def test_a_prize_may_be_a_voucher() -> None:
    prize = '[[games.prizes]]\nid = "off"\nlabel = "5.00 off"\nvoucher = "five"\n'
    judged = play(programme(POINTS, VOUCHER, GAME.replace("30", "100"), prize), draws())

    assert {"game_won", "voucher_issued"} <= codes(judged)
    assert [p.amount for p in judged.postings if p.unit == "five" and p.lot] == [1]


def test_goods_that_come_back_take_the_prize_and_its_stock_back_and_never_the_draw() -> None:
    judged = play(sure('budget_a_day = "4.00"\n'), draws())
    sold = RecordedSale("S", "m", (line(1000),), judged.effects, (), {})

    back = reverse(sold, {0: 1000})

    taken = {(p.unit, p.lot): p.amount for p in back.postings if p.lot}
    assert taken["points", "new"] == -10  # the last of two postings: the prize
    assert taken["scratch.prize.few", "stock"] == -1
    assert not {unit for unit, _ in taken} & {DRAWS, "scratch.count", "scratch.cost"}


def test_after_the_last_day_of_earning_nobody_plays() -> None:
    ended = '[closing]\nnotice = "2024-01-01"\nlast_earn = "2024-04-01"\nlast_spend = "2024-12-31"\n'

    assert missed(play(programme(POINTS, GAME, PRIZES, ended), draws())) == ["earning_ended"]


def test_a_till_counts_draws_prizes_and_costs() -> None:
    assert counters(shop().games) == (
        DRAWS,
        "scratch.cost",
        "scratch.prize.mug",
        "scratch.prize.few",
    )


def test_every_effect_of_a_game_is_above_nought_and_whole() -> None:
    effects: list[Effect] = [e for n in range(50) for e in play(shop(), draws(made=n)).effects]

    assert all(type(effect.amount) is int and effect.amount >= 0 for effect in effects)


@pytest.mark.parametrize(
    ("game", "prizes", "message"),
    [
        (GAME.replace("30", "24"), PRIZES, "odds = 24 are below odds_min = 25 of 100 draws"),
        (GAME.replace("30", "101"), PRIZES, "odds = 101 must be a whole number from 1 to 100"),
        (GAME.replace("30", "0.3"), PRIZES, "odds = 0.3 must be a whole number"),
        (GAME, "", "'prizes' names none, so nothing is won"),
        (GAME, PRIZES.replace("few", "mug"), "two prizes are called 'mug'"),
        (GAME, ONE.replace('unit = "points"', 'unit = "miles"'), "unit names 'miles', which is not in the programme"),
        (GAME, ONE.replace('unit = "points"', 'voucher = "five"'), "unknown key 'units'"),
        (GAME, ONE.replace('unit = "points"\nunits = 10', 'voucher = "six"'), "voucher names 'six'"),
        (GAME, ONE.replace('unit = "points"\n', ""), "key 'unit' is missing"),
        (GAME + 'budget_a_day = "2.99"\n', PRIZES, "budget_a_day must pay for the dearest prize"),
        (GAME + 'budget_a_day = "2.99"\n', ONE.replace('cost = "0.10"\n', ""), "prizes need a 'cost'"),
        (GAME, ONE.replace("stock = 3", "stock = 0"), "stock = 0 must be a whole number from 1"),
        (GAME + 'tiers = ["gold"]\n', ONE, "tiers names 'gold', which is not in the programme"),
    ],
)
def test_a_game_that_cannot_be_meant_is_refused(game: str, prizes: str, message: str) -> None:
    with pytest.raises(ProgrammeError) as refused:
        shop(game, prizes)

    assert message in str(refused.value)


def test_the_floor_of_the_odds_is_the_programmes_to_set() -> None:
    text = HEAD.replace("currency", "odds_min = 31\ncurrency") + POINTS + GAME + PRIZES
    with pytest.raises(ProgrammeError, match="odds = 30 are below odds_min = 31"):
        load(text.encode())
    assert load(text.replace("31", "5").encode()).games[0].odds == 30


@pytest.mark.parametrize(("few", "cost", "code"), [(3, 0, "game_over"), (0, 391, "game_over_today")])
def test_a_game_that_is_over_is_named(few: int, cost: int, code: str) -> None:
    judged = play(sure('budget_a_day = "4.00"\n'), draws(few=few, cost=cost))

    assert [one for one in judged.missed if one.rule == "scratch"] == [
        Missed("scratch", Reason(code, {"label": "Scratch"}))
    ]


def test_a_prize_of_units_is_an_effect_of_the_sale_that_expires_with_its_unit() -> None:
    lasting = POINTS.replace('label = "points"', 'label = "points"\nexpires = "1 year"')
    judged = play(programme(lasting, GAME.replace("30", "100") + 'budget_a_day = "4.00"\n', ONE), draws(made=4))
    (won,) = (effect for effect in judged.effects if effect.reason.code == "game_won")
    counted = [
        (effect.unit, effect.amount, effect.lot, effect.account, effect.lines)
        for effect in judged.effects
        if effect.rule == "scratch" and effect.reason.code == "counted"
    ]

    expected = Effect("scratch", "points", 10, "new", (0,), Measure.SALE, won.reason, "2025-05-01")
    assert won == expected
    till = f"till:{TILL}"
    assert counted == [
        (DRAWS, 1, DAY, till, ()),
        ("scratch.count", 1, DAY, None, ()),
        ("scratch.prize.few", 1, "stock", till, (0,)),
        ("scratch.cost", 10, DAY, till, ()),
    ]


def test_a_voucher_that_was_won_is_of_this_entry_and_this_game_and_of_the_lines_that_counted() -> None:
    prize = '[[games.prizes]]\nid = "off"\nlabel = "5.00 off"\nvoucher = "five"\n'
    rules = programme(POINTS, VOUCHER, GAME.replace("30", "100"), prize)
    judged = play(rules, draws())
    (given_,) = (effect for effect in judged.effects if effect.reason.code == "voucher_issued")

    serial = new_serial(rules.vouchers[0], NOW, lot="new/scratch")
    assert (given_.rule, given_.lot, given_.lines) == ("scratch", str(serial), (0,))


def test_every_draw_of_a_day_and_of_every_till_is_its_own() -> None:
    game = shop(GAME.replace("30", "50")).games[0]
    won = {
        key: [drawn(game, SEED, till=till, day=day, number=number) is not None for number in range(1, 65)]
        for key, till, day in (("one", TILL, DAY), ("till", "corner/2", DAY), ("day", TILL, "2024-05-02"))
    }

    assert len({tuple(one) for one in won.values()}) == 3
    judged = [codes(play(shop(GAME.replace("30", "50")), draws(made=number))) for number in range(64)]
    assert ["game_won" in one for one in judged] == won["one"]


@pytest.mark.parametrize("at", range(0, 1000, 7))
def test_prizes_lie_beside_each_other_by_their_weights(at: int) -> None:
    game = shop().games[0]  # 30 of 100 win: places 0 to 29 the mug, to 299 some points

    prize = prize_at(game, at)

    assert (prize and prize.id) == ("mug" if at < 30 else "few" if at < 300 else None)


def test_a_till_that_has_counted_nothing_has_counted_nought() -> None:
    assert Draws(TILL, DAY, SEED, 0).counted("points", "a") == 0


def test_who_has_played_as_often_as_he_may_today_is_told_how_often_that_is() -> None:
    judged = play(sure(), draws(), Holder("m", Status.REGULAR, {"scratch.count": (Lot(DAY, 1),)}))

    assert Missed("scratch", Reason("played_today", {"label": "Scratch", "times": 1})) in judged.missed


def test_who_may_play_is_told_of_the_game_and_its_odds() -> None:
    (told,) = (effect for effect in play(shop(), draws(seed=None)).effects if effect.rule == "scratch")

    assert told == note("scratch", Reason("may_play", {"label": "Scratch", "odds": 30}))
    assert told == Effect("scratch", "", 0, "", (), Measure.SALE, told.reason)
