"""AES-CMAC against its published cases and a library; LRP's cases are those of whole addresses, in test_keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.chips.sun.primitives import aes, card_key, cmac
from tests.devices.chips.sun.tag import library_cmac

# RFC 4493, 4: one key, a message of 64 bytes in four lengths.
KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_a_published_cmac_comes_out(size: int, expected: str) -> None:
    assert cmac(aes(KEY), MESSAGE[:size]).hex() == expected


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=100))
def test_a_cmac_is_what_a_library_says(key: bytes, message: bytes) -> None:
    assert cmac(aes(key), message) == library_cmac(key, message)


# NXP AN10922, 2.2.1: master key, UID, application and system identifier.
MASTER = bytes.fromhex("00112233445566778899aabbccddeeff")
CARD = bytes.fromhex("04782e21801d80")
SYSTEM = bytes.fromhex("3042f54e585020416275")


def test_the_published_key_of_a_card_comes_out() -> None:
    assert card_key(MASTER, CARD, SYSTEM).hex() == "a8dd63a3b89d54b37ca802473fda9175"


def test_every_card_and_every_system_has_another_key() -> None:
    keys = {card_key(MASTER, uid, system) for uid in (CARD, CARD[::-1]) for system in (b"", SYSTEM[:3], SYSTEM)}

    assert len(keys) == 6


def test_a_short_system_is_padded_to_two_blocks_and_a_full_one_is_not() -> None:
    assert card_key(MASTER, CARD, b"") != library_cmac(MASTER, b"\x01" + CARD)
    assert card_key(MASTER, CARD, bytes(24)) == library_cmac(MASTER, b"\x01" + CARD + bytes(24))
