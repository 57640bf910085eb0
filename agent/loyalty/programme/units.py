"""Units: what a member can have a number of, and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.errors import ProgrammeError
from agent.loyalty.calendar import Period, Span
from agent.loyalty.programme.table import Table

# Counters: what the rules have to remember about a member. They are units like others, in lots named after a period,
# but nobody is shown them and nothing can be had for them. A rule's own counter is `<rule id>.count`.
QUALIFYING: Final = "spend"  # what counts for tiers; a lot for every period
VISITS: Final = "visits"  # a lot for every day on which the member bought something
DRAWS: Final = "draws"  # what a till drew in its games; a lot for every day
RESERVED: Final = frozenset({QUALIFYING, VISITS, DRAWS})
NOTICE_DAYS_MAX: Final = 366
_ROUNDED: Final = tuple(str(p) for p in Period if p is not Period.DAY and p is not Period.WEEK)


class MoneyPolicy(StrEnum):
    """Where a unit of money may be spent besides the shop that issued it."""

    ONLINE = "online"  # wherever headquarters agrees
    SHOP = "shop"  # nowhere


class SpendPolicy(StrEnum):
    """How units are kept from being spent at two tills."""

    ONLINE = "online"  # headquarters is asked; without a line only what was earned here and it has not seen
    OPEN = "open"  # what the till knows; what was spent twice becomes a recorded debt


_OF_RIGHTS: Final = ("escrow", "capped")  # policies that need rights, which no till can hold yet


@dataclass(frozen=True, slots=True)
class Unit:
    """Points, stars, miles ...: `label` is what people call them.

    What is earned waits for `pending` before it can be spent, and its last day is `expires` later, at the end of the
    `rounded` period that day is in; after `inactive` without a purchase all of it goes. `notices`: so many days before
    units go their owner is told. `money`: it counts minor units
    of the currency (gift cards, store credit), spent where `policy` says; what it pays for earns if `earns`. `spend`:
    what a till has to know before it spends units that are no money.
    """

    id: str
    label: str
    pending: Span | None = None
    expires: Span | None = None
    rounded: Period | None = None
    inactive: Span | None = None
    notices: tuple[int, ...] = ()
    money: bool = False
    policy: MoneyPolicy = MoneyPolicy.ONLINE
    earns: bool = False
    spend: SpendPolicy = SpendPolicy.ONLINE

    @property
    def asks(self) -> bool:
        """Whether headquarters is asked before units are spent."""
        return self.policy is MoneyPolicy.ONLINE if self.money else self.spend is SpendPolicy.ONLINE

    def last_day(self, earned: str) -> str | None:
        """Return the last day of what was earned on a day; None if it lasts for ever."""
        if self.expires is None:
            return None
        day = self.expires.after(earned)
        return day if self.rounded is None else self.rounded.last_day(self.rounded.of(day))


def counter_of(rule: str) -> str:
    """Return the unit in which a rule counts for itself."""
    return f"{rule}.count"


def given_of(rule: str) -> str:
    """Return the unit in which a rule counts how often it gave what it gives."""
    return f"{rule}.given"


def expired_of(unit: str) -> str:
    """Return the unit that remembers how much of each lot of `unit` has gone by time."""
    return f"{unit}.expired"


def is_counter(unit: str) -> bool:
    """Say whether a unit is a counter, which nobody is shown."""
    return unit in RESERVED or "." in unit


def read_spend(table: Table) -> SpendPolicy:
    """Read `spend` of a unit or a punch card."""
    said = table.text("spend", r"[a-z]+", str(SpendPolicy.ONLINE))
    if said not in list(SpendPolicy):
        needs = f" ({said!r} needs rights, which this version does not have)" if said in _OF_RIGHTS else ""
        raise table.refuse("spend", said, f"one of {', '.join(SpendPolicy)}{needs}")
    return SpendPolicy(said)


def read_unit(table: Table) -> Unit:
    """Read one of [[units]]."""
    money = table.flag("money", default=False)
    unit = Unit(
        id=table.id(),
        label=table.label(),
        pending=table.span("pending"),
        expires=table.span("expires"),
        rounded=table.choice("rounded", Period) if "rounded" in table else None,
        inactive=table.span("inactive"),
        notices=table.wholes("notices", 1, NOTICE_DAYS_MAX),
        money=money,
        policy=table.choice("policy", MoneyPolicy, MoneyPolicy.ONLINE) if money else MoneyPolicy.ONLINE,
        earns=table.flag("earns", default=False) if money else False,
        spend=SpendPolicy.ONLINE if money else read_spend(table),
    )
    if unit.rounded is not None and unit.expires is None:
        raise ProgrammeError(f"{table.name}: rounded says where 'expires' ends, and there is no 'expires'")
    if unit.rounded is not None and unit.rounded not in _ROUNDED:
        raise table.refuse("rounded", str(unit.rounded), f"one of {', '.join(_ROUNDED)}")
    if unit.notices and unit.expires is None and unit.inactive is None:
        raise ProgrammeError(f"{table.name}: notices says when members are told, and nothing of it ever goes")
    if unit.money and unit.inactive is not None:
        raise ProgrammeError(f"{table.name}: inactive would take money that was paid in; use 'expires' if you must")
    if unit.id in RESERVED:
        raise ProgrammeError(f"{table.name}: id {unit.id!r} is a name the programme's own counters have")
    table.done()
    return unit
