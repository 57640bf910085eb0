"""The table of application identifiers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agent.devices.gs1.identifiers import find
from tests.devices.gs1.vectors import cases

ROWS = cases("identifiers.json", "rows")


def codes(row: dict[str, Any]) -> list[str]:
    first, _, last = row["ai"].partition("-")
    return [str(code).zfill(len(first)) for code in range(int(first), int(last or first) + 1)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["ai"]))
def test_an_identifier_is_as_the_syntax_dictionary_has_it(row: dict[str, Any]) -> None:
    sizes = [(size[0] == "[", size[1], int(size[2])) for size in re.findall(r"(\[?)[NXYZ](\.\.)?([0-9]+)", row["spec"])]
    longest = sum(size for *_, size in sizes)
    for code in codes(row):
        identifier = find(code + "9" * longest)
        assert identifier is not None
        assert identifier.code == code
        assert identifier.fixed_length == (longest if row["fixed_no_fnc1"] else 0)
        assert ("csum" in identifier.rules) == ("csum" in re.split("[ ,]", row["spec"]))
        assert identifier.pattern.fullmatch("9" * longest)
        assert not identifier.pattern.fullmatch("9" * (longest + 1))


def test_a_value_is_told_into_keys_and_the_rest() -> None:
    document = find("253")
    assert document is not None

    assert document.keys("1234567890128ABC") == ("1234567890128",)
    assert document.free_parts("1234567890128ABC") == ("ABC",)
    assert document.free_parts("1234567890128") == ()


def test_there_is_no_identifier_but_those_of_the_dictionary() -> None:
    known = {code for row in ROWS for code in codes(row)}
    found = {code for size in (2, 3, 4) for n in range(10**size) if _is_one(code := str(n).zfill(size))}

    assert found == known


def _is_one(code: str) -> bool:
    identifier = find(code)
    return identifier is not None and identifier.code == code
