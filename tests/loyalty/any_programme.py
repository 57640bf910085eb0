"""Strategies for Hypothesis: any programme, any member, any sale, any moment."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from agent.loyalty.programme import Programme, load
from agent.loyalty.sale import Draws, Holder, Line, Lot, Moment, Redeemed, Sale, Status

CATEGORIES = ("coffee", "cake", "gift-card")
BRANDS = ("acme", "zenith")
ARTICLES = ("a1", "a2", "CLUB")
TENDERS = ("cash", "card", "voucher")
DAYS = ("2023-12-31", "2024-01-01", "2024-02-29", "2024-05-01", "2024-06-30", "2025-01-01")

_money = st.integers(50, 5000).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
_some = st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True)
_scope = st.fixed_dictionaries(
    {},
    optional={
        "categories": _some,
        "exclude": _some,
        "brands": st.lists(st.sampled_from(BRANDS), max_size=1),
        "articles": st.lists(st.sampled_from(ARTICLES), max_size=2, unique=True),
    },
)
_when = st.fixed_dictionaries(
    {},
    optional={
        "weekdays": st.lists(st.sampled_from(("mon", "wed", "sat")), min_size=1, max_size=2, unique=True),
        "hours": st.sampled_from(("08:00-12:00", "22:00-02:00")),
        "from": st.sampled_from(DAYS[:2]),
        "until": st.sampled_from(DAYS[2:]),
        "tiers": st.just(["gold"]),
        "memberships": st.just(["club"]),
        "birthday": st.sampled_from(("day", "week", "month")),
        "first_sale": st.just(value=True),
        "min_amount": _money,
        "min_pieces": st.integers(1, 4),
    },
)
# What splits a basket to its owner's gain: the linter says so of a programme, and the test of splitting leaves it out.
_SPLITTING = ("tiers", "memberships", "first_sale", "min_amount", "min_pieces")

_by = st.one_of(
    st.fixed_dictionaries({"by": st.just("amount"), "give": st.integers(1, 20), "per": _money}),
    st.fixed_dictionaries({"by": st.just("article"), "give": st.integers(1, 20)}),
    st.fixed_dictionaries({"by": st.just("visit"), "give": st.integers(1, 20)}),
)
_most = st.fixed_dictionaries(
    {}, optional={"sale": st.integers(1, 50), "day": st.integers(1, 99), "month": st.just(200)}
)


@st.composite
def programmes(draw: st.DrawFn, *, splittable: bool = False) -> Programme:
    """Return a programme of up to three rules a kind; `splittable`: without any that a split basket gains by."""

    def conditions() -> dict[str, Any]:
        when = draw(_when)
        return draw(_scope) | {k: v for k, v in when.items() if not splittable or k not in _SPLITTING}

    tables: dict[str, list[dict[str, Any]]] = {"cards": [{"prefix": "9", "length": 12}]}
    tables["units"] = [{"id": "points", "label": "points", **draw(_lasting)}, {"id": "stars", "label": "stars"}]
    tables["earn"] = [{"id": "first", "unit": "points", "by": "amount", "give": 1, "per": "1.00"}]
    for number in range(draw(st.integers(0, 2))):
        rule = draw(_by)
        if splittable and rule["by"] == "visit":
            continue
        most = draw(_most)
        if splittable:
            most.pop("sale", None)
        unit = draw(st.sampled_from(("points", "stars")))
        tables["earn"].append({"id": f"earn{number}", "unit": unit, "most": most, **rule, **conditions()})
    tables["multipliers"] = [
        {"id": f"times{number}", "label": "Times", "percent": draw(st.integers(101, 400)), **conditions()}
        for number in range(draw(st.integers(0, 2)))
    ]
    if draw(st.booleans()):
        tables["challenges"] = [_challenge(draw, conditions())]
    if draw(st.booleans()):
        tables["referrals"] = [_referral(draw, conditions())]
    tables["games"] = [
        _game(draw, f"game{number}", conditions()) for number in range(draw(st.sampled_from((0, 0, 1, 2))))
    ]
    tables["punch_cards"] = [_punch_card(draw, splittable=splittable)] if draw(st.booleans()) else []
    percent = 100 if splittable else draw(st.integers(100, 300))
    tables["tiers"] = [{"id": "gold", "label": "Gold", "from": "50.00", "percent": percent}]
    tables["memberships"] = [
        {"id": "club", "label": "Club", "article": "CLUB", "price": "9.00", "term": "1 year", "percent": percent}
    ]
    stack = draw(st.sampled_from(("best", "add")))
    return load(as_toml({"name": "Any", "currency": "EUR", "multipliers_stack": stack}, tables).encode())


_lasting = st.fixed_dictionaries(
    {}, optional={"pending": st.just("14 days"), "expires": st.sampled_from(("30 days", "24 months"))}
)


def _challenge(draw: st.DrawFn, conditions: dict[str, Any]) -> dict[str, Any]:
    counted = draw(st.sampled_from(("visits", "pieces", "amount")))
    goal = draw(_money) if counted == "amount" else draw(st.integers(2, 5))
    within = draw(st.sampled_from(("week", "month", "year")))
    return {
        "id": "dare",
        "label": "Dare",
        "unit": "stars",
        "give": draw(st.integers(1, 50)),
        "counted": counted,
        "goal": goal,
        "within": within,
        "times": draw(st.integers(1, 3)),
        **conditions,
    }


def _referral(draw: st.DrawFn, conditions: dict[str, Any]) -> dict[str, Any]:
    on = draw(st.sampled_from(("sign-up", "first-purchase", "every-purchase")))
    limits = {"times": draw(st.integers(1, 3))} if on == "every-purchase" else {}
    given = {"referrer": draw(st.integers(1, 500)), "friend": draw(st.integers(1, 500))}
    conditions = {} if on == "sign-up" else conditions
    return {"id": "bring", "label": "Bring", "unit": "points", "on": on, **limits, **given, **conditions}


def _game(draw: st.DrawFn, name: str, conditions: dict[str, Any]) -> dict[str, Any]:
    limits = draw(st.fixed_dictionaries({}, optional={"budget_a_day": st.just("9.00"), "plays_a_day": st.just(2)}))
    prizes = [
        {"id": f"prize{number}", "label": "Prize", "unit": "stars", "units": draw(st.integers(1, 9)), "cost": "1.00"}
        | draw(st.fixed_dictionaries({}, optional={"stock": st.integers(1, 3), "weight": st.integers(1, 9)}))
        for number in range(draw(st.integers(1, 2)))
    ]
    return {"id": name, "label": "Game", "odds": draw(st.integers(25, 100)), "prizes": prizes, **limits, **conditions}


def _punch_card(draw: st.DrawFn, *, splittable: bool) -> dict[str, Any]:
    card = {"id": "punch", "label": "Punch", "categories": ["coffee"], "punches": 9, "value_max": "4.50"}
    if not splittable:
        card |= draw(st.fixed_dictionaries({}, optional={"head_start": st.just(2), "by": st.just("visit")}))
    return card | draw(st.fixed_dictionaries({}, optional={"expires": st.just("6 months")}))


lines = st.builds(
    lambda article, quantity, amount, category, tax, brand: Line(
        article, quantity, amount, category, amount * tax // 100, brand
    ),
    st.sampled_from(ARTICLES),
    st.sampled_from((500, 1000, 2000, 3000)),
    st.integers(0, 6000),
    st.sampled_from((None, *CATEGORIES)),
    st.integers(0, 25),
    st.sampled_from((None, *BRANDS)),
)
baskets = st.lists(lines, min_size=1, max_size=5).map(tuple)
moments = st.builds(Moment, st.sampled_from(DAYS), st.booleans(), st.sampled_from(("00:30", "09:00", "23:59")))


some_draws = st.builds(
    lambda seed, made, given: Draws(
        "corner/1", DAYS[3], seed, made, {("game0.prize.prize0", "stock"): given, ("game0.cost", DAYS[3]): given * 100}
    ),
    st.none() | st.binary(min_size=32, max_size=32),
    st.integers(0, 9),
    st.integers(0, 9),
)


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    """Return a sale of which rewards and tenders pay any part."""
    basket = draw(baskets)
    total = sum(line.amount for line in basket)
    value = total * draw(st.integers(0, 100)) // 100
    redeemed = (Redeemed("r", "money", "points", 1, value),) if value and draw(st.booleans()) else ()
    tender = draw(st.sampled_from(TENDERS))
    return Sale(basket, redeemed, {tender: (total - value) // 2} if draw(st.booleans()) else {})


@st.composite
def members(draw: st.DrawFn) -> Holder:
    """Return a member with some past."""
    amount = st.integers(-5, 300)
    held = {
        "points": (Lot("a", draw(amount)), Lot("b+2024-05-02", draw(amount), "2024-12-31")),
        "spend": (Lot("2023", draw(st.integers(0, 9000))), Lot("2024", draw(st.integers(0, 9000)))),
        "visits": tuple(Lot(day, 1) for day in draw(st.lists(st.sampled_from(DAYS), max_size=2, unique=True))),
        "earn0.count": (Lot("2024-05-01", draw(st.integers(0, 99))),),
        "dare.count": (Lot("2024-05", draw(st.integers(0, 9000))), Lot("2024-W18", draw(st.integers(0, 5)))),
        "bring.by": (Lot("other", 1),) if draw(st.booleans()) else (),
        "bring.count": (Lot("other", draw(st.integers(0, 2))),),
        "club": (Lot("c", 1, draw(st.sampled_from(DAYS))),) if draw(st.booleans()) else (),
    }
    born = draw(st.sampled_from((None, "02-29", "05-03", "12-30")))
    return Holder("m", draw(st.sampled_from(Status)), held, born)


def as_toml(top: dict[str, Any], tables: dict[str, list[dict[str, Any]]]) -> str:
    """Write plain values as TOML."""
    text = "".join(f"{key} = {_value(value)}\n" for key, value in top.items())
    for name, rows in tables.items():
        for row in rows:
            text += f"[[{name}]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in row.items())
    return text


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return f'"{value}"'
        case list():
            return "[" + ", ".join(_value(item) for item in value) + "]"
        case dict():
            return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    raise AssertionError(value)
