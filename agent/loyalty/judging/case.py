"""A case: one sale, the member it is for, and the moment, as every rule is shown them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from agent.loyalty.judging.standing import memberships_of, tier_of
from agent.loyalty.programme.conditions import Scope
from agent.loyalty.programme.rules.standing import Membership, Tier
from agent.loyalty.programme.units import VISITS
from agent.loyalty.programme.whole import Programme, UnknownArticles
from agent.loyalty.sale import UNKNOWN, Draws, Effect, Holder, Line, Measure, Moment, Reason, Sale

PIECE = 1000  # thousandths


class _Sums(NamedTuple):
    """What some lines are together: minor units, minor units of tax, whole pieces."""

    amount: int
    tax: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged. `lot` is where newly earned units go: the id of the entry that will record the sale.

    `tier` and `memberships` are the member's before the sale: what this sale reaches counts from the next one.
    What several rules ask alike (which lines count, what they cost, which lot) is worked out once and kept.
    """

    programme: Programme
    holder: Holder
    sale: Sale
    moment: Moment
    lot: str
    tier: Tier | None
    memberships: tuple[Membership, ...]
    all_lines: tuple[int, ...]  # but those that load a gift card
    loads: frozenset[int]
    lines: tuple[Line, ...]  # of the sale, at what they cost after discounts
    _counted: dict[Scope, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)
    _sums: dict[tuple[int, ...], _Sums] = field(default_factory=dict, repr=False, compare=False)
    _places: dict[str, dict[str | None, list[int]]] = field(default_factory=dict, repr=False, compare=False)
    lots: dict[str, tuple[str, str | None]] = field(default_factory=dict, repr=False, compare=False)
    draws: Draws | None = None

    @classmethod
    def of(
        cls, programme: Programme, holder: Holder, sale: Sale, moment: Moment, *, lot: str, draws: Draws | None = None
    ) -> Case:
        """Return the case of a sale."""
        tier = tier_of(programme, holder, moment)
        memberships = memberships_of(programme, holder, moment)
        goods, loads = tuple(range(len(sale.lines))), programme.loads(sale.lines)
        if loads:
            goods = tuple(i for i in goods if i not in loads)
        return cls(programme, holder, sale, moment, lot, tier, memberships, goods, loads, sale.lines, draws=draws)

    def costing(self, lines: tuple[Line, ...]) -> Case:
        """Return the case with the lines at what they cost after discounts."""
        return replace(self, lines=lines, _sums={})

    @property
    def first_visit_today(self) -> bool:
        """True unless the member bought something on this day before."""
        return self.holder.count(VISITS, self.moment.day) < 1

    def counted(self, scope: Scope) -> tuple[int, ...]:
        """Return the indices of the lines that count."""
        found = self._counted.get(scope)
        if found is None:
            found = self._counted[scope] = self._count(scope)
        return found

    def _count(self, scope: Scope) -> tuple[int, ...]:
        """Look the named lines up, and leave out the excluded ones: most rules name few of a sale's lines."""
        counted = self._named(scope) if scope.names_lines else self.all_lines
        out = {i for kind, names in scope.excluded for i in self._at(kind, names)} | self.loads
        if self.programme.unknown_articles is UnknownArticles.IGNORE:
            out.update(self.places("category").get(UNKNOWN, ()))
        return tuple(i for i in counted if i not in out) if out else counted

    def _named(self, scope: Scope) -> tuple[int, ...]:
        return tuple(sorted({i for kind, names in scope.named for i in self._at(kind, names)}))

    def _at(self, kind: str, names: frozenset[str]) -> Iterator[int]:
        places = self.places(kind)
        for name in places.keys() & names:
            yield from places[name]

    def places(self, kind: str) -> Mapping[str | None, list[int]]:
        """Return where each `category`, `brand` or `article` (the kind) stands: name -> indices of lines."""
        found = self._places.get(kind)
        if found is None:
            found = self._places[kind] = {}
            for i, line in enumerate(self.sale.lines):
                found.setdefault(getattr(line, kind), []).append(i)
        return found

    def cost(self, counted: tuple[int, ...], *, with_tax: bool = True) -> int:
        """Return what the counted lines cost, with or without the tax in them."""
        sums = self._summed(counted)
        return sums.amount if with_tax else sums.amount - sums.tax

    def pieces(self, counted: tuple[int, ...]) -> int:
        """Return how many whole pieces the counted lines are."""
        return self._summed(counted).pieces

    def _summed(self, counted: tuple[int, ...]) -> _Sums:
        found = self._sums.get(counted)
        if found is None:
            amount = tax = pieces = 0
            lines = self.lines
            for i in counted:
                line = lines[i]
                amount += line.amount
                tax += line.tax
                pieces += line.quantity // PIECE
            found = self._sums[counted] = _Sums(amount, tax, pieces)
        return found

    def paid(self, cost: int, exclude_tenders: frozenset[str] = frozenset()) -> int:
        """Return the part of `cost` that was paid with money that counts.

        What rewards and excluded tenders paid for counts pro rata against every line.
        """
        sale = self.sale
        unpaid = sale.value_unearning
        if exclude_tenders:
            unpaid += sum(amount for tender, amount in sale.tenders.items() if tender in exclude_tenders)
        if not unpaid:
            return cost
        total = self.cost(self.all_lines)
        return cost * max(total - unpaid, 0) // total if total else 0


def note(rule: str, reason: Reason) -> Effect:
    """Return an effect that moves nothing and is there for its reason."""
    return Effect(rule, "", 0, "", (), Measure.SALE, reason)
