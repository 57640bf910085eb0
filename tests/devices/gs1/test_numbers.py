"""What numbers name, and what a shop's own numbers say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.gs1.elements import read_elements
from agent.devices.gs1.fault import LabelError
from agent.devices.gs1.numbers import (
    TEMPLATES,
    Country,
    Kind,
    Numbering,
    Quantity,
    Template,
    goods_on_label,
    named_by,
    read_measure,
)
from agent.devices.gs1.settings import WORLD
from agent.errors import ConfigError
from tests.devices.gs1.vectors import cases

COUNTRIES = {
    "DENMARK": Country.DK,
    "ESTONIA": Country.EE,
    "FINLAND": Country.FI,
    "GERMANY": Country.DE,
    "GREAT_BRITAIN": Country.GB,
    "LATVIA": Country.LV,
    "LITHUANIA": Country.LT,
    "NORWAY": Country.NO,
    "SWEDEN": Country.SE,
}
CASES = cases("rcn.json", "rcn")
MEASURED = [case for case in CASES if case["test"].startswith("test_region")]
STRIPPED = [case for case in CASES if case["test"].startswith("test_without") and "expected" in case]
UNCHANGED = [case for case in CASES if case["test"].startswith("test_without") and "expected" not in case]


def country(case: dict[str, Any]) -> Country:
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


@pytest.mark.parametrize("number", ["2211115002393", "4006381333931", "221111500240", "flat white", ""])
def test_what_is_no_whole_label_of_price_or_weight_names_no_goods(number: str) -> None:
    assert goods_on_label(number, TEMPLATES[Country.DE]) is None


@pytest.mark.parametrize("case", UNCHANGED, ids=lambda case: str(case["value"]))
def test_what_is_no_measured_number_says_no_measure(case: dict[str, Any]) -> None:
    if len(case["value"]) == 14:
        with pytest.raises(LabelError):
            read_measure(case["value"], TEMPLATES[Country.NO])
    else:
        assert read_measure(case["value"], TEMPLATES[Country.NO]) is None


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
        ("212345001233", Kind.IN_STORE),
        ("312345678906", Kind.GOODS),
        ("012345678905", Kind.GOODS),
        ("2112345678900", Kind.IN_STORE),
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
    assert WORLD.kind_of(number) == kind


def test_the_longest_prefix_counts() -> None:
    numbering = Numbering({"2": Kind.IN_STORE, "211": Kind.COUPON})

    assert numbering.kind_of("2112345678900") == Kind.COUPON
    assert numbering.kind_of("2123456789010") == Kind.IN_STORE


def test_measured_goods_are_told_among_the_shops_own_numbers_only() -> None:
    template = Template("21IIIIIIVVVV", Quantity.PRICE, 2)

    assert Numbering({"21": Kind.IN_STORE}, [template]).kind_of("2112345678900") == Kind.MEASURED
    assert Numbering({}, [template]).kind_of("2112345678900") == Kind.GOODS


@pytest.mark.parametrize(
    ("data", "elements", "is_ean", "kind"),
    [
        ("4006381333931", "", True, Kind.GOODS),
        ("4006381333931", "", False, None),
        ("9828508010106", "", False, Kind.COUPON),
        ("9801234567892", "", True, Kind.REFUND_RECEIPT),
        ("2112345678900", "", True, Kind.IN_STORE),
        ("011231231231233310ABC", "011231231231233310ABC", False, Kind.GOODS),
        ("2555412345000150", "2555412345000150", False, Kind.COUPON),
        ("8018123456789012345675", "8018123456789012345675", False, None),
        ("9498010000012345", "", False, None),
        ("", "", True, None),
    ],
)
def test_a_label_names_something_besides_a_card_or_does_not_say(
    data: str,
    elements: str,
    is_ean: bool,  # noqa: FBT001  # a column of the table above
    kind: Kind | None,
) -> None:
    assert named_by(data, read_elements(elements) if elements else (), WORLD, is_ean=is_ean) == kind


@pytest.mark.parametrize("layout", ["22IIIICVVVV", "22IIIIIIIIII", "22IIIXVVVVVV", "22IIICVVVVVV"])
def test_a_layout_that_cannot_be_is_refused(layout: str) -> None:
    with pytest.raises(ConfigError, match="layout"):
        Template(layout, Quantity.PRICE)


@given(st.text("0123456789", min_size=6, max_size=15) | st.text(max_size=15))
def test_any_text_is_a_number_or_a_label_error(text: str) -> None:
    try:
        assert WORLD.kind_of(text) in Kind
        read_measure(text, TEMPLATES[Country.DE])
    except LabelError:
        return
