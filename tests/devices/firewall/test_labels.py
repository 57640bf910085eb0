"""Scanned labels: what may be the number of a card, and where a payment number may stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Category, Read
from agent.devices.firewall.labels import read_label
from agent.devices.firewall.recognise import (
    FOREIGN,
    NAMED,
    SCAN_AGAIN,
    BadRead,
    BankCard,
    NotOurs,
    OwnCard,
    Recognised,
    recognise,
)
from agent.devices.gs1.numbers import Kind
from agent.devices.gs1.settings import LabelSettings
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
    ("text", "kind"),
    [
        ("]C12551234567890128", Kind.COUPON),
        (f"]C1255{MAESTRO_LIKE}", Kind.COUPON),
        ("]e08112001234561234560123456", Kind.COUPON),
        ("]e08110106141410012471011076011110850921108609310123191000", Kind.COUPON),
        ("]Q1https://id.example.com/255/1234567890128", Kind.COUPON),
        ("]E09828508010106", Kind.COUPON),
        ("9801234567892", Kind.REFUND_RECEIPT),
        ("9901234567899", Kind.COUPON),
        ("]E00512345000015", Kind.COUPON),
        ("]E05901234123457", Kind.GOODS),
        ("]E02112345678900", Kind.IN_STORE),
    ],
)
def test_what_another_label_names_is_told(text: str, kind: Kind) -> None:
    assert scanned(text) == NotOurs(NAMED[kind])


def test_a_shop_says_what_its_own_numbers_are() -> None:
    shop = LabelSettings(layouts=("22IIIICVVVVV price 2",), coupons=("29",), in_store=("20-28",)).numbering()

    def told(text: bytes) -> Recognised:
        return recognise(Read("s", Category.SCANNER, text, 0), (), shop)

    assert told(b"]E02212345678907") == NotOurs(NAMED[Kind.MEASURED])
    assert told(b"]E02912345678906") == NotOurs(NAMED[Kind.COUPON])


def test_a_shop_may_have_cards_in_the_range_of_coupons() -> None:
    own = (CardRange("99", 13, Check.EAN),)

    assert recognise(Read("s", Category.SCANNER, b"9901234567899", 0), own) == OwnCard("9901234567899", Source.NUMBER)


@pytest.mark.parametrize(
    "text",
    [
        f"]C1414{MAESTRO_LIKE}",
        f"]Q1https://a.b/414/{MAESTRO_LIKE}",
    ],
)
def test_a_number_with_gs1s_own_check_digit_is_no_payment_number(text: str) -> None:
    assert scanned(text) == NotOurs(FOREIGN)


@pytest.mark.parametrize("more", ["", "|]e099COMPOSITE"])
def test_goods_are_goods_though_their_number_passes_for_a_payment_card(more: str) -> None:
    assert scanned(f"]E0{MAESTRO_LIKE}{more}") == NotOurs(NAMED[Kind.GOODS])


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
