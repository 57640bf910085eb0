"""Coupons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.gs1.coupons import (
    CouponCode,
    CurrencyCoupon,
    GlobalCoupon,
    SerialisedCoupon,
    read_coupon_code,
    read_currency_coupon,
    read_global_coupon,
    read_serialised_coupon,
)
from agent.devices.gs1.fault import LabelError
from tests.devices.gs1.vectors import cases

READERS: dict[str, Callable[[str], object]] = {
    "couponcode": read_coupon_code,
    "couponposoffer": read_serialised_coupon,
}
CASES = [case for case in cases("coupons.json", "cases") if case["linter"] in READERS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['value']}-{case.get('error', 'ok')}")
def test_a_coupon_is_read_or_refused_as_published(case: dict[str, Any]) -> None:
    read = READERS[case["linter"]]
    if case["ok"]:
        assert read(case["value"])
    else:
        with pytest.raises(LabelError):
            read(case["value"])


@pytest.mark.parametrize("case", cases("coupons.json", "decoded_8112"), ids=lambda case: str(case["value"]))
def test_a_serialised_coupon_has_its_fields(case: dict[str, Any]) -> None:
    assert read_serialised_coupon(case["value"]) == SerialisedCoupon(
        case["format"], case["funder_id"], case["offer_code"], case["serial"]
    )


def test_a_north_american_coupon_has_its_fields() -> None:
    value = "106141410012471011076011110850921108609310123191000"

    assert read_coupon_code(value) == CouponCode(
        company_prefix="0614141", offer_code="001247", save_value="0", expires="101231"
    )


def test_a_global_coupon_number_may_have_a_serial() -> None:
    assert read_global_coupon("5412345000150") == GlobalCoupon("5412345000150", "")
    assert read_global_coupon("5412345000150123456") == GlobalCoupon("5412345000150", "123456")
    for wrong in ("5412345000151", "541234500015", "5412345000150" + "1" * 13, "541234500015O"):
        with pytest.raises(LabelError):
            read_global_coupon(wrong)


def test_a_common_currency_coupon_says_its_worth() -> None:
    assert read_currency_coupon("9828508010106") == CurrencyCoupon("8508", "01", value=10, decimals=2)
    assert read_currency_coupon("9811234125008") == CurrencyCoupon("1234", "12", value=500, decimals=1)
    for wrong in ("9828508010107", "9801234567892", "5901234123457", ""):
        with pytest.raises(LabelError):
            read_currency_coupon(wrong)


@given(st.text("0123456789", max_size=80) | st.text(max_size=20))
def test_any_text_is_a_coupon_or_a_label_error(text: str) -> None:
    for read in (read_coupon_code, read_serialised_coupon, read_global_coupon, read_currency_coupon):
        try:
            read(text)
        except LabelError:
            continue
