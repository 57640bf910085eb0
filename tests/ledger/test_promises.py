"""Every promise of the ledger has a test of its name, and every test that FAULTS.md names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FAULTS = TESTS.parent / "agent" / "ledger" / "FAULTS.md"
PROMISES = {
    "L1": "durable before acknowledged",
    "L2": "a sale is whole or absent",
    "L3": "retry of an id has one effect",
    "L4": "postings sum to zero, balances are the fold of the journal",
    "L5": "no silent clipping",
    "L6": "append-only; the same entries in any order give the same state",
    "L7": "a flip, swap, insert or inner cut is found; a cut tail shows against any printed head",
    "L8": "after an I/O error: stop acknowledging, say so, recover",
    "L9": "nothing depends on the wall clock",
    "L10": "self-check at every open",
    "L11": "no network before the acknowledgement",
    "L12": "drop everything derived, replay, identical",
}
ROWS = [line.split(" | ") for line in FAULTS.read_text().splitlines() if line.endswith("` |")]


@cache
def names_in(path: Path) -> frozenset[str]:
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@cache
def promised() -> frozenset[str]:
    """The promises that stand in names of tests: `test_L1_L2_...` is of both."""
    heads = [
        re.match(r"test_((?:[a-zA-Z]\d+_)+)", name) for path in TESTS.rglob("test_*.py") for name in names_in(path)
    ]
    return frozenset(part for head in heads if head for part in head[1].upper().split("_"))


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_has_a_test_of_its_name(promise: str) -> None:
    assert promise in promised(), PROMISES[promise]


def test_the_table_of_faults_has_a_row_for_each() -> None:
    assert len(ROWS) >= 20
    assert {len(row) for row in ROWS} == {4}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("| "))
def test_every_test_that_the_table_of_faults_names_is_there(row: list[str]) -> None:
    for named in re.findall(r"`([^`]+)`", row[3]):
        path, _, name = named.partition("::")
        assert name in names_in(TESTS / path), named
