"""What a chip says, after the firewall: its NDEF is judged as a label is, its id as an id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Category, Read
from agent.devices.chips.sun.keys import SunKeys
from agent.devices.chips.type4 import NDEF_APPLICATION
from agent.devices.firewall.recognise import (
    CHIP,
    FOREIGN,
    NO_CARD,
    UNPROVEN,
    BadRead,
    BankCard,
    NotOurs,
    OwnCard,
    Recognised,
    recognise,
)
from agent.loyalty.cards import CardRange, Check, Source
from tests.devices.chips.sun.tag import FILE_KEY, META_KEY, UID, address

OWN = (
    CardRange("9498", 16),
    CardRange("9524999", 18, Check.EAN),
    CardRange("04", 14, source=Source.CHIP),
)
MEMBER = "952499909876543210"  # a Global Service Relation Number with its check digit
VISA = "4111111111111111"  # published by the brand for tests


SUN = SunKeys(FILE_KEY, META_KEY)


def tapped(data: str | bytes, application: bytes = NDEF_APPLICATION, *, sun: SunKeys | None = None) -> Recognised:
    data = data.encode() if isinstance(data, str) else data
    return recognise(Read("nfc", Category.SMART_CARD_RW, data, 0, application), OWN, sun=sun)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9498010000012345", "9498010000012345"),
        (f"https://id.example.com/8018/{MEMBER}", MEMBER),
        (f"https://example.com/loyalty/8018/{MEMBER}?8019=1", MEMBER),
        ("\uff19\uff14\uff19\uff18010000012345", "9498010000012345"),
    ],
    ids=["own range", "Digital Link", "Digital Link with a path", "full-width digits"],
)
def test_an_own_number_in_an_ndef_is_a_card_by_its_number(text: str, number: str) -> None:
    assert tapped(text) == OwnCard(number, Source.NUMBER)


@pytest.mark.parametrize(
    "text", [VISA, f"https://example.com/?pan={VISA}", "4111 1111 1111 1111", "\uff14" + VISA[1:], f"https://x/{VISA}"]
)
def test_a_payment_number_in_an_ndef_ends_here(text: str) -> None:
    found = tapped(text)

    assert found == BankCard("visa")
    assert VISA not in repr(found)


@pytest.mark.parametrize(
    "text", ["https://example.com", f"https://example.com/8018/{MEMBER[:-1]}7", "Hello", b"\xff\xfe"]
)
def test_any_other_ndef_is_not_ours(text: str | bytes) -> None:
    assert tapped(text) == NotOurs(FOREIGN)


def test_an_empty_ndef_is_no_card() -> None:
    assert tapped("") == BadRead(NO_CARD)


def test_an_id_in_an_ndef_is_no_id() -> None:
    assert tapped(bytes.fromhex("04a1b2c3d4e5f6")) == NotOurs(FOREIGN)
    assert tapped("04A1B2C3D4E5F6") == NotOurs(FOREIGN)
    assert tapped(bytes.fromhex("04a1b2c3d4e5f6"), b"") == OwnCard("04A1B2C3D4E5F6", Source.CHIP)


def test_what_another_application_holds_is_no_id() -> None:
    assert tapped(bytes.fromhex("04a1b2c3d4e5f6"), b"\xa0\x00") == NotOurs(FOREIGN)


def test_a_payment_application_is_a_bank_card_whatever_it_holds() -> None:
    assert tapped("9498010000012345", b"2PAY.SYS.DDF01") == BankCard(CHIP)


# -- chips that prove themselves -------------------------------------------------------------------------------------


def test_a_chip_that_proves_itself_is_known_by_its_id_and_its_tap() -> None:
    assert tapped(address(61), sun=SUN) == OwnCard(UID.hex().upper(), Source.CHIP, tap=61)


def test_a_forged_proof_is_no_card_and_nothing_of_it_is_kept() -> None:
    forged = address(61)[:-1] + "G"
    found = tapped(f"{forged}&pan={VISA}", sun=SUN)

    assert found == NotOurs(UNPROVEN)
    assert VISA not in repr(found)


def test_a_proof_of_another_shop_is_no_card() -> None:
    assert tapped(address(61), sun=SunKeys(META_KEY, META_KEY)) == NotOurs(UNPROVEN)


def test_a_chip_that_proves_itself_and_is_in_no_range_is_not_ours() -> None:
    assert tapped(address(1, uid=b"\x05" + UID[1:]), sun=SUN) == NotOurs(FOREIGN)


def test_without_keys_an_address_that_would_be_a_proof_is_one_like_any_other() -> None:
    assert tapped(address(61)) == tapped("https://club.example/t") == NotOurs(FOREIGN)


@pytest.mark.parametrize(
    ("data", "application", "found"),
    [
        (f"https://id.example.com/8018/{MEMBER}", NDEF_APPLICATION, OwnCard(MEMBER, Source.NUMBER)),
        ("\uff19\uff14\uff19\uff18010000012345", NDEF_APPLICATION, OwnCard("9498010000012345", Source.NUMBER)),
        (UID, b"", OwnCard(UID.hex().upper(), Source.CHIP)),
        (VISA, NDEF_APPLICATION, BankCard("visa")),
    ],
)
def test_with_keys_every_other_chip_is_what_it_was_and_proves_nothing(
    data: str | bytes, application: bytes, found: Recognised
) -> None:
    assert tapped(data, application, sun=SUN) == tapped(data, application) == found


def test_a_copied_proof_in_a_label_or_typed_proves_nothing() -> None:
    scanned = Read("scanner", Category.SCANNER, address(1).encode(), 0)

    assert recognise(scanned, OWN, sun=SUN) == recognise(address(1), OWN, sun=SUN) == NotOurs(FOREIGN)


@given(st.binary(min_size=1))
def test_any_bytes_on_a_chip_prove_nothing(data: bytes) -> None:
    real = address(1).encode()
    for seen in (data, real + b"&cmac=" + data, real.replace(b"cmac=", b"cmac=" + data)):
        found = tapped(seen, sun=SUN)

        assert not isinstance(found, OwnCard) or found.tap is None
