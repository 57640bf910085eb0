"""The table of needs: complete, and every test and key in it exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
LOYALTY = TESTS.parent / "agent" / "loyalty"
ROWS = [line.split(" | ") for line in (LOYALTY / "NEEDS.md").read_text().splitlines() if re.match(r"\| R\d", line)]


def test_every_need_from_5_to_36_has_one_row() -> None:
    assert [row[0].strip("| ") for row in ROWS] == [f"R{number}" for number in range(5, 37)]


def test_every_test_it_names_exists() -> None:
    for row in ROWS:
        path, _, name = row[3].strip("| `").partition("::")
        names = [
            node.name for node in ast.walk(ast.parse((TESTS / path).read_text())) if isinstance(node, ast.FunctionDef)
        ]
        assert name in names, f"{row[0]}: {path} has no {name}"


def test_every_key_of_a_programme_that_it_names_is_explained() -> None:
    explained = (LOYALTY / "PROGRAMME.md").read_text()
    for row in ROWS:
        for key in re.findall(r"`(\[\[[a-z_]+\]\]|[a-z_]+)`", row[2]):
            assert key in explained or key in {"evaluate", "no_member", "notices", "missed", "backtest"}, (row[0], key)
