"""The brands' ranges, on a list of them read from its source anew (brands.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.firewall.iin import BRANDS, brand_of
from agent.devices.firewall.payment import luhn_fits, payment_brand

LISTED: dict[str, Any] = json.loads((Path(__file__).parent / "brands.json").read_text())


def listed_brand(number: str) -> str | None:
    """What the list says, by trying every prefix of every brand; the longest that fits counts."""
    found = [
        (len(low), brand["name"])
        for brand in LISTED["brands"]
        for low, high in brand["prefixes"]
        if len(number) in brand["lengths"] and low <= number[: len(low)] <= high
    ]
    return max(found)[1] if found else None


PREFIXES = st.sampled_from([end for brand in LISTED["brands"] for span in brand["prefixes"] for end in span])


@pytest.mark.parametrize("brand", LISTED["brands"], ids=lambda brand: str(brand["name"]))
def test_both_ends_of_every_range_and_what_lies_beside_them_are_as_listed(brand: dict[str, Any]) -> None:
    for low, high in brand["prefixes"]:
        for prefix in (int(low) - 1, int(low), int(high), int(high) + 1):
            for length in range(12, 20):
                number = str(prefix).ljust(length, "7")
                assert brand_of(number) == listed_brand(number), number


@given(PREFIXES, st.text("0123456789", max_size=20))
def test_any_number_is_of_the_brand_that_the_list_names(prefix: str, rest: str) -> None:
    number = prefix + rest

    assert brand_of(number) == listed_brand(number)


def test_every_brand_of_ours_is_listed() -> None:
    assert {brand.name for brand in BRANDS} == {brand["name"] for brand in LISTED["brands"]}


@pytest.mark.parametrize(("number", "brand"), LISTED["test_numbers"].items())
def test_a_brands_test_number_is_that_brands(number: str, brand: str) -> None:
    assert luhn_fits(number)
    assert payment_brand(number) == brand


@pytest.mark.parametrize(("digits", "fits"), LISTED["luhn"].items())
def test_a_check_digit_fits_or_not(digits: str, fits: bool) -> None:  # noqa: FBT001 - a table's column
    assert luhn_fits(digits) == fits
