"""Programmes, members and sales for the tests of the programme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from agent.journal.entry import MEMBER_PREFIX, Posting
from agent.loyalty.programme import Programme, load
from agent.loyalty.sale import Effect, Holder, Judgement, Line, Lot, Moment, Status

PROGRAMMES = Path(__file__).parents[2] / "config" / "programmes"
NOW = Moment("2024-05-01", confirmed=True)
UNSURE = Moment("2024-05-01", confirmed=False)

HEAD = """
name = "Test shop"
currency = "EUR"
[[cards]]
prefix = "9250"
length = 12
"""
UNIT = """
[[units]]
id = "points"
label = "points"
"""
EARN = """
[[earn]]
id = "earning"
unit = "points"
give = 1
per = "1.00"
exclude = ["gift-card"]
"""
POINTS = UNIT + EARN
COFFEE = """
[[punch_cards]]
id = "coffee"
label = "Coffee card"
categories = ["coffee"]
punches = 9
value_max = "4.50"
"""
MONEY = """
[[rewards]]
id = "money"
label = "5.00 off"
unit = "points"
units = 100
value = "5.00"
part = true
"""
GOLD = """
[[tiers]]
id = "gold"
label = "Gold"
from = "500.00"
percent = 150
"""


OPEN = """
[without_card]
spend = "open"
"""


def programme(*parts: str) -> Programme:
    """A programme of HEAD and the given tables, which asks for no proof unless they say what is asked."""
    asked = "[without_card]" in "".join(parts)
    return load("".join((HEAD, *parts, "" if asked else OPEN)).encode())


def shipped(name: str) -> Programme:
    """One of the programmes in config/programmes."""
    return load((PROGRAMMES / f"{name}.toml").read_bytes())


def member(status: Status = Status.REGULAR, **lots: int | dict[str, int]) -> Holder:
    """Account `m` that holds `unit=amount` in one lot, or `unit={lot: amount}`."""
    held = {unit: {"old": amount} if isinstance(amount, int) else amount for unit, amount in lots.items()}
    return Holder("m", status, {unit: tuple(Lot(lot, n) for lot, n in of.items()) for unit, of in held.items()})


def holding(lots: Mapping[str, Mapping[str, int]]) -> Holder:
    """Account `m` that holds `lots`: unit -> lot -> amount."""
    return Holder("m", Status.REGULAR, {unit: tuple(Lot(lot, n) for lot, n in of.items()) for unit, of in lots.items()})


def line(amount: int, category: str | None = None, *, pieces: int = 1, tax: int = 0) -> Line:
    """A line of `pieces` whole pieces."""
    return Line("article", pieces * 1000, amount, category, tax)


def by_reason(judgement: Judgement) -> dict[str, Effect]:
    """The effects of a judgement by the code of their reason; each code once."""
    found = {effect.reason.code: effect for effect in judgement.effects}
    assert len(found) == len(judgement.effects)
    return found


def moves(postings: Iterable[Posting]) -> dict[tuple[str, str], int]:
    """What postings add to the member's lots: (unit, lot) -> amount, zeros left out."""
    sums: Counter[tuple[str, str]] = Counter()
    for posting in postings:
        if posting.account == MEMBER_PREFIX + "m" and posting.lot is not None:
            sums[posting.unit, posting.lot] += posting.amount
    return {key: amount for key, amount in sums.items() if amount}
