"""What every rule may be limited by: the lines it counts, and when and for whom it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agent.errors import ProgrammeError
from agent.loyalty.programme.table import Table
from agent.loyalty.sale import Line

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Birthday(StrEnum):
    """How near the birthday has to be."""

    DAY = "day"
    WEEK = "week"  # three days before to three days after
    MONTH = "month"  # the month of the birthday


@dataclass(frozen=True, slots=True)
class Scope:
    """Which lines count: those of any of the named categories, brands and articles, but none of the excluded ones.

    Without a name of either kind every line counts.
    """

    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    articles: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()  # categories
    exclude_brands: frozenset[str] = frozenset()
    exclude_articles: frozenset[str] = frozenset()

    named: tuple[tuple[str, frozenset[str]], ...] = field(init=False, repr=False, compare=False)
    excluded: tuple[tuple[str, frozenset[str]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out what is named and what is excluded by the field of a line, once for all sales."""
        named = (("category", self.categories), ("brand", self.brands), ("article", self.articles))
        out = (("category", self.exclude), ("brand", self.exclude_brands), ("article", self.exclude_articles))
        object.__setattr__(self, "named", tuple(pair for pair in named if pair[1]))
        object.__setattr__(self, "excluded", tuple(pair for pair in out if pair[1]))

    @property
    def names_lines(self) -> bool:
        """True if it says which lines count, not only which do not."""
        return bool(self.named)

    def counts(self, line: Line) -> bool:
        """Say whether a line counts."""
        if any(getattr(line, kind) in names for kind, names in self.excluded):
            return False
        return not self.named or any(getattr(line, kind) in names for kind, names in self.named)


@dataclass(frozen=True, slots=True)
class When:
    """When and for whom a rule holds; what is empty or None does not limit it.

    `hours` may pass midnight ("22:00-02:00"); the end is not part of it. `minimum` is what the counted lines must
    cost (minor units), `pieces` how many whole pieces they must be. `asks_the_time`: it depends on the clock, so it
    holds only while headquarters confirms the clock. `always`: nothing limits the rule.
    """

    weekdays: tuple[str, ...] = ()
    hours: tuple[str, str] | None = None
    first_day: str | None = None
    last_day: str | None = None
    tiers: tuple[str, ...] = ()
    memberships: tuple[str, ...] = ()
    birthday: Birthday | None = None
    first_sale: bool = False
    minimum: int = 0
    pieces: int = 0

    asks_the_time: bool = field(init=False, compare=False)
    always: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Work out once for all sales whether it asks the time, and whether it limits anything at all."""
        asks = bool(self.weekdays or self.hours or self.first_day or self.last_day or self.birthday)
        others = self.tiers or self.memberships or self.first_sale or self.minimum or self.pieces
        object.__setattr__(self, "asks_the_time", asks)
        object.__setattr__(self, "always", not asks and not others)


def read_scope(table: Table) -> Scope:
    """Take the keys of a scope out of a rule's table."""
    return Scope(
        categories=table.names("categories"),
        brands=table.names("brands"),
        articles=table.names("articles"),
        exclude=table.names("exclude"),
        exclude_brands=table.names("exclude_brands"),
        exclude_articles=table.names("exclude_articles"),
    )


def read_when(table: Table) -> When:
    """Take the keys of the conditions out of a rule's table."""
    when = When(
        weekdays=table.choices("weekdays", WEEKDAYS),
        hours=table.hours("hours"),
        first_day=table.day("from"),
        last_day=table.day("until"),
        tiers=table.ids("tiers"),
        memberships=table.ids("memberships"),
        birthday=table.choice("birthday", Birthday) if "birthday" in table else None,
        first_sale=table.flag("first_sale", default=False),
        minimum=table.money("min_amount", 0),
        pieces=table.whole("min_pieces", 1, 10_000, 0),
    )
    if when.first_day and when.last_day and when.last_day < when.first_day:
        raise ProgrammeError(f"{table.name}: until = {when.last_day!r} is before from = {when.first_day!r}")
    return when
