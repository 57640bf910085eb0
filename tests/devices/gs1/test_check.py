"""Check digits and dates."""

from __future__ import annotations

from typing import Any

import pytest

from agent.devices.gs1.check import check_fits, date_fits, measure_check_digit
from agent.loyalty.cards import Check, check_digit
from tests.devices.gs1.vectors import cases

LINTED = cases("coupons.json", "cases")
COMPUTED = cases("rcn.json", "rcn")


@pytest.mark.parametrize("case", cases("scandata.json", "check_digit"), ids=lambda case: str(case["gtin"]))
def test_a_check_digit_fits_or_not_as_published(case: dict[str, Any]) -> None:
    assert check_fits(case["gtin"]) == bool(case["ok"])


@pytest.mark.parametrize("case", [c for c in LINTED if c["linter"] == "csum"], ids=lambda case: str(case["value"]))
def test_what_is_no_number_has_no_check_digit(case: dict[str, Any]) -> None:
    assert check_fits(case["value"]) == case["ok"]


@pytest.mark.parametrize("case", [c for c in COMPUTED if c["test"] == "test_gs1_standard_check_digit"])
def test_the_check_digit_is_the_published_one(case: dict[str, Any]) -> None:
    assert check_digit(case["value"], Check.EAN) == str(case["expected"])


# The second is the example of GS1 General Specifications, 7.9.4; the others stand in German labels of the cases.
@pytest.mark.parametrize(
    ("value", "digit"), [("2875", "9"), ("14685", "6"), ("00239", "4"), ("00012", "9"), ("06870", "1")]
)
def test_a_price_or_weight_has_a_check_digit_of_its_own(value: str, digit: str) -> None:
    assert measure_check_digit(value) == digit


@pytest.mark.parametrize("value", ["abc", "\u2070\u2070\u2070", "123456", "123", "\u0661234"])
def test_what_is_no_price_has_none(value: str) -> None:
    with pytest.raises(ValueError, match="four or five digits"):
        measure_check_digit(value)


@pytest.mark.parametrize("case", [c for c in LINTED if c["linter"].startswith("yymmd")], ids=lambda c: repr(c["value"]))
def test_a_date_is_one_that_the_calendar_has(case: dict[str, Any]) -> None:
    assert date_fits(case["value"], day_zero=case["linter"] == "yymmd0") == case["ok"]
