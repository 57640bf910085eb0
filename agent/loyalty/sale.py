"""What the programme is shown: a sale, a member, a moment; and what it answers: effects with their reasons.

Money is in minor units of the programme's currency, quantities in thousandths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from agent.errors import InvalidError
from agent.journal.entry import INTEGER_MAX, TILL_PREFIX, Posting

LINES_MAX = 2000
MONEY_MAX = 10**11  # minor units in a line: a thousand million of most currencies; sums of LINES_MAX stay exact
QUANTITY_MAX = 10**9  # thousandths in a line: a million pieces
UNKNOWN = "unknown"  # the category of an article that the till's table does not know and nobody gave one

assert LINES_MAX * MONEY_MAX < INTEGER_MAX


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sale: `amount` is what the whole line costs, tax included; `tax` the tax in it."""

    article: str
    quantity: int
    amount: int
    category: str | None = None
    tax: int = 0
    brand: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no till can mean; raises InvalidError naming value and limit."""
        if not (self.article.isascii() and self.article.isprintable() and 1 <= len(self.article) <= 40):
            raise InvalidError(f"article {self.article[:80]!r} must be 1 to 40 printable ASCII characters")
        for kind, name in (("category", self.category), ("brand", self.brand)):
            if name is not None and not (name.isascii() and name.isprintable() and 1 <= len(name) <= 40):
                raise InvalidError(f"{kind} {name[:80]!r} must be 1 to 40 printable ASCII characters")
        _check("quantity", self.quantity, 1, QUANTITY_MAX, self.article)
        _check("amount", self.amount, 0, MONEY_MAX, self.article)
        _check("tax", self.tax, 0, self.amount, self.article)


def _check(name: str, value: int, low: int, high: int, article: str) -> None:
    if type(value) is not int or not low <= value <= high:
        raise InvalidError(f"{name} {value!r} of article {article!r} must be a whole number from {low} to {high}")


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A redemption that pays part of a sale: `units` of `unit` were worth `value`; `free` says an article was given.

    What it pays for earns nothing, unless it `earns` like money.
    """

    op: str
    reward: str
    unit: str
    units: int
    value: int
    free: bool = False
    earns: bool = False


@dataclass(frozen=True, slots=True)
class Sale:
    """What is bought, the redemptions that pay part of it, and with what the rest is paid.

    `tenders` says how much of the sale each tender pays (minor units), as far as the till was told. `total` is what
    the lines cost.
    """

    lines: tuple[Line, ...]
    redeemed: tuple[Redeemed, ...] = ()
    tenders: Mapping[str, int] = field(default_factory=dict)
    total: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse an empty or endless sale, and redemptions worth more than the sale; raises InvalidError."""
        object.__setattr__(self, "total", sum([line.amount for line in self.lines]))
        if not 1 <= len(self.lines) <= LINES_MAX:
            raise InvalidError(f"a sale has 1 to {LINES_MAX} lines, this one has {len(self.lines)}")
        if self.value_redeemed > self.total:
            raise InvalidError(f"redemptions worth {self.value_redeemed} are more than the sale of {self.total}")
        if sum(self.tenders.values()) > self.total:
            raise InvalidError(f"tenders of {sum(self.tenders.values())} are more than the sale of {self.total}")

    @property
    def value_redeemed(self) -> int:
        """What the redemptions are worth."""
        return sum(redeemed.value for redeemed in self.redeemed)

    @property
    def value_unearning(self) -> int:
        """What those redemptions are worth that earn nothing."""
        return sum(redeemed.value for redeemed in self.redeemed if not redeemed.earns)


class Lot(NamedTuple):
    """Units had at one time: `amount` is what is left of them (below zero: a debt), `expires` their last day.

    A tuple: a member has thousands of them, and each sale reads them.
    """

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
    """A member's account as the till knows it: its status, its lots per unit, and the birthday (MM-DD) if known."""

    account: str
    status: Status
    lots: Mapping[str, tuple[Lot, ...]] = field(default_factory=dict)
    born: str | None = None

    def balance(self, unit: str) -> int:
        """Return the sum of the account's lots of `unit`; below zero it is a debt."""
        return sum([lot.amount for lot in self.lots.get(unit, ())])

    def count(self, unit: str, lot: str) -> int:
        """Return what stands in one lot of `unit`; below zero if more came back than was counted."""
        return sum([held.amount for held in self.lots.get(unit, ()) if held.lot == lot])


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code that screen, slip and headquarters have a sentence for, and the numbers in it."""

    code: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)


class Measure(StrEnum):
    """What of a line an effect was counted by; a refund takes back by the same measure.

    SALE: it was given for the sale as such and stands for as long as anything of its lines does.
    """

    AMOUNT = "amount"
    QUANTITY = "quantity"
    SALE = "sale"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule does to a member: `amount` of `unit` into `lot`, counted by `measure` over `lines` (indices).

    An effect of amount 0 changes nothing and is there for its reason. `expires` is the last day of what was given.
    `account` is whose it is, if not the member's: another account, or a till (`agent.journal.entry.TILL_PREFIX`). An
    effect of no lines is never taken back.
    """

    rule: str
    unit: str
    amount: int
    lot: str
    lines: tuple[int, ...]
    measure: Measure
    reason: Reason
    expires: str | None = None
    account: str | None = None

    def to_map(self) -> dict[str, Any]:
        """Return the effect as it stands in an entry."""
        return {
            "account": self.account,
            "amount": self.amount,
            "expires": self.expires,
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
        what = (value["rule"], value["unit"], value["amount"], value["lot"])
        lines, measure = tuple(value["lines"]), Measure(value["measure"])
        return cls(*what, lines, measure, reason, value.get("expires"), value.get("account"))  # the first had neither


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a sale happens: the shop's business day, the shop's time of day (HH:MM), whether headquarters has
    confirmed the clock behind them, and the shop.
    """

    day: str
    confirmed: bool
    time: str = "12:00"
    shop: str = ""


@dataclass(frozen=True, slots=True)
class Draws:
    """What a till's games are drawn with: its name and day, the day's seed (None: nothing is drawn, as in a preview),
    how many draws it made today, and what else it has counted: (unit, lot) -> so many.
    """

    name: str
    day: str
    seed: bytes | None
    made: int
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def till(self) -> str:
        """The ledger account in which the till counts."""
        return TILL_PREFIX + self.name

    def counted(self, unit: str, lot: str) -> int:
        """Return what the till has counted in one lot of a unit."""
        return self.counts.get((unit, lot), 0)


@dataclass(frozen=True, slots=True)
class Discount:
    """What a rule takes off the lines of a sale without any units: (index, minor units) of each."""

    rule: str
    label: str
    lines: tuple[tuple[int, int], ...]

    @property
    def amount(self) -> int:
        """What it takes off in all."""
        return sum(amount for _, amount in self.lines)

    def to_map(self) -> dict[str, Any]:
        """Return the discount as it stands in an entry."""
        return {"label": self.label, "lines": [list(line) for line in self.lines], "rule": self.rule}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Discount:
        """Read a discount from an entry."""
        return cls(value["rule"], value["label"], tuple((i, amount) for i, amount in value["lines"]))


@dataclass(frozen=True, slots=True)
class Missed:
    """A rule that did not apply, and the condition that was missing."""

    rule: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a programme says to a sale: every effect with its reason, the postings they make, and what did not apply.

    `missed` stands in no entry: it is worked out anew from the same programme, member and sale. `discounts` are what
    the lines cost less; the effects count what they cost after them.
    """

    effects: tuple[Effect, ...]
    postings: tuple[Posting, ...]
    tier_before: str | None
    tier_after: str | None
    missed: tuple[Missed, ...] = ()
    discounts: tuple[Discount, ...] = ()
