import pytest

from agent.errors import InvalidError, ProgrammeError
from agent.loyalty.judging.case import Case
from agent.loyalty.judging.evaluate import evaluate, postings_of
from agent.loyalty.judging.referral import account_start, bought_by_friend, brought, code_of, may_refer
from agent.loyalty.programme import Programme
from agent.loyalty.reversal import RecordedSale, reverse
from agent.loyalty.sale import Effect, Holder, Judgement, Lot, Measure, Missed, Moment, Reason, Sale, Status
from tests.loyalty.shops import GOLD, NOW, POINTS, holding, line, member, moves, programme

ACCOUNT = "c3mobyiptk6arv4f"
FRIEND = Holder("m", Status.REGULAR)


def referral(*, on: str = "first-purchase", more: str = "", names: str = "bring") -> str:
    return f'[[referrals]]\nid = "{names}"\nlabel = "Friends"\nunit = "points"\non = "{on}"\n' + (
        more or "referrer = 500\nfriend = 200\n"
    )


def shop(*tables: str) -> Programme:
    return programme(POINTS, *tables)


def signed_up(rules: Programme, referrer: Holder | None = None) -> list[Effect | Missed]:
    return list(brought(rules, FRIEND, referrer or Holder("r", Status.REGULAR), NOW, lot="up"))


def friend(rules: Programme) -> Holder:
    """A member whom `r` has brought."""
    held: dict[str, tuple[Lot, ...]] = {}
    for effect in signed_up(rules):
        if isinstance(effect, Effect) and effect.amount and effect.account is None:
            held[effect.unit] = (Lot(effect.lot, effect.amount),)
    return Holder("m", Status.REGULAR, held)


def buy(rules: Programme, who: Holder, amount: int = 1000) -> Judgement:
    return evaluate(rules, who, Sale((line(amount),)), NOW, lot="new")


def brought_so_far(friends: dict[str, int]) -> Holder:
    return Holder("m", Status.REGULAR, {"bring.friends": tuple(Lot(year, n) for year, n in friends.items())})


def given(effects: object) -> dict[str | None, int]:
    """What each account got in points, by the reasons of referrals."""
    assert isinstance(effects, tuple | list)
    return {
        effect.account: effect.amount
        for effect in effects
        if isinstance(effect, Effect) and effect.reason.code.startswith("referral_")
    }


def test_a_sign_up_brings_both_at_once() -> None:
    verdicts = signed_up(shop(referral(on="sign-up")))

    assert given(verdicts) == {None: 200, "r": 500}
    postings = tuple(postings_of("m", [one for one in verdicts if isinstance(one, Effect)]))
    assert moves(postings) == {("points", "up"): 200}
    assert ("account:r", 500) in {(posting.account, posting.amount) for posting in postings}


def test_a_first_purchase_brings_both_and_a_second_one_nobody_anything() -> None:
    rules = shop(referral())
    first = buy(rules, friend(rules))
    used = Holder("m", Status.REGULAR, {"bring.by": (Lot("r", 1),), "bring.count": (Lot("r", 1),)})

    assert given(first.effects) == {None: 200, "r": 500}
    assert moves(first.postings)["points", "new"] == 210
    again = buy(rules, used)
    assert given(again.effects) == {}
    assert ("bring", "referral_done") in {(missed.rule, missed.reason.code) for missed in again.missed}


def test_every_purchase_brings_something_as_often_as_the_rule_says() -> None:
    rules = shop(referral(on="every-purchase", more="times = 2\nreferrer = 10\n"))
    who = friend(rules)

    for count, expected in ((0, {"r": 10}), (1, {"r": 10}), (2, {})):
        so_far = Holder("m", Status.REGULAR, {**who.lots, "bring.count": (Lot("r", count),)})
        assert given(buy(rules, so_far).effects) == expected


def test_who_was_brought_by_nobody_is_told_so() -> None:
    assert [missed.reason.code for missed in buy(shop(referral()), FRIEND).missed] == ["only_referred"]


def test_a_purchase_of_nothing_is_no_first_purchase() -> None:
    rules = shop(referral())

    assert given(buy(rules, friend(rules), amount=0).effects) == {}


def test_conditions_ask_about_the_friends_purchase() -> None:
    rules = shop(referral(more='referrer = 500\nmin_amount = "20.00"\n'))

    assert given(buy(rules, friend(rules), amount=1999).effects) == {}
    assert given(buy(rules, friend(rules), amount=2000).effects) == {"r": 500}


@pytest.mark.parametrize(
    ("more", "referrer", "holds"),
    [
        ('referrer = 5\nreferrer_tiers = ["gold"]\n', member(spend=60_000), False),  # not in a lot of this year
        ('referrer = 5\nreferrer_tiers = ["gold"]\n', member(spend={"2024": 60_000}), True),
        ("referrer = 5\nreferrer_holds = 100\n", member(points=99), False),
        ("referrer = 5\nreferrer_holds = 100\n", member(points=100), True),
        ("referrer = 5\nfriends_a_year = 2\n", brought_so_far({"2024": 2}), False),
        ("referrer = 5\nfriends_a_year = 2\n", brought_so_far({"2024": 1, "2023": 9}), True),
        ("referrer = 5\n", member(Status.PROVISIONAL), False),
        ("referrer = 5\n", member(Status.BLOCKED), False),
    ],
)
def test_only_those_the_rule_is_for_bring_friends(more: str, referrer: Holder, *, holds: bool) -> None:
    rules = shop(GOLD, referral(more=more))

    assert may_refer(rules, referrer, NOW) is holds
    if referrer.status is Status.REGULAR:
        registered = [one.unit for one in signed_up(rules, referrer) if isinstance(one, Effect)]
        assert ("bring.by" in registered) is holds


def test_a_friend_counts_once_for_the_year_of_who_brings_him() -> None:
    rules = shop(referral(more="referrer = 5\nfriends_a_year = 2\n"))

    (counted,) = [one for one in signed_up(rules) if isinstance(one, Effect) and one.unit == "bring.friends"]
    assert (counted.account, counted.lot, counted.amount) == ("r", "2024", 1)


def test_goods_that_come_back_take_both_bonuses_with_them_in_part() -> None:
    rules = shop(referral())
    judged = evaluate(rules, friend(rules), Sale((line(1000), line(3000))), NOW, lot="new")
    sold = RecordedSale("S", "m", (line(1000), line(3000)), judged.effects, (), {})

    part = reverse(sold, {0: 1000})
    whole = reverse(sold, {0: 1000, 1: 1000})

    lost = {(p.unit, p.account): p.amount for p in part.postings if p.lot == "new"}
    assert lost["points", "account:r"] == -125
    assert [reason.numbers["units"] for reason in part.reasons if reason.code == "reversed"] == [10, 50]
    assert "bring.count" not in {p.unit for p in part.postings}  # nobody has a first purchase twice
    assert {p.amount for p in whole.postings if p.account == "account:r"} == {-500}
    assert {p.amount for p in whole.postings if p.unit == "bring.count" and p.lot} == {-1}


def test_after_the_last_day_of_earning_nobody_brings_anybody() -> None:
    ended = '[closing]\nnotice = "2024-01-01"\nlast_earn = "2024-04-01"\nlast_spend = "2024-12-31"\n'
    rules = shop(referral(), referral(on="sign-up", names="up"), ended)

    assert not may_refer(rules, Holder("r", Status.REGULAR), NOW)
    assert {one.reason.code for one in signed_up(rules)} == {"earning_ended"}
    assert given(buy(rules, Holder("m", Status.REGULAR, {"bring.by": (Lot("r", 1),)})).effects) == {}


def test_a_code_leads_to_the_beginning_of_its_account() -> None:
    assert code_of(ACCOUNT) == "C3MO-BYIPO"
    assert account_start(code_of(ACCOUNT)) == ACCOUNT[:8]
    assert account_start(" c3m0byip 0") == ACCOUNT[:8]  # a nought is read as the letter, for there is no nought


def test_almost_every_slip_of_the_pen_is_noticed() -> None:
    code = code_of(ACCOUNT)
    wrong = [
        code[:at] + other + code[at + 1 :] for at in range(len(code)) for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    ]
    passed = 0
    for typed in wrong:
        try:
            passed += account_start(typed) != ACCOUNT[:8]
        except InvalidError as refused:
            assert "no code of a member" in str(refused)  # noqa: PT017 - most are refused, a few are not
    assert passed <= len(wrong) // 16


@pytest.mark.parametrize("typed", ["", "C3MO", "C3MO-BYIPAA", "ăăăă-ăăăăa", "x" * 100])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(InvalidError, match="is no code of a member"):
        account_start(typed)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (referral(more=" "), "neither 'referrer' nor 'friend' gets anything"),
        (referral(on="sign-up", more='friend = 1\nmin_amount = "1.00"\n'), "a sign-up buys nothing"),
        (referral(on="sign-up", more='friend = 1\ncategories = ["tea"]\n'), "a sign-up buys nothing"),
        (referral(on="every-purchase"), "key 'times' is missing"),
        (referral(more="friend = 1\ntimes = 2\n"), "unknown key 'times'"),
        (referral(more='friend = 1\nreferrer_tiers = ["gold"]\n'), "referrer_tiers names 'gold', which is not"),
        (referral().replace("points", "miles"), "unit names 'miles', which is not in the programme"),
        (referral(on="birthday"), "on = 'birthday' must be one of sign-up, first-purchase, every-purchase"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(table: str, message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        shop(table)


def test_a_sign_up_rule_says_nothing_at_a_sale() -> None:
    rules = shop(referral(on="sign-up"))
    case = Case.of(rules, FRIEND, Sale((line(100),)), NOW, lot="new")

    assert list(bought_by_friend(case, rules.referrals[0])) == []


def _given(what: str, points: int, *, lot: str, lines: tuple[int, ...], measure: Measure) -> Effect:
    whose = "r" if what == "referrer" else None
    reason = Reason(f"referral_{what}", {"label": "Friends", "points": points})
    return Effect("bring", "points", points, lot, lines, measure, reason, "2025-05-01", whose)


LASTING = POINTS.replace('label = "points"', 'label = "points"\nexpires = "1 year"')
COUNTED = Reason("counted")


def test_a_sign_up_gives_points_that_expire_and_counts_the_friend_of_the_year() -> None:
    rules = programme(LASTING, referral(on="sign-up", more="referrer = 500\nfriend = 200\nfriends_a_year = 3\n"))

    assert signed_up(rules) == [
        Effect("bring", "bring.friends", 1, "2024", (), Measure.SALE, COUNTED, account="r"),
        _given("friend", 200, lot="up", lines=(), measure=Measure.SALE),
        _given("referrer", 500, lot="up", lines=(), measure=Measure.SALE),
    ]


def test_who_was_brought_is_noted_by_who_brought_him_until_he_buys() -> None:
    rules = programme(LASTING, referral())
    brought_by = Effect("bring", "bring.by", 1, "r", (), Measure.SALE, COUNTED)

    assert signed_up(rules) == [brought_by]
    bought = [effect for effect in buy(rules, friend(rules)).effects if effect.rule == "bring"]
    assert bought == [
        _given("friend", 200, lot="new", lines=(0,), measure=Measure.AMOUNT),
        _given("referrer", 500, lot="new", lines=(0,), measure=Measure.AMOUNT),
        Effect("bring", "bring.count", 1, "r", (0,), Measure.SALE, COUNTED),
    ]


@pytest.mark.parametrize(
    ("more", "referrer", "missing"),
    [
        ('referrer_tiers = ["gold"]', holding({"points": {"a": 5}}), Reason("only_tiers", {"tiers": "Gold"})),
        (
            "referrer_holds = 100",
            holding({"points": {"a": 40, "b": 30}}),
            Reason("referrer_holds", {"units": 100, "label": "points", "more": 30}),
        ),
        (
            "friends_a_year = 2",
            holding({"bring.friends": {"2024": 2}}),
            Reason("friends_reached", {"label": "Friends", "times": 2}),
        ),
        ('weekdays = ["mon"]', holding({}), Reason("only_weekdays", {"weekdays": "mon"})),
        ("first_sale = true", holding({"visits": {"2024-01-01": 1}}), None),  # it is the friend's that is asked
    ],
)
def test_why_a_sign_up_brings_nothing_is_said_and_the_next_rule_is_judged(
    more: str, referrer: Holder, missing: Reason | None
) -> None:
    silver = GOLD.replace("gold", "silver").replace("Gold", "Silver").replace("500.00", "100.00")
    first = referral(on="sign-up", more=f"referrer = 5\n{more}\n")
    rules = shop(first, referral(on="sign-up", more="referrer = 7\n", names="again"), silver, GOLD)

    verdicts = signed_up(rules, referrer)

    missed = [] if missing is None else [Missed("bring", missing)]
    assert [one for one in verdicts if isinstance(one, Missed)] == missed
    assert [one.amount for one in verdicts if isinstance(one, Effect) and one.reason.code == "referral_referrer"] == (
        [7] if missed else [5, 7]
    )


def test_a_purchase_that_is_not_the_first_says_how_often_it_counts() -> None:
    rules = shop(referral(on="every-purchase", more='times = 2\nreferrer = 10\ncategories = ["tea"]\n'))
    done = holding({"bring.by": {"r": 1}, "bring.count": {"r": 2}})

    assert buy(rules, done).missed == (Missed("bring", Reason("referral_done", {"label": "Friends", "times": 2})),)
    assert buy(rules, friend(rules)).missed == (Missed("bring", Reason("no_such_article")),)
    assert buy(rules, holding({"bring.by": {"x": -1, "r": 0}})).missed == (Missed("bring", Reason("only_referred")),)


def test_a_code_that_was_misread_is_shown_by_how_it_begins() -> None:
    with pytest.raises(InvalidError, match=rf"^'{'x' * 20}' is no code of a member$") as caught:
        account_start("x" * 21)

    assert caught.value.hint == "read the code on the friend's slip again"
    with pytest.raises(InvalidError):
        account_start("\u00e9" * 8 + code_of("\u00e9" * 8)[-1])


def test_when_earning_has_ended_a_sign_up_says_so() -> None:
    ended = '[closing]\nnotice = "2024-01-01"\nlast_earn = "2024-04-01"\nlast_spend = "2024-12-31"\n'
    (missed,) = brought(shop(referral(), ended), FRIEND, Holder("r", Status.REGULAR), Moment(NOW.day, True), lot="up")

    assert isinstance(missed, Missed)
    assert (missed.rule, missed.reason.code) == ("bring", "earning_ended")
