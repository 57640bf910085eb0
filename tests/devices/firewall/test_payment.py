"""The payment rule, on published test numbers of the brands and on shapes a stripe can have."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from agent.devices.firewall.iin import brand_of
from agent.devices.firewall.payment import luhn_fits, payment_brand, wipe

LISTED: dict[str, Any] = json.loads((Path(__file__).parent / "brands.json").read_text())
TEST_NUMBERS: dict[str, str] = LISTED["test_numbers"]


def naive_brand(text: str) -> str | None:
    """Part 1 of the rule, word by word: every group, and every neighbours read as one, is looked at by itself."""
    for chain in re.split(r"(?:(?![ .-]{0,3}[0-9]|[0-9]).)+|[ .-]{4,}", text, flags=re.DOTALL):
        groups = [group for group in re.split("[ .-]+", chain) if group]
        for first in range(len(groups)):
            for number in accumulate(groups[first:]):
                if 12 <= len(number) <= 19 and luhn_fits(number) and (brand := brand_of(number)):
                    return brand
    return None


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


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111\r\n1111 1111",
        "4111\t1111\t1111\t1111",
        "4111 - 1111 - 1111 - 1111",
        "4111.1111.1111.1111",
        "4111\xa01111\u20111111\u20091111",
        ";41111111?;11111111?",
        "%41111111?\r;11111111?",
        ";411111111111?+1111?",
    ],
)
def test_a_number_may_run_on_over_lines_and_tracks(text: str) -> None:
    assert payment_brand(text) == "visa"


@pytest.mark.parametrize(
    "text", ["4111 1111 1111, 1111", "41111111=11111111", "4111 1111    1111 1111", "4111a11111111111"]
)
def test_numbers_that_stand_apart_are_not_read_as_one(text: str) -> None:
    assert payment_brand(text) is None


@given(
    st.lists(
        st.text("0123456789", min_size=1, max_size=6)
        | st.sampled_from(["4111", "1111", "65", "60", "0", "3714", "496353", "98431", *TEST_NUMBERS])
        | st.sampled_from([" ", "-", ".", " - ", "    ", "x", "=", ""]),
        max_size=40,
    ).map("".join)
)
@example("4111 1111 1111 1111")
@example("0-371449635398431.0")
@example("631424 - 000000")
def test_numbers_are_found_as_by_looking_at_each_by_itself(text: str) -> None:
    assume("=" not in text)  # a stripe's shape is the other part of the rule

    assert payment_brand(text) == naive_brand(text)


@given(st.text())
def test_any_text_is_searched_without_raising(text: str) -> None:
    payment_brand(text)
    wipe(text)


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach 192.168.100.200: refused",
        "/dev/serial/by-id/usb-Zebra_DS2208_21-if00",
        "no answer within 5 s, 3 of 4 tries",
    ],
)
def test_what_a_driver_says_of_its_device_stays_readable(text: str) -> None:
    assert wipe(text) == text


@given(st.sampled_from(list(TEST_NUMBERS)), st.text("abc =^;%?.", max_size=9))
@example("4111.1111.1111.1111", "")
@example("b'4111111111111111'", " ")
@example("52, 49, 49, 49, 49, 49, 49, 49, 49, 49, 49, 49, 49, 49, 49, 49", "[")
def test_a_wiped_text_has_no_payment_number(number: str, around: str) -> None:
    assert payment_brand(wipe(f"{around}{number}{around}")) is None
    assert number[:8] not in wipe(f"{around}{number}{around}")
