"""L12: drop everything derived, replay, identical, whatever happened and under whichever programmes."""

from __future__ import annotations

import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.ledger import audit
from agent.ledger.ledger import Ledger
from agent.ledger.schema import DERIVED_TABLES
from tests.counter.shops import open_shop
from tests.ledger.random_days import STEPS, Days
from tests.ledger.tills import sale

NUMBER = st.integers(0, 12_000)
DAYS = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), NUMBER, NUMBER, NUMBER), min_size=5, max_size=60)
FEW = settings(
    max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, print_blob=True
)


def dump(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    """Every derived table, row by row in the order of all its columns."""
    with ledger.reading() as conn:
        tables = {table: conn.execute(f"SELECT * FROM {table}").fetchall() for table in DERIVED_TABLES}  # noqa: S608
    return {table: sorted(rows, key=repr) for table, rows in tables.items()}


def check_rebuilt(steps: list[tuple[str, int, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder), programme=None) as shop:
        Days(shop).play(steps)
        before = dump(shop.ledger)
        audit.check_derived(shop.ledger)

        assert audit.rebuild(shop.ledger) == sum(epoch.seq for epoch in shop.ledger.epochs())
        assert dump(shop.ledger) == before
        audit.verify(shop.ledger)


@FEW
@given(DAYS)
def test_l12_whatever_happened_a_rebuild_changes_no_byte(steps: list[tuple[str, int, int, int]]) -> None:
    check_rebuilt(steps)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(FEW, max_examples=1500, derandomize=False)
@given(DAYS)
def test_l12_whatever_happened_a_rebuild_changes_no_byte_in_a_thousand_days(
    steps: list[tuple[str, int, int, int]],
) -> None:
    check_rebuilt(steps)


@pytest.mark.parametrize(
    "steps",
    [
        # A card that headquarters knew on an account of its own is linked to a household's here.
        [("sell", 1, 500, 1), ("moved", 1, 1, 0), ("enrol", 2, 0, 0), ("link", 2, 1, 1)],
        # A member who was enrolled here turns out to be another.
        [("enrol", 1, 0, 0), ("sell", 2, 500, 1), ("joined", 2, 1, 3)],
        # An entry that headquarters set aside still counts, and so does the card it links.
        [("sell", 1, 500, 1), ("sell", 1, 700, 2), ("told", 1, 5, 8), ("told", 1, 7, 12)],
    ],
)
def test_l12_what_headquarters_says_and_what_happens_here_meet_in_the_same_state(
    steps: list[tuple[str, int, int, int]],
) -> None:
    check_rebuilt(steps)


def test_a_rebuild_keeps_one_entry_in_memory_at_a_time(ledger: Ledger) -> None:
    with ledger.write() as conn:
        many = [
            (f"m{n}", "regular", 0, b'{"cards":[],"lots":[["points","x",1,null]],"missing":[]}') for n in range(4000)
        ]
        conn.executemany("INSERT INTO snapshot VALUES (?, ?, ?, ?)", many)
    for number in range(300):
        ledger.append(sale(f"op-{number}"))
    size = sum(len(row[3]) + 200 for row in many)
    del many
    tracemalloc.start()
    try:
        audit.rebuild(ledger)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < size / 3


def test_progress_is_told_and_ends_at_the_last_entry(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit.rebuilding, "_TOLD_EVERY", 4)
    for number in range(9):
        ledger.append(sale(f"op-{number}"))
    told: list[tuple[int, int]] = []

    audit.rebuild(ledger, progress=lambda done, whole: told.append((done, whole)))

    assert told == [(4, 10), (8, 10), (10, 10)]
