"""Closures against the entries they are about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import orjson

from agent.errors import ChainBrokenError, LedgerDamagedError
from agent.journal.chain import GENESIS
from agent.ledger.kept.programmes import money_units
from agent.ledger.ledger import Ledger
from agent.ledger.opening import connect
from agent.loyalty.closures import CLOSURE, Closure, Period, Report

_UP_TO_THE_LAST = "SELECT hash, bytes FROM entry WHERE n <= (SELECT max(n) FROM closure) ORDER BY n"


def check_closures(ledger: Ledger) -> int:
    """Count again what every closure is about and return how many there are.

    Raises ChainBrokenError naming the first that says anything else. The entries are read on a connection of their
    own: a running agent goes on selling meanwhile.
    """
    try:
        with closing(connect(ledger.path, read_only=True)) as conn:
            return sum(1 for _ in _checked(ledger, conn))
    except sqlite3.Error as error:
        raise LedgerDamagedError(f"ledger {ledger.path.name!r} cannot be read: {error}") from error


def _checked(ledger: Ledger, conn: sqlite3.Connection) -> Iterator[Closure]:
    money = money_units(ledger)
    period, head = Period(None, money), GENESIS
    for digest, data in conn.execute(_UP_TO_THE_LAST):
        entry = orjson.loads(data)
        if entry["kind"] == CLOSURE:
            counted = _recounted(entry, period, head)
            yield counted
            if counted.report is Report.Z:
                period, head = Period(counted, money), bytes(digest)
                continue
        period.add(entry)
        head = bytes(digest)


def _recounted(entry: Mapping[str, Any], period: Period, head: bytes) -> Closure:
    try:
        counted = period.closure(Report(entry["body"]["report"]), head)
    except (KeyError, ValueError) as error:
        raise ChainBrokenError(f"closure {entry['seq']} is neither an X nor a Z report") from error
    differing = [key for key, value in counted.to_map().items() if entry["body"].get(key) != value]
    if differing:
        raise ChainBrokenError(f"closure {entry['seq']} is not what its entries add up to: {', '.join(differing)}")
    return counted
