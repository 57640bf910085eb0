"""Every closure is counted again: one that says anything else is found, however well the chain was forged around it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from agent.counter import ClosureAsk
from agent.errors import ChainBrokenError
from agent.ledger import audit
from agent.loyalty.closures import Report
from tests.counter.shops import BY, line, open_shop, shop_programme
from tests.ledger.tills import opened, tamper


@pytest.fixture
def closed(path: Path) -> Path:
    """A till of two Z periods, an X between, and sales after the last."""
    with open_shop(path.parent, programme=shop_programme()) as shop:
        account = shop.member(points=30).account
        for op, report in (("Z-1", Report.Z), ("X-1", Report.X), ("Z-2", Report.Z)):
            shop.sell(f"S-{op}", line(1500), account=account)
            shop.counter.day.close(ClosureAsk(op, report), by=BY)
        shop.sell("S-9", line(100))
    return path


def _forge(path: Path, op: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a closure's body and every hash from it on, so that the chain verifies again."""
    tamper(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        (first,) = conn.execute("SELECT n FROM entry WHERE op = ?", (op,)).fetchone()
        (head,) = conn.execute("SELECT hash FROM entry WHERE n = ?", (first - 1,)).fetchone()
        for n, data in conn.execute("SELECT n, bytes FROM entry WHERE n >= ? ORDER BY n", (first,)).fetchall():
            entry = orjson.loads(data)
            if n == first:
                change(entry["body"])
            forged = orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
            head = hashlib.sha256(head + forged).digest()
            conn.execute("UPDATE entry SET bytes = ?, hash = ? WHERE n = ?", (forged, head, n))


def test_closures_that_say_what_their_entries_add_up_to_are_passed(closed: Path) -> None:
    with closing(opened(closed, read_only=True)) as ledger:
        audit.verify(ledger)

        assert audit.check_closures(ledger) == 3


def _less_turnover(body: dict[str, Any]) -> None:
    body["period"]["takings"]["EUR"]["gross"] -= 500


def _grander(body: dict[str, Any]) -> None:
    body["grand"]["units"]["points"]["issued"] += 1


def _shorter(body: dict[str, Any]) -> None:
    body["spans"][0]["last"] -= 1


def _left_out(body: dict[str, Any]) -> None:
    body["number"] = 3


def _other_head(body: dict[str, Any]) -> None:
    body["head"] = "0" * 64


def _no_report(body: dict[str, Any]) -> None:
    body["report"] = "Y"


@pytest.mark.parametrize("op", ["Z-1", "X-1", "Z-2"])
@pytest.mark.parametrize("change", [_less_turnover, _grander, _shorter, _left_out, _other_head, _no_report])
def test_a_closure_forged_with_its_chain_is_found(
    closed: Path, op: str, change: Callable[[dict[str, Any]], None]
) -> None:
    _forge(closed, op, change)

    with closing(opened(closed)) as ledger:
        audit.verify(ledger)
        with pytest.raises(ChainBrokenError, match=r"closure \d+ is n"):
            audit.check_closures(ledger)


def test_a_sale_taken_out_of_a_period_with_the_chain_forged_after_it_is_found(closed: Path) -> None:
    def cheaper(body: dict[str, Any]) -> None:
        body["due"] -= 500

    _forge(closed, "S-Z-2", cheaper)

    with closing(opened(closed)) as ledger, pytest.raises(ChainBrokenError, match="is not what its entries add up to"):
        audit.check_closures(ledger)


def test_a_till_that_was_never_closed_has_no_closures(path: Path) -> None:
    with closing(opened(path)) as ledger:
        assert audit.check_closures(ledger) == 0
