"""The payment rule, on published test numbers of the brands and on shapes a stripe can have."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.firewall.iin import BRANDS, brand_of
from agent.devices.firewall.payment import luhn_fits, payment_brand, wipe

# Numbers that the brands publish for tests.
TEST_NUMBERS = {
    "4111111111111111": "visa",
    "4242424242424242": "visa",
    "2223003122003222": "mastercard",
    "5105105105105100": "mastercard",
    "371449635398431": "american-express",
    "6011111111111117": "discover",
    "38520000023237": "diners-club",
    "3530111333300000": "jcb",
    "6759649826438453": "maestro",
}


@pytest.mark.parametrize(("number", "brand"), TEST_NUMBERS.items())
def test_a_brands_test_number_is_that_brands(number: str, brand: str) -> None:
    assert luhn_fits(number)
    assert brand_of(number) == brand


@pytest.mark.parametrize("number", list(TEST_NUMBERS))
@pytest.mark.parametrize(
    "around",
    ["{}", " {} ", "card {}!", ";{}=25121010000000000000?", "%B{}^DOE/JANE^25121010000000000000?", "{}D25121010000"],
)
def test_a_payment_number_is_found_wherever_it_stands(number: str, around: str) -> None:
    assert payment_brand(around.format(number)) == TEST_NUMBERS[number]


@pytest.mark.parametrize(
    "typed", ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111 1111 1111 1111 251", "4111 1111 1111 1111 12 25 123"]
)
def test_a_number_typed_in_groups_is_found(typed: str) -> None:
    assert payment_brand(typed) == "visa"


def test_digits_of_other_scripts_are_digits() -> None:
    full_width = "4111111111111111".translate({digit: digit - 0x30 + 0xFF10 for digit in range(0x30, 0x3A)})
    arabic = "4111111111111111".translate({digit: digit - 0x30 + 0x0660 for digit in range(0x30, 0x3A)})

    assert payment_brand(full_width) == payment_brand(arabic) == "visa"


def test_an_unknown_brand_is_found_by_its_stripe() -> None:
    assert payment_brand(";6135320000000007=491210110000316?") == "payment"
    assert payment_brand("%B6135320000000007^MUSTER/ERIKA ^491210100316000000?") == "payment"


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # the check digit does not fit
        "411111111111111",  # no brand has this length
        "9498010000012343",  # a good check digit, and no brand
        ";6135320000000007=491310110000316?",  # the thirteenth month
        ";6135320000000007=491230110000316?",  # no service code begins with 3
        "41111111111111111111111",  # longer than any card number
        "",
        "no digits",
    ],
)
def test_what_is_no_payment_number_is_not_taken_for_one(text: str) -> None:
    assert payment_brand(text) is None


def test_every_brand_has_a_number_that_matches_it() -> None:
    for brand in BRANDS:
        prefix = brand.prefixes.split()[0].partition("-")[0]

        assert brand.match(prefix.ljust(brand.lengths[0], "0")) == len(prefix)


@pytest.mark.parametrize(
    "text", ["1 " * 5000, "4" * 10_000, "%" * 10_000, "123456789012^" * 1000, "1234567890123 " * 800]
)
def test_a_long_text_is_searched_in_bounded_time(text: str) -> None:
    begun = time.monotonic()
    payment_brand(text)

    assert time.monotonic() - begun < 0.5


@given(st.text())
def test_any_text_is_searched_without_raising(text: str) -> None:
    payment_brand(text)
    wipe(text)


@given(st.sampled_from(list(TEST_NUMBERS)), st.text("abc =^;%?", max_size=9))
def test_a_wiped_text_has_no_payment_number(number: str, around: str) -> None:
    assert payment_brand(wipe(f"{around}{number}{around}")) is None
    assert number[:8] not in wipe(f"{around}{number}{around}")
