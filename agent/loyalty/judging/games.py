"""Games: a draw that nobody can foresee, and that anybody can check afterwards.

draw = HMAC-SHA256(the day's seed, "till|day|number"), read as a whole number. The till says the SHA-256 of the seed
before the first draw of a day (the commitment) and the seed after the last; the numbers have no gaps. Nothing in it
is a client's to choose: not the op, not the lines, not the time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from agent.loyalty.judging.case import Case, note
from agent.loyalty.judging.limits import unmet
from agent.loyalty.judging.points import Verdict, lot_for
from agent.loyalty.programme.rules.games import Game, Prize
from agent.loyalty.programme.units import DRAWS, counter_of
from agent.loyalty.sale import Draws, Effect, Judgement, Measure, Missed, Reason, Status
from agent.loyalty.spending.catalogue import STOCK_LOT
from agent.loyalty.spending.vouchers import voucher_of

_MAY_PLAY = "may_play"
_SPACE = 2**256  # of HMAC-SHA256


def commitment_of(seed: bytes) -> str:
    """Return what a till says of a day's seed beforehand: its SHA-256, in hex."""
    return hashlib.sha256(seed).hexdigest()


def uniform(seed: bytes, name: str, below: int) -> int:
    """Return the whole number from 0 to `below` - 1 that a seed draws under a name, each as likely as any other.

    A hash beyond the last whole multiple of `below` would favour small numbers: the next is taken, of `name|1` ...
    """
    most, value, attempt = _SPACE - _SPACE % below, _SPACE, 0
    while value >= most:
        told = f"{name}|{attempt}" if attempt else name
        value = int.from_bytes(hmac.digest(seed, told.encode(), "sha256"))
        attempt += 1
    return value % below


def drawn(game: Game, seed: bytes, *, till: str, day: str, number: int) -> Prize | None:
    """Return the prize of a draw, None if nothing was won."""
    return prize_at(game, uniform(seed, f"{till}|{day}|{number}", 100 * game.weight))


def prize_at(game: Game, at: int) -> Prize | None:
    """Return the prize at one of 100 times the weight places: `odds` of 100 win, shared exactly by weight."""
    if at >= game.odds * game.weight:
        return None
    at //= game.odds
    for prize in game.prizes:
        if at < prize.weight:
            return prize
        at -= prize.weight
    raise AssertionError("the weights are the prizes'")


def may_play(judgement: Judgement) -> bool:
    """Say whether a draw waits for its seed."""
    return any(effect.reason.code == _MAY_PLAY for effect in judgement.effects)


def counters(games: tuple[Game, ...]) -> tuple[str, ...]:
    """Return the units in which a till counts its draws, the prizes it gave, and what a day's prizes cost."""
    given = (stock_unit(game, prize) for game in games for prize in game.prizes)
    return (DRAWS, *(_cost_unit(game) for game in games), *given)


def stock_unit(game: Game, prize: Prize) -> str:
    """Return the unit in which a till counts how many of a prize it gave."""
    return f"{game.id}.prize.{prize.id}"


def played(case: Case) -> Iterator[Verdict]:
    """Judge every game: one draw each, if the sale counts and the till has all the prizes.

    Without a seed nothing is drawn, and the member is told that he may play.
    """
    draws = case.draws
    number = draws.made if draws else 0
    for game in case.programme.games:
        counted = case.counted(game.scope)
        missing = _missing(case, game, counted)
        if missing is not None or draws is None:
            yield Missed(game.id, missing or Reason("only_at_a_till"))
        elif draws.seed is None:
            yield note(game.id, Reason(_MAY_PLAY, {"label": game.label, "odds": game.odds}))
        else:
            number += 1
            yield from _draw(case, game, counted, draws, number=number, seed=draws.seed)


def _missing(case: Case, game: Game, counted: tuple[int, ...]) -> Reason | None:
    draws = case.draws
    if draws is None:
        return Reason("only_at_a_till")
    if case.holder.status is not Status.REGULAR:
        return Reason("only_registered")
    if not case.moment.confirmed:
        return Reason("clock_unconfirmed")
    cost = case.cost(counted)
    missing = unmet(case, game.when, cost=cost, pieces=case.pieces(counted))
    if missing is None and case.paid(cost) < 1:
        missing = Reason("no_such_article")
    if missing is None and case.holder.count(counter_of(game.id), draws.day) >= game.plays_a_day:
        missing = Reason("played_today", {"label": game.label, "times": game.plays_a_day})
    return missing or _over(game, draws)


def _over(game: Game, draws: Draws) -> Reason | None:
    for prize in game.prizes:
        if prize.stock is not None and draws.counted(stock_unit(game, prize), STOCK_LOT) >= prize.stock:
            return Reason("game_over", {"label": game.label})
    spent = draws.counted(_cost_unit(game), draws.day)
    if game.budget_a_day is not None and spent + game.dearest > game.budget_a_day:
        return Reason("game_over_today", {"label": game.label})
    return None


def _draw(
    case: Case, game: Game, counted: tuple[int, ...], draws: Draws, *, number: int, seed: bytes
) -> Iterator[Effect]:
    """Draw once: the draw and the play are spent for good, whatever comes back of the goods."""
    yield _count(game, DRAWS, draws.day, account=draws.till)
    yield _count(game, counter_of(game.id), draws.day)
    prize = drawn(game, seed, till=draws.name, day=draws.day, number=number)
    numbers: dict[str, int | str] = {"label": game.label, "odds": game.odds, "day": draws.day, "draw": number}
    numbers["commitment"] = commitment_of(seed)
    if prize is None:
        yield note(game.id, Reason("game_lost", numbers))
        return
    yield from _won(case, game, prize, counted, Reason("game_won", {**numbers, "prize": prize.label}))
    if prize.stock is not None:
        yield _count(game, stock_unit(game, prize), STOCK_LOT, account=draws.till, lines=counted)
    if game.budget_a_day is not None and prize.cost:
        yield _count(game, _cost_unit(game), draws.day, amount=prize.cost, account=draws.till)


def _won(case: Case, game: Game, prize: Prize, counted: tuple[int, ...], reason: Reason) -> Iterator[Effect]:
    if prize.unit is not None:
        lot, expires = lot_for(case, prize.unit)
        yield Effect(game.id, prize.unit, prize.units, lot, counted, Measure.SALE, reason, expires)
        return
    yield note(game.id, reason)
    kind = next(kind for kind in case.programme.vouchers if kind.id == prize.voucher)
    yield voucher_of(kind, case.moment, lot=f"{case.lot}/{game.id}", rule=game.id, lines=counted)


def _count(
    game: Game, unit: str, lot: str, *, amount: int = 1, account: str | None = None, lines: tuple[int, ...] = ()
) -> Effect:
    return Effect(game.id, unit, amount, lot, lines, Measure.SALE, Reason("counted"), account=account)


def _cost_unit(game: Game) -> str:
    return f"{game.id}.cost"
