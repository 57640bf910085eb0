"""What is counted: money of sales, moves of units, openings of the drawer. Totals of two periods add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field
from typing import Any, Self, TypeVar


@dataclass(frozen=True, slots=True)
class Takings:
    """Money of one currency (minor units).

    `gross` is what the goods cost before `discounts`, gift cards left out; `cards_sold` what was paid for those: money
    that is owed, no turnover. `redeemed` is what rewards, vouchers and gift cards paid, so that
    due = gross - discounts + cards_sold - redeemed. `refunded` was given back for goods and `cards_back` for gift
    cards; `credited` of both was given as credit, not as money.
    """

    sales: int = 0
    gross: int = 0
    discounts: int = 0
    cards_sold: int = 0
    redeemed: int = 0
    due: int = 0
    refunds: int = 0
    refunded: int = 0
    cards_back: int = 0
    credited: int = 0

    @property
    def turnover(self) -> int:
        """What goods were sold for, discounts and goods that came back taken off; rewards are a way to pay here."""
        return self.gross - self.discounts - self.refunded

    @property
    def money(self) -> int:
        """What customers paid, less what they were given back, in money."""
        return self.due - (self.refunded + self.cards_back - self.credited)

    def __add__(self, other: Takings) -> Takings:
        """Both together."""
        return Takings(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Moves:
    """Units that came and went: points, punches, vouchers by number, gift cards and credit in minor units.

    `reversed` was taken back with returned goods, `returned` given back of what was `redeemed`; `adjusted` is above 0
    where members gained. `value` is what the redeemed were worth towards sales (minor units).
    """

    issued: int = 0
    reversed: int = 0
    redeemed: int = 0
    returned: int = 0
    expired: int = 0
    adjusted: int = 0
    value: int = 0

    def __add__(self, other: Moves) -> Moves:
        """Both together."""
        return Moves(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def left(self) -> int:
        """By how much more is outstanding afterwards."""
        return self.issued - self.reversed - self.redeemed + self.returned - self.expired + self.adjusted


_Part = TypeVar("_Part", Takings, Moves)


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything of a period, or of all periods so far.

    `takings` by currency; `units`, `vouchers` and `cards` (gift cards and credit) by unit, each apart from the others;
    `drawer` says how often it was opened, by reason. `unconfirmed` of the `entries` bear a clock nobody confirmed.
    """

    takings: Mapping[str, Takings] = field(default_factory=dict)
    units: Mapping[str, Moves] = field(default_factory=dict)
    vouchers: Mapping[str, Moves] = field(default_factory=dict)
    cards: Mapping[str, Moves] = field(default_factory=dict)
    drawer: Mapping[str, int] = field(default_factory=dict)
    entries: int = 0
    unconfirmed: int = 0

    def __add__(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(
            takings=_both(self.takings, other.takings, Takings()),
            units=_both(self.units, other.units, Moves()),
            vouchers=_both(self.vouchers, other.vouchers, Moves()),
            cards=_both(self.cards, other.cards, Moves()),
            drawer={key: self.drawer.get(key, 0) + other.drawer.get(key, 0) for key in {**self.drawer, **other.drawer}},
            entries=self.entries + other.entries,
            unconfirmed=self.unconfirmed + other.unconfirmed,
        )

    def to_map(self) -> dict[str, Any]:
        """Return the totals as they stand in an entry."""
        return asdict(self)

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Self:
        """Read totals from an entry."""
        return cls(
            takings={currency: Takings(**counted) for currency, counted in value["takings"].items()},
            units=_moves(value["units"]),
            vouchers=_moves(value["vouchers"]),
            cards=_moves(value["cards"]),
            drawer=value["drawer"],
            entries=value["entries"],
            unconfirmed=value["unconfirmed"],
        )


def _moves(value: Mapping[str, Mapping[str, int]]) -> dict[str, Moves]:
    return {unit: Moves(**counted) for unit, counted in value.items()}


def _both(one: Mapping[str, _Part], other: Mapping[str, _Part], nothing: _Part) -> dict[str, _Part]:
    return {key: one.get(key, nothing) + other.get(key, nothing) for key in {**one, **other}}
