"""Swipes as readers send them: ends, framing, LRC (stripes.json), the card drawn there and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Category, Read
from agent.devices.firewall.recognise import BadRead, NotOurs, OwnCard, recognise
from agent.devices.firewall.tracks import split_tracks
from agent.devices.swipes import DoubleSwipes, is_swipe_end, lrc_of, tidy_swipe, without_lrc
from agent.loyalty.cards import CardRange, Source

STRIPES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "stripes.json").read_text())["stripes"]
CARD, OTHER = b";9498010000012345?", b";9498010000099999?"


OWN = (CardRange("9498", 16),)
SWIPE = b"%A9498010000012345^DOE/JANE^?" + CARD


def from_bits(groups: list[str], low: int) -> str:
    assert all(group.count("1") % 2 == 1 for group in groups)
    return "".join(chr(low + int(group[-2::-1], 2)) for group in groups)


@pytest.mark.parametrize("stripe", STRIPES, ids=lambda stripe: str(stripe["text"]))
def test_the_lrc_is_the_one_on_the_stripe(stripe: dict[str, Any]) -> None:
    assert from_bits(stripe["groups"], 0x20 if stripe["track"] == 1 else 0x30) == stripe["text"] + stripe["lrc"]
    assert lrc_of(stripe["text"]) == stripe["lrc"]
    assert without_lrc(stripe["text"] + stripe["lrc"]) == stripe["text"]


@pytest.mark.parametrize("stripe", STRIPES, ids=lambda stripe: str(stripe["text"]))
def test_one_wrong_character_is_noticed(stripe: dict[str, Any]) -> None:
    text: str = stripe["text"]
    flipped = text[:3] + chr(ord(text[3]) ^ 1) + text[4:] + stripe["lrc"]

    assert without_lrc(flipped) == f"{text[0]}E?"


def test_every_track_has_its_own_lrc() -> None:
    text = ";222?" + lrc_of(";222?") + "\r+333?" + lrc_of("+333?") + "\r"

    assert without_lrc("%E?" + text) == "%E?;222?\r+333?\r"
    assert without_lrc(";222?5+333?" + lrc_of("+333?")) == ";E?+333?"
    assert without_lrc(";222?") == ";E?"


def test_a_readers_plus_is_a_semicolon_on_the_stripe() -> None:
    assert lrc_of("+333?") == lrc_of(";333?")


def test_a_track_in_a_foreign_alphabet_has_no_lrc() -> None:
    assert lrc_of(";abc?") == lrc_of("%a\xff?") == ""


@pytest.mark.parametrize(
    "text", ["%111?;222?+333?\r", "%111?\r;222?\r+333?\r", "%E?;222?+E?\n", "\x02\x1b%111?;222?0\r\x03"]
)
def test_a_swipe_is_over_when_nothing_can_follow(text: str) -> None:
    ends = [is_swipe_end(bytearray(text[: i + 1].encode()), one_line=False) for i in range(len(text))]

    assert ends == [False] * (len(text) - 1) + [True]


def test_only_a_reader_of_one_line_ends_a_swipe_with_its_first_return() -> None:
    assert is_swipe_end(bytearray(CARD + b"\r"), one_line=True)
    assert not is_swipe_end(bytearray(CARD + b"\r"), one_line=False)
    assert not is_swipe_end(bytearray(CARD), one_line=True)


@pytest.mark.parametrize(
    ("received", "swipe"),
    [
        (CARD + b"\r\n", CARD),
        (b"\x02\x1b" + CARD + b"\r\x03", CARD),
        (b"\x02\x1b" + CARD + b"0\r\x03", CARD + b"0"),
        (b"%111?\r" + CARD + b"\r", b"%111?\r" + CARD),
        (b"\x02\x1b1\r\x03", b""),
        (b"\r\n", b""),
        (b"94980100", b"94980100"),
    ],
)
def test_framing_is_taken_off(received: bytes, swipe: bytes) -> None:
    assert tidy_swipe(received) == swipe


def test_a_card_drawn_back_is_the_same_card() -> None:
    doubles = DoubleSwipes(60)

    assert [doubles.is_double(swipe) for swipe in (CARD, CARD, CARD)] == [False, True, True]


def test_a_second_card_is_never_swallowed_nor_the_first_one_after_it() -> None:
    doubles = DoubleSwipes(60)

    assert not any(doubles.is_double(swipe) for swipe in (CARD, OTHER, CARD, OTHER))


def test_a_torn_swipe_is_heard_every_time() -> None:
    doubles = DoubleSwipes(60)

    assert not any(doubles.is_double(swipe) for swipe in (b"%E?;E?", b"%E?;E?", b";9498", b";9498"))


def test_after_a_while_the_same_card_counts_again() -> None:
    doubles = DoubleSwipes(0)

    assert not any(doubles.is_double(CARD) for _ in range(2))


def test_no_digits_are_kept_of_a_swipe() -> None:
    doubles = DoubleSwipes(60)
    doubles.is_double(CARD)

    assert "9498" not in repr(vars(doubles))


@given(st.binary(max_size=600))
def test_any_bytes_are_handled_without_raising(received: bytes) -> None:
    swipe = tidy_swipe(received)
    text = without_lrc(swipe.decode("latin-1"))

    assert swipe in received
    assert len(text) <= max(3 * len(swipe), 3)
    assert len(split_tracks(text).tracks) <= len(swipe)
    assert isinstance(is_swipe_end(bytearray(received or b"x"), one_line=False), bool)
    DoubleSwipes(1).is_double(swipe)


@given(st.integers(0, len(SWIPE)), st.integers(0, len(SWIPE)))
def test_a_swipe_with_a_piece_missing_is_the_right_card_or_none(one: int, other: int) -> None:
    first, last = sorted((one, other))
    torn = SWIPE[:first] + SWIPE[last:]
    seen = recognise(Read("msr", Category.MSR, tidy_swipe(torn), 0), OWN)

    assert seen == OwnCard("9498010000012345", Source.NUMBER) or isinstance(seen, (BadRead, NotOurs))
