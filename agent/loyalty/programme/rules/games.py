"""Games: an instant win, with odds that are said and a stock of prizes."""

from __future__ import annotations

from dataclasses import dataclass

from agent.errors import ProgrammeError
from agent.loyalty.programme.conditions import Scope, When, read_scope, read_when
from agent.loyalty.programme.table import UNITS_MAX, Table

ODDS_MIN = 25  # percent, unless the programme says another floor
_WEIGHT_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Prize:
    """`units` of `unit`, or a voucher of the kind `voucher`; won as often as its `weight` among the prizes' says.

    It costs the shop `cost` (minor units); every till has `stock` of it (None: as many as are won).
    """

    id: str
    label: str
    weight: int
    unit: str | None
    units: int
    voucher: str | None
    cost: int
    stock: int | None


@dataclass(frozen=True, slots=True)
class Game:
    """`odds` of 100 draws win one of the `prizes`; a member has one draw a sale that counts, `plays_a_day` at most.

    A till that lacks one of the prizes, or whose `budget_a_day` (minor units) might not pay for the dearest, has no
    game: what is drawn has the odds that were said.
    """

    id: str
    label: str
    odds: int
    plays_a_day: int
    budget_a_day: int | None
    prizes: tuple[Prize, ...]
    scope: Scope
    when: When

    @property
    def weight(self) -> int:
        """The weights of all prizes."""
        return sum(prize.weight for prize in self.prizes)

    @property
    def dearest(self) -> int:
        """What the dearest prize costs."""
        return max(prize.cost for prize in self.prizes)


def read_game(table: Table, *, odds_min: int) -> Game:
    """Read one of [[games]]; its odds are `odds_min` percent at least."""
    game = Game(
        id=table.id(),
        label=table.label(),
        odds=table.whole("odds", 1, 100),
        plays_a_day=table.whole("plays_a_day", 1, 100, 1),
        budget_a_day=table.money("budget_a_day") if "budget_a_day" in table else None,
        prizes=tuple(map(_read_prize, table.tables("prizes"))),
        scope=read_scope(table),
        when=read_when(table),
    )
    if game.odds < odds_min:
        raise ProgrammeError(f"{table.name}: odds = {game.odds} are below odds_min = {odds_min} of 100 draws")
    if not game.prizes:
        raise ProgrammeError(f"{table.name}: 'prizes' names none, so nothing is won")
    names = [prize.id for prize in game.prizes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ProgrammeError(f"{table.name}: two prizes are called {twice!r}")
    if game.budget_a_day is not None and not 1 <= game.dearest <= game.budget_a_day:
        raise ProgrammeError(f"{table.name}: budget_a_day must pay for the dearest prize, and prizes need a 'cost'")
    table.done()
    return game


def _read_prize(table: Table) -> Prize:
    voucher = table.id_of("voucher") if "voucher" in table else None
    prize = Prize(
        id=table.id(),
        label=table.label(),
        weight=table.whole("weight", 1, _WEIGHT_MAX, 1),
        unit=None if voucher else table.id_of("unit"),
        units=1 if voucher else table.whole("units", 1, UNITS_MAX, 1),
        voucher=voucher,
        cost=table.money("cost", 0),
        stock=table.whole("stock", 1, UNITS_MAX) if "stock" in table else None,
    )
    table.done()
    return prize
