"""Drawing: the day's seed, sealed in an entry before the first draw and shown in another after the last.

Until then it stands in the ledger's `state` and nowhere else. The day is the till's own, by its own clock: what
point-of-sale software says of the time of a sale chooses no seed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from agent.counter.bench import Bench
from agent.journal.entry import TILL_PREFIX
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft, Recorded
from agent.loyalty.judging.games import commitment_of, counters
from agent.loyalty.programme.units import DRAWS
from agent.loyalty.sale import Draws
from agent.loyalty.spending.catalogue import STOCK_LOT

_KEPT = "games.day"  # the key in `state`
_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Day:
    """A day that has begun, and its seed."""

    day: str
    seed: bytes

    @property
    def commitment(self) -> str:
        return commitment_of(self.seed)

    @property
    def opening(self) -> str:
        """The op of the entry that seals the seed."""
        return f"game-day:{self.commitment[:32]}"

    @property
    def closing(self) -> str:
        """The op of the entry that shows it."""
        return f"game-day-closed:{self.commitment[:32]}"


def undrawn(bench: Bench) -> Draws | None:
    """Return what games are judged with while nothing is drawn; None if the programme has no games."""
    if not bench.programme.games:
        return None
    return _draws(bench, bench.when(None).date().isoformat())


def drawing(bench: Bench, draws: Draws, *, by: str) -> Draws:
    """Return what is drawn with: the day's seed, made and sealed now if this is the day's first draw.

    A seed is kept before its commitment is recorded, and both before anything is drawn with it.
    """
    begun = _begun(bench.ledger)
    if begun is not None and (begun.day != draws.day or bench.ledger.find(begun.closing) is not None):
        close_day(bench, by=by)
        begun = None
    if begun is None:
        begun = _Day(draws.day, secrets.token_bytes(_SEED_BYTES))
        bench.ledger.remember({_KEPT: orjson.dumps({"day": begun.day, "seed": begun.seed.hex()})})
    if bench.ledger.find(begun.opening) is None:
        _append(bench, begun.opening, "game_day", {"commitment": begun.commitment, "day": begun.day}, by=by)
    return replace(draws, seed=begun.seed)


def close_day(bench: Bench, *, by: str) -> Recorded | None:
    """Show the seed of the day that has begun, so that anybody can check its draws; None if none has.

    Nothing more is drawn with it: the next draw begins with another.
    """
    begun = _begun(bench.ledger)
    if begun is None:
        return None
    recorded = bench.ledger.find(begun.closing)
    if recorded is None:
        made = _draws(bench, begun.day).made
        body = {"commitment": begun.commitment, "day": begun.day, "draws": made, "seed": begun.seed.hex()}
        recorded = _append(bench, begun.closing, "game_day_closed", body, by=by)
    bench.ledger.remember({_KEPT: b""})
    return recorded


def _begun(ledger: Ledger) -> _Day | None:
    kept = ledger.recall(_KEPT)
    if not kept:
        return None
    value = orjson.loads(kept)
    return _Day(value["day"], bytes.fromhex(value["seed"]))


def _draws(bench: Bench, day: str) -> Draws:
    """Return what the till has counted: today, and of its stock."""
    units = counters(bench.programme.games)
    marks = ", ".join("?" * len(units))
    query = f"SELECT unit, lot, amount FROM lot WHERE account = ? AND unit IN ({marks}) AND lot IN (?, ?)"  # noqa: S608 - question marks
    ledger = bench.ledger
    with ledger.reading() as conn:
        rows = conn.execute(query, (TILL_PREFIX + ledger.till, *units, day, STOCK_LOT)).fetchall()
    counts = {(unit, lot): amount for unit, lot, amount in rows}
    return Draws(ledger.till, day, None, counts.get((DRAWS, day), 0), counts)


def _append(bench: Bench, op: str, kind: str, body: Mapping[str, object], *, by: str) -> Recorded:
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=op,
        ask=b"",
        kind=kind,
        day=bench.when(None).date().isoformat(),
        by=by,
        body=body,
        programme=bench.programme.version,
    )
    return bench.ledger.append(draft)
