"""What numbers name, and what a shop's own numbers say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.gs1.fault import LabelError
from agent.devices.gs1.numbers import KINDS, TEMPLATES, Kind, Quantity, Template, kind_of, read_measure
from agent.errors import ConfigError
from tests.devices.gs1.vectors import cases

COUNTRIES = {
    "DENMARK": "DK",
    "ESTONIA": "EE",
    "FINLAND": "FI",
    "GERMANY": "DE",
    "GREAT_BRITAIN": "GB",
    "LATVIA": "LV",
    "LITHUANIA": "LT",
    "NORWAY": "NO",
    "SWEDEN": "SE",
}
CASES = cases("rcn.json", "rcn")
MEASURED = [case for case in CASES if case["test"].startswith("test_region")]
STRIPPED = [case for case in CASES if case["test"].startswith("test_without") and "expected" in case]
UNCHANGED = [case for case in CASES if case["test"].startswith("test_without") and "expected" not in case]


def country(case: dict[str, Any]) -> str:
    return COUNTRIES[case.get("rcn_region") or case["test"].removeprefix("test_region_").upper()]


def expected(case: dict[str, Any]) -> tuple[Quantity, Decimal] | None:
    if case.get("count"):
        return Quantity.COUNT, Decimal(case["count"])
    for quantity in (Quantity.WEIGHT, Quantity.PRICE):
        if case[quantity]:
            return quantity, Decimal(case[quantity]["decimal"][0])
    return None


@pytest.mark.parametrize("case", MEASURED, ids=lambda case: f"{country(case)}-{case['value']}")
def test_a_measure_is_read_as_the_countrys_rules_have_it(case: dict[str, Any]) -> None:
    measure = read_measure(case["value"], TEMPLATES[country(case)])
    seen = (measure.quantity, Decimal(measure.value).scaleb(-measure.decimals)) if measure else None

    assert seen == expected(case)


@pytest.mark.parametrize("case", STRIPPED, ids=lambda case: f"{country(case)}-{case['value']}")
def test_goods_are_the_same_whatever_they_weigh(case: dict[str, Any]) -> None:
    measure = read_measure(case["value"], TEMPLATES[country(case)])

    assert measure is not None
    assert measure.goods == case["expected"]


@pytest.mark.parametrize("case", UNCHANGED, ids=lambda case: str(case["value"]))
def test_what_is_no_measured_number_says_no_measure(case: dict[str, Any]) -> None:
    if len(case["value"]) == 14:
        with pytest.raises(LabelError):
            read_measure(case["value"], TEMPLATES["NO"])
    else:
        assert read_measure(case["value"], TEMPLATES["NO"]) is None


def test_a_misread_price_is_refused() -> None:
    template = Template("22IIIICVVVVV", Quantity.PRICE, 2)
    with pytest.raises(LabelError, match="price or weight"):
        read_measure("2211115002393", [template])


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("0412345678903", Kind.IN_STORE),
        ("412345678903", Kind.IN_STORE),
        ("512345000015", Kind.COUPON),
        ("212345001233", Kind.MEASURED),
        ("312345678906", Kind.GOODS),
        ("012345678905", Kind.GOODS),
        ("2112345678900", Kind.MEASURED),
        ("02345673", Kind.IN_STORE),
        ("96385074", Kind.GOODS),
        ("4006381333931", Kind.GOODS),
        ("9801234567892", Kind.REFUND_RECEIPT),
        ("9811234125008", Kind.COUPON),
        ("9828508010106", Kind.COUPON),
        ("9901234567899", Kind.COUPON),
        ("9788205512375", Kind.GOODS),
    ],
)
def test_a_number_is_told_by_its_first_digits(number: str, kind: Kind) -> None:
    assert kind_of(number) == kind


def test_a_shop_may_say_otherwise() -> None:
    assert kind_of("2112345678900", {**KINDS, "211": Kind.IN_STORE}) == Kind.IN_STORE


@pytest.mark.parametrize("layout", ["22IIIICVVVV", "22IIIIIIIIII", "22IIIXVVVVVV", "22IIICVVVVVV"])
def test_a_layout_that_cannot_be_is_refused(layout: str) -> None:
    with pytest.raises(ConfigError, match="layout"):
        Template(layout, Quantity.PRICE)


@given(st.text("0123456789", min_size=6, max_size=15) | st.text(max_size=15))
def test_any_text_is_a_number_or_a_label_error(text: str) -> None:
    try:
        assert kind_of(text) in Kind
        read_measure(text, TEMPLATES["DE"])
    except LabelError:
        return
