"""What an answer to reset says, on every published one."""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.chips.atr import StorageCard, is_contactless, storage_card
from tests.devices.chips.vectors import load

VECTORS = load("atr_contactless.json")
CLASSIC = bytes.fromhex("3b8f8001804f0ca000000306030001000000006a")


def atr_of(code: str) -> bytes:
    body = bytes.fromhex("8f8001804f0ca00000030603" + code + "00000000")
    return b"\x3b" + body + bytes([reduce(xor, body)])


@pytest.mark.parametrize("case", VECTORS["names"], ids=lambda case: case["nn"])
def test_every_published_name_is_known(case: dict[str, str]) -> None:
    card = storage_card(atr_of(case["nn"]))

    assert card is not None
    assert card.name == case["name"].replace("Card name not given", "a card without a name")


@pytest.mark.parametrize("case", VECTORS["examples_computed_tck"], ids=lambda case: case["name"])
def test_a_published_memory_card_is_known_by_its_answer(case: dict[str, str]) -> None:
    assert storage_card(bytes.fromhex(case["atr"])) == StorageCard(0x03, int(case["nn"], 16))


@pytest.mark.parametrize("at", range(1, len(CLASSIC)))
def test_an_answer_with_a_wrong_check_byte_names_no_memory_card(at: int) -> None:
    damaged = bytearray(CLASSIC)
    damaged[at] ^= 0x01

    assert storage_card(bytes(damaged)) is None


@pytest.mark.parametrize("case", VECTORS["loyalty_card_atrs_in_list"], ids=lambda case: case["name"])
def test_a_loyalty_card_with_a_processor_is_no_memory_card(case: dict[str, str]) -> None:
    atr = bytes.fromhex(case["atr_regex"])

    assert storage_card(atr) is None
    assert is_contactless(atr) == (case["atr_regex"][3] == "8" and case["atr_regex"][6:11] == "80 01")


def test_a_desfire_is_contactless_and_no_memory_card() -> None:
    atr = bytes.fromhex(VECTORS["iso14443_4_typeA"]["desfire_ev1_plus"])

    assert is_contactless(atr)
    assert storage_card(atr) is None


@pytest.mark.parametrize(
    ("card", "may_hold_ndef"),
    [
        (StorageCard(0x03, 0x0003), True),
        (StorageCard(0x03, 0x003D), True),
        (StorageCard(0x00, 0x0000), True),
        (StorageCard(0x03, 0x0001), False),
        (StorageCard(0x0B, 0x0014), False),
    ],
)
def test_only_ultralight_and_ntag_may_be_type_2_tags(card: StorageCard, *, may_hold_ndef: bool) -> None:
    assert card.is_type_2 == may_hold_ndef


@pytest.mark.parametrize("code", [0x0005, 0x1234])
def test_a_name_that_nobody_published_is_shown_as_its_code(code: int) -> None:
    assert f"{code:04X}" in StorageCard(0x03, code).name


@given(st.binary(max_size=40))
def test_any_answer_to_reset_is_judged(atr: bytes) -> None:
    card: Any = storage_card(atr)

    assert card is None or card.name
    assert is_contactless(atr) in {True, False}
