"""Who a chip is: payment cards first, then its NDEF or its id, and never now the one and now the other."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.chips.apdu import carry_out
from agent.devices.chips.identify import PPSE, PSE, Identification, IdentifyBy, identify
from agent.devices.chips.type4 import NDEF_APPLICATION
from agent.devices.chips.wrappers import Wrapping
from agent.errors import FailureError
from tests.devices.chips.cards import (
    ATR_MEMORY,
    ATR_PROCESSOR,
    FAILED,
    GET_UID,
    NOT_SUPPORTED,
    OK,
    UID,
    Ntag,
    Transmit,
    Type4,
    tlv,
    uri,
)
from tests.devices.chips.vectors import load

ATR_CONTACT = bytes.fromhex("3b6700002920006f789000")
ATR_CLASSIC = bytes.fromhex("3b8f8001804f0ca000000306030001000000006a")
LINK = "https://id.example.com/8018/123456789012345675"
BY_LINK = Identification(LINK.encode(), NDEF_APPLICATION)
BY_UID = Identification(UID)
NDEF, NDEF_OR_UID = IdentifyBy.NDEF, IdentifyBy.NDEF_OR_UID


def who(
    atr: bytes, transmit: Transmit, by: IdentifyBy = IdentifyBy.UID, wrapping: Wrapping = Wrapping.READ_BINARY
) -> Identification:
    return carry_out(identify(atr, by=by, wrapping=wrapping), transmit)


@pytest.mark.parametrize(
    ("atr", "directory"), [(ATR_PROCESSOR, PPSE), (ATR_CONTACT, PSE)], ids=["contactless", "contact"]
)
@pytest.mark.parametrize("answer", ["6f009000", "9000", "6110", "6283"])
@pytest.mark.parametrize("by", list(IdentifyBy))
def test_a_payment_card_is_asked_nothing_else(atr: bytes, directory: bytes, answer: str, by: IdentifyBy) -> None:
    sent: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        sent.append(command)
        return bytes.fromhex(answer)

    assert who(atr, transmit, by) == Identification(b"", directory)
    assert len(sent) == 1
    assert directory in sent[0]


def test_a_memory_card_is_asked_for_its_id_only() -> None:
    case = next(c for c in load("ntag21x.json")["pcsc_standard"] if c["op"] == "UID")
    sent: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        sent.append(command)
        return bytes.fromhex(case["reply"])

    assert who(ATR_MEMORY, transmit).data.hex().upper() + "9000" == case["reply"]
    assert sent == [bytes.fromhex(case["apdu"])]


@pytest.mark.parametrize("by", [NDEF, NDEF_OR_UID])
def test_an_address_on_a_type_4_tag_names_the_card(by: IdentifyBy) -> None:
    assert who(ATR_PROCESSOR, Type4(uri(LINK)).answer, by) == BY_LINK


@pytest.mark.parametrize("by", [NDEF, NDEF_OR_UID])
@pytest.mark.parametrize("wrapping", list(Wrapping))
def test_an_address_on_an_ntag_names_the_card(by: IdentifyBy, wrapping: Wrapping) -> None:
    assert who(ATR_MEMORY, Ntag(tlv(uri(LINK)), reader=wrapping).answer, by, wrapping) == BY_LINK


WITHOUT = [
    (ATR_PROCESSOR, Type4(None).answer),
    (ATR_PROCESSOR, Type4(b"\xd0\x00\x00").answer),
    (ATR_MEMORY, Ntag(bytes.fromhex("0300fe")).answer),
    (ATR_MEMORY, Ntag(tlv(b"\xd2\x01\x01xy")).answer),
    (ATR_CLASSIC, Ntag(b"").answer),
]
KINDS = ["no application", "empty record", "empty tag", "another kind of record", "MIFARE Classic"]


@pytest.mark.parametrize(("atr", "transmit"), WITHOUT, ids=KINDS)
def test_a_chip_without_an_address_is_known_by_its_id_if_the_shop_wants_it(atr: bytes, transmit: Transmit) -> None:
    assert who(atr, transmit, NDEF_OR_UID) == BY_UID


@pytest.mark.parametrize(("atr", "transmit"), WITHOUT, ids=KINDS)
def test_a_chip_without_an_address_is_no_card_otherwise(atr: bytes, transmit: Transmit) -> None:
    with pytest.raises(FailureError, match="holds no web address"):
        who(atr, transmit, NDEF)


def test_a_chip_without_an_id_is_no_card() -> None:
    with pytest.raises(FailureError, match="no unique id"):
        who(ATR_MEMORY, lambda _: NOT_SUPPORTED)


def test_an_id_that_could_not_be_read_is_no_chip_without_one() -> None:
    with pytest.raises(FailureError, match="6300"):
        who(ATR_MEMORY, lambda _: FAILED)


@pytest.mark.parametrize("wrapping", list(Wrapping))
@pytest.mark.parametrize("fault", [b"", b"\x90", FAILED, OK], ids=["nothing", "half", "6300", "no data"])
def test_a_chip_torn_away_is_never_known_by_its_id_in_place_of_its_address(wrapping: Wrapping, fault: bytes) -> None:
    cards: list[tuple[bytes, Ntag | Type4]] = [
        (ATR_MEMORY, Ntag(tlv(uri(LINK)), reader=wrapping)),
        (ATR_PROCESSOR, Type4(uri(LINK))),
    ]
    for atr, card in cards:
        for torn_at in range(1, 20):
            card.commands.clear()

            def transmit(command: bytes, card: Ntag | Type4 = card, torn_at: int = torn_at) -> bytes:
                answer = card.answer(command)
                return fault if len(card.commands) >= torn_at and command != GET_UID else answer

            try:
                found = who(atr, transmit, NDEF_OR_UID, wrapping)
            except FailureError:
                continue
            assert found == BY_LINK or found.application == PPSE


@given(st.sampled_from([ATR_MEMORY, ATR_PROCESSOR, ATR_CONTACT]), st.sampled_from(IdentifyBy), st.data())
def test_any_chip_is_known_by_something_or_a_failure(atr: bytes, by: IdentifyBy, data: st.DataObject) -> None:
    asked = 0

    def transmit(_: bytes) -> bytes:
        nonlocal asked
        asked += 1
        return data.draw(st.binary(max_size=20)) + data.draw(st.sampled_from([OK, OK, NOT_SUPPORTED, b""]))

    with contextlib.suppress(FailureError):
        who(atr, transmit, by)
    assert asked < 300
