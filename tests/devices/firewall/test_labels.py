"""Scanned labels: what may be the number of a card, and where a payment number may stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Category, Read
from agent.devices.firewall.labels import read_label
from agent.devices.firewall.recognise import (
    COUPON,
    FOREIGN,
    SCAN_AGAIN,
    BadRead,
    BankCard,
    NotOurs,
    OwnCard,
    recognise,
)
from agent.loyalty.cards import CardRange, Check, Source

GSRN = "940123456789012342"
MEMBERS = (CardRange("9401234", 18, Check.EAN), CardRange("29", 13, Check.EAN))
VISA = "4111111111111111"  # published by the brand for tests
MAESTRO_LIKE = "5901234123457"  # goods whose number passes for a short Maestro number


def scanned(text: str) -> object:
    return recognise(Read("scanner", Category.SCANNER, text.encode("latin-1"), 0), MEMBERS)


@pytest.mark.parametrize(
    "text",
    [
        f"]C18018{GSRN}",
        f"]e08018{GSRN}\x1d",
        f"]Q38018{GSRN}\x1d80191",
        f"]d210ABC\x1d8018{GSRN}",
        f"]Q1https://id.example.com/8018/{GSRN}",
        f"]d1HTTPS://ID.EXAMPLE.COM/8018/{GSRN}?linkType=all",
        f"https://id.example.com/loyalty/8018/{GSRN}/8019/1\r",
        GSRN,
        f"]C0{GSRN}",
    ],
)
def test_a_member_is_found_by_the_eighteen_digits_of_the_card(text: str) -> None:
    assert scanned(text) == OwnCard(GSRN, Source.NUMBER)


@pytest.mark.parametrize(
    "text", [f"]C18018{GSRN[:-1]}3", f"]C18018{GSRN[:-1]}", f"]C18018{GSRN}\x1d99", "]E02901234567897", "]E0290123"]
)
def test_a_label_that_was_not_read_whole_is_scanned_again(text: str) -> None:
    assert scanned(text) == BadRead(SCAN_AGAIN)


@pytest.mark.parametrize(
    "text",
    [
        f"8018{GSRN}",  # raw digits are no elements
        f"]C08018{GSRN}",
        "]C18018123456789012345675",  # another programme's member
        f"]C18017{GSRN}",  # who gives a service, not who receives it
        "]Q1https://example.com/about",
        f"]Q1https://example.com/8018/{GSRN[:-1]}3",
        "]E04006381333931",
        "9828508010107",  # a coupon's check digit would be 6
    ],
)
def test_what_is_no_member_of_ours_is_not_ours(text: str) -> None:
    assert scanned(text) == NotOurs(FOREIGN)


@pytest.mark.parametrize(
    "text",
    [
        f"]C1{VISA}",
        f"]C191{VISA}",
        f"]C12531234567890128{VISA}",
        f"]E0{MAESTRO_LIKE}|]e099{VISA}",
        f"]Q1https://a.b/8018/{GSRN[:-1]}3?pan={VISA}",
        f"]Q1https://a.b/8018/123456789012345675?pan={VISA}",
    ],
)
def test_a_payment_number_is_found_wherever_a_label_can_hold_one(text: str) -> None:
    assert scanned(text) == BankCard("visa")


@pytest.mark.parametrize(
    "text",
    [
        "]C12551234567890128",
        f"]C1255{MAESTRO_LIKE}",
        "]e08112001234561234560123456",
        "]e08110106141410012471011076011110850921108609310123191000",
        "]Q1https://id.example.com/255/1234567890128",
        "]E09828508010106",
        "9801234567892",
        "9901234567899",
        "]E00512345000015",
    ],
)
def test_a_coupon_is_told_from_a_card(text: str) -> None:
    assert scanned(text) == NotOurs(COUPON)


def test_a_shop_may_have_cards_in_the_range_of_coupons() -> None:
    own = (CardRange("99", 13, Check.EAN),)

    assert recognise(Read("s", Category.SCANNER, b"9901234567899", 0), own) == OwnCard("9901234567899", Source.NUMBER)


@pytest.mark.parametrize(
    "text",
    [
        f"]E0{MAESTRO_LIKE}",
        f"]E0{MAESTRO_LIKE}|]e099COMPOSITE",
        f"]C1414{MAESTRO_LIKE}",
        f"]Q1https://a.b/414/{MAESTRO_LIKE}",
    ],
)
def test_a_number_with_gs1s_own_check_digit_is_no_payment_number(text: str) -> None:
    assert scanned(text) == NotOurs(FOREIGN)


def test_a_composite_symbol_stands_for_its_first_part() -> None:
    assert scanned("]E02901234567896|]e099COMPOSITE") == OwnCard("2901234567896", Source.NUMBER)


def test_a_labels_repr_does_not_show_its_data() -> None:
    assert VISA not in repr(read_label(f"]C191{VISA}"))


@given(
    st.text(max_size=60) | st.builds("]{}{}".format, st.sampled_from(["C1", "E0", "Q1", "Q3"]), st.text(max_size=60))
)
def test_any_text_is_a_label(text: str) -> None:
    label = read_label(text)

    assert label.data in text
    assert all(isinstance(reading, str) for reading in label.readings)
    assert isinstance(label.searched, str)
