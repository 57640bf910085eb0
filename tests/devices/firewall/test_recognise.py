"""Whose card it is, for everything that is read or typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Category, Read
from agent.devices.firewall.recognise import (
    CHIP,
    FOREIGN,
    NAMED,
    NO_CARD,
    NOT_A_UID,
    RANDOM_UID,
    SCANNER_ANSWER,
    SWIPE_AGAIN,
    TWO_CARDS,
    BadRead,
    BankCard,
    NotOurs,
    OwnCard,
    Recognised,
    VoucherCode,
    recognise,
)
from agent.devices.gs1.numbers import Kind
from agent.journal.codes import Serial, kind_tag, long_code, shop_tag, typed_code
from agent.loyalty.cards import CardRange, Check, Source

SWIPES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "swipes.json").read_text())["swipes"]
VISA = "4111111111111111"  # published by the brand for tests
VOUCHER = Serial(kind_tag("five-off"), "2024-12-31", 123_456_789)
LONG = long_code(VOUCHER, shop_tag("corner"), Ed25519PrivateKey.from_private_bytes(bytes(32)))
TYPED = typed_code(VOUCHER, bytes(32))

OWN = (
    CardRange("9498", 16),
    CardRange("29", 13, Check.EAN),
    CardRange("04", 12, Check.EAN),
    CardRange("04", 14, source=Source.CHIP),
)


def swiped(text: str) -> Recognised:
    return recognise(Read("msr", Category.MSR, text.encode("latin-1"), 0), OWN)


def scanned(text: str) -> Recognised:
    return recognise(Read("scanner", Category.SCANNER, text.encode("latin-1"), 0), OWN)


def tapped(uid: str) -> Recognised:
    return recognise(Read("nfc", Category.SMART_CARD_RW, bytes.fromhex(uid), 0), OWN)


@pytest.mark.parametrize("swipe", SWIPES, ids=lambda swipe: str(swipe["id"]))
def test_a_payment_swipe_is_told_from_any_other(swipe: dict[str, Any]) -> None:
    read = Read("msr", Category.MSR, swipe["input"].encode("latin-1"), 0)

    assert isinstance(recognise(read, ()), BankCard) == swipe["is_payment"]


@pytest.mark.parametrize(
    "text",
    [
        ";9498010000012345?\r",
        ";9498010000012345=49121010000?\r",
        "%A9498010000012345^DOE/JANE^4912?",
        "%A9498 0100 0001 2345^DOE/JANE^4912?",
        "%9498010000012345?",
        "%E?;9498010000012345?",
        "%A9498010000012345^DOE/JANE^4912?;9498010000012345?",
        ";9498010000012345?\r;9498010000012345?\r",
        "%E?;E?+9498010000012345?",
    ],
)
def test_an_own_card_is_found_on_any_track(text: str) -> None:
    assert swiped(text) == OwnCard("9498010000012345", Source.NUMBER)


def test_a_half_swipe_is_never_guessed_at() -> None:
    assert swiped(";9498010000012345") == BadRead(SWIPE_AGAIN)
    assert swiped("%E?;E?") == BadRead(SWIPE_AGAIN)


def test_two_own_cards_in_one_swipe_are_neither() -> None:
    assert swiped(";9498010000012345?\r;9498010000099999?\r") == BadRead(TWO_CARDS)


def test_an_own_range_comes_before_the_payment_rule() -> None:
    own = (CardRange("4111", 16),)

    assert recognise(VISA, own) == OwnCard(VISA, Source.NUMBER)


def test_another_shops_card_is_not_ours() -> None:
    assert swiped(";636294000000000000027?") == NotOurs(FOREIGN)
    assert scanned("2012345678901") == NotOurs(FOREIGN)
    assert recognise("123456", OWN) == NotOurs(FOREIGN)


@pytest.mark.parametrize("text", ["2901234567896", "]E02901234567896", "]C02901234567896", " 2901234567896\r"])
def test_an_own_barcode_is_found_with_and_without_its_identifier(text: str) -> None:
    assert scanned(text) == OwnCard("2901234567896", Source.NUMBER)


def test_an_own_barcode_with_a_wrong_check_digit_is_not_ours() -> None:
    assert scanned("2901234567897") == NotOurs(FOREIGN)


def test_a_upc_card_is_found_though_the_scanner_sends_thirteen_digits() -> None:
    assert scanned("]E00041234567891") == scanned("041234567891") == OwnCard("041234567891", Source.NUMBER)


def test_goods_that_look_like_a_payment_number_are_told_by_their_identifier() -> None:
    assert scanned("]E05901234123457") == NotOurs(NAMED[Kind.GOODS])
    assert scanned("5901234123457") == BankCard("maestro")  # without it there is no telling


def test_a_payment_number_in_a_barcode_is_a_payment_card() -> None:
    assert scanned(VISA) == BankCard("visa")
    assert scanned(f"]Q1{VISA}") == BankCard("visa")


@pytest.mark.parametrize("before", ["", "]Q1", "]C0"])
@pytest.mark.parametrize("code", [LONG, TYPED])
def test_a_code_of_the_shape_of_a_vouchers_is_handed_on(before: str, code: str) -> None:
    assert scanned(before + code) == VoucherCode(code)
    assert code not in repr(scanned(before + code))


def test_a_code_that_is_swiped_or_typed_where_a_card_belongs_is_no_card() -> None:
    assert recognise(LONG, OWN) == NotOurs(FOREIGN)
    assert not isinstance(recognise(Read("msr", Category.MSR, LONG.encode(), 0), OWN), VoucherCode)


def test_what_the_scanner_says_of_itself_is_no_label() -> None:
    assert scanned("]Z6REV_WA:1.0") == NotOurs(SCANNER_ANSWER)


def test_an_empty_read_is_read_again() -> None:
    assert scanned("]C1") == BadRead(NO_CARD)
    assert scanned("\r") == BadRead(NO_CARD)
    assert recognise("  ", OWN) == BadRead(NO_CARD)


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        ("04a1b2c3d4e5f6", OwnCard("04A1B2C3D4E5F6", Source.CHIP)),
        ("05a1b2c3d4e5f6", NotOurs(FOREIGN)),
        ("08a1b2c3", NotOurs(RANDOM_UID)),
        ("00000000000000", BadRead(NOT_A_UID)),
        ("", BadRead(NOT_A_UID)),
        ("04a1b2", BadRead(NOT_A_UID)),
    ],
)
def test_a_chip_is_known_by_its_unique_id(uid: str, expected: Recognised) -> None:
    assert tapped(uid) == expected


def test_a_number_range_does_not_cover_a_chip() -> None:
    read = Read("nfc", Category.SMART_CARD_RW, bytes.fromhex("04a1b2c3d4e5f6"), 0)

    assert recognise(read, (CardRange("04", 14),)) == NotOurs(FOREIGN)


def test_a_chip_with_a_payment_application_is_a_bank_card() -> None:
    read = Read("nfc", Category.SMART_CARD_RW, b"", 0, b"2PAY.SYS.DDF01")

    assert recognise(read, OWN) == BankCard(CHIP)


@pytest.mark.parametrize("typed", ["9498010000012345", " 9498 0100 0001 2345 ", "9498-0100-0001-2345"])
def test_a_typed_number_may_be_grouped(typed: str) -> None:
    assert recognise(typed, OWN) == OwnCard("9498010000012345", Source.NUMBER)


def test_a_swipe_typed_into_a_field_is_still_a_payment_card() -> None:
    assert recognise(f"%B{VISA}^DOE/JANE^25121010000?", OWN) == BankCard("visa")


@pytest.mark.parametrize("category", [Category.MSR, Category.SCANNER, Category.SMART_CARD_RW])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_recognised_as_something(category: Category, data: bytes) -> None:
    recognise(Read("reader", category, data, 0), OWN)


@given(st.sampled_from([VISA, "371449635398431", "38520000023237"]), st.text("%B;=^?+ \r", max_size=12), st.booleans())
def test_no_digit_of_a_payment_card_is_in_what_is_returned(number: str, around: str, keyed: bool) -> None:  # noqa: FBT001
    text = f"{around}{number}{around}"
    seen = recognise(text, OWN) if keyed else swiped(text)

    assert not re.search(r"[0-9]", repr(seen).replace("OwnCard", ""))


def test_a_reads_repr_does_not_show_its_data() -> None:
    assert VISA not in repr(Read("msr", Category.MSR, VISA.encode(), 0))
