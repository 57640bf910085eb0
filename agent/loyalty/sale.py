"""What the programme is shown: a sale, a member, a moment; and what it answers: effects with their reasons.

Money is in minor units of the programme's currency, quantities in thousandths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agent.errors import InvalidError
from agent.journal.entry import INTEGER_MAX, Posting

LINES_MAX = 2000
MONEY_MAX = 10**11  # minor units in a line: a thousand million of most currencies; sums of LINES_MAX stay exact
QUANTITY_MAX = 10**9  # thousandths in a line: a million pieces

assert LINES_MAX * MONEY_MAX < INTEGER_MAX


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sale: `amount` is what the whole line costs, tax included; `tax` the tax in it."""

    article: str
    quantity: int
    amount: int
    category: str | None = None
    tax: int = 0

    def __post_init__(self) -> None:
        """Refuse what no till can mean; raises InvalidError naming value and limit."""
        if not (self.article.isascii() and self.article.isprintable() and 1 <= len(self.article) <= 40):
            raise InvalidError(f"article {self.article[:80]!r} must be 1 to 40 printable ASCII characters")
        name = self.category
        if name is not None and not (name.isascii() and name.isprintable() and 1 <= len(name) <= 40):
            raise InvalidError(f"category {name[:80]!r} must be 1 to 40 printable ASCII characters")
        _check("quantity", self.quantity, 1, QUANTITY_MAX, self.article)
        _check("amount", self.amount, 0, MONEY_MAX, self.article)
        _check("tax", self.tax, 0, self.amount, self.article)


def _check(name: str, value: int, low: int, high: int, article: str) -> None:
    if type(value) is not int or not low <= value <= high:
        raise InvalidError(f"{name} {value!r} of article {article!r} must be a whole number from {low} to {high}")


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A redemption that pays part of a sale: `units` of `unit` were worth `value`; `free` says an article was given."""

    op: str
    reward: str
    unit: str
    units: int
    value: int
    free: bool = False


@dataclass(frozen=True, slots=True)
class Sale:
    """What is bought, and the redemptions that pay part of it."""

    lines: tuple[Line, ...]
    redeemed: tuple[Redeemed, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an empty or endless sale, and redemptions worth more than the sale; raises InvalidError."""
        if not 1 <= len(self.lines) <= LINES_MAX:
            raise InvalidError(f"a sale has 1 to {LINES_MAX} lines, this one has {len(self.lines)}")
        if self.value_redeemed > self.total:
            raise InvalidError(f"redemptions worth {self.value_redeemed} are more than the sale of {self.total}")

    @property
    def total(self) -> int:
        """What the lines cost."""
        return sum(line.amount for line in self.lines)

    @property
    def value_redeemed(self) -> int:
        """What the redemptions are worth."""
        return sum(redeemed.value for redeemed in self.redeemed)


@dataclass(frozen=True, slots=True)
class Lot:
    """Units had at one time: `amount` is what is left of them (below zero: a debt), `expires` their last day."""

    lot: str
    amount: int
    expires: str | None = None


class Status(StrEnum):
    """What an account may do: a provisional one earns and spends nothing, a blocked one does neither."""

    PROVISIONAL = "provisional"
    REGULAR = "regular"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Holder:
    """A member's account as the till knows it: its status and its lots per unit."""

    account: str
    status: Status
    lots: Mapping[str, tuple[Lot, ...]] = field(default_factory=dict)

    def balance(self, unit: str) -> int:
        """Return the sum of the account's lots of `unit`; below zero it is a debt."""
        return sum(lot.amount for lot in self.lots.get(unit, ()))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code that screen, slip and headquarters have a sentence for, and the numbers in it."""

    code: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)


class Measure(StrEnum):
    """What of a line an effect was counted by; a refund takes back by the same measure."""

    AMOUNT = "amount"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule does to a member: `amount` of `unit` into `lot`, counted by `measure` over `lines` (indices).

    An effect of amount 0 changes nothing and is there for its reason.
    """

    rule: str
    unit: str
    amount: int
    lot: str
    lines: tuple[int, ...]
    measure: Measure
    reason: Reason

    def to_map(self) -> dict[str, Any]:
        """Return the effect as it stands in an entry."""
        return {
            "amount": self.amount,
            "lines": list(self.lines),
            "lot": self.lot,
            "measure": str(self.measure),
            "reason": {"code": self.reason.code, "numbers": dict(self.reason.numbers)},
            "rule": self.rule,
            "unit": self.unit,
        }

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Effect:
        """Read an effect from an entry."""
        reason = Reason(value["reason"]["code"], value["reason"]["numbers"])
        lines, measure = tuple(value["lines"]), Measure(value["measure"])
        return cls(value["rule"], value["unit"], value["amount"], value["lot"], lines, measure, reason)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a sale happens: the shop's business day, and whether headquarters has confirmed the clock behind it."""

    day: str
    confirmed: bool

    @property
    def year(self) -> str:
        """The calendar year, four digits."""
        return self.day[:4]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a programme says to a sale: every effect with its reason, and the postings they make."""

    effects: tuple[Effect, ...]
    postings: tuple[Posting, ...]
    tier_before: str | None
    tier_after: str | None
