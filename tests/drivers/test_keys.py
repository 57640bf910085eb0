"""From keys to text: layouts, Shift, Caps Lock, AltGr, the keypad, Alt codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers._evdev import Key
from drivers._keys import Layout, Typist
from tests.drivers.keyboard import CASES, keys_for

SHIFT, CTRL, ALT, ALT_GR, CAPS_LOCK, NUM_LOCK = 42, 29, 56, 100, 58, 69
KEYPAD = {"0": 82, "1": 79, "2": 80, "3": 81, "4": 75, "5": 76, "6": 77, "7": 71, "8": 72, "9": 73}


def typed(keys: Iterable[tuple[int, int]], layout: Layout = Layout.US, *, caps_lock: bool = False) -> list[str | None]:
    typist = Typist(layout, caps_lock=caps_lock)
    return [text for code, value in keys if (text := typist.type(Key(code, value))) != ""]


def text_of(keys: Iterable[tuple[int, int]], layout: Layout = Layout.US, *, caps_lock: bool = False) -> str:
    return "".join("�" if text is None else text for text in typed(keys, layout, caps_lock=caps_lock))


def tap(*codes: int) -> list[tuple[int, int]]:
    return [(code, value) for code in codes for value in (1, 0)]


def held(modifier: int, *codes: int) -> list[tuple[int, int]]:
    return [(modifier, 1), *tap(*codes), (modifier, 0)]


@pytest.mark.parametrize("read", CASES["reads"], ids=lambda read: str(read["id"]))
def test_the_same_keys_are_the_layouts_own_text(read: dict[str, Any]) -> None:
    for layout, text in read["layouts"].items():
        assert text_of(read["events"], Layout(layout)) == f"{text}\n"


@pytest.mark.parametrize("code", CASES["keys"])
def test_every_key_of_the_us_layout_is_known(code: str) -> None:
    plain, shifted = CASES["keys"][code]

    assert text_of(tap(int(code))) == plain
    assert text_of(held(SHIFT, int(code))) == shifted


def test_a_key_that_is_held_types_once() -> None:
    assert text_of([(2, 1), (2, 2), (2, 2), (2, 0)]) == "1"


def test_caps_lock_changes_letters_only() -> None:
    assert text_of([*tap(CAPS_LOCK), *keys_for("lc-12;?"), *tap(CAPS_LOCK), *keys_for("a")]) == "LC-12;?a"


def test_a_reader_that_types_for_a_till_with_caps_lock_is_understood() -> None:
    assert text_of(keys_for("lc-12"), caps_lock=True) == "LC-12"


def test_caps_lock_on_azerty_shifts_digits_too() -> None:
    assert text_of(tap(2, 3, 16), Layout.FR, caps_lock=True) == "12A"


def test_the_keypad_types_digits_whether_num_lock_is_on_or_not() -> None:
    digits = tap(*(KEYPAD[digit] for digit in "0123456789"))

    assert text_of(digits) == text_of([*tap(NUM_LOCK), *digits]) == "0123456789"


# What a French reader has to type for the characters that a stripe and a symbology identifier are made of.
@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (held(ALT_GR, 12), "]"),
        (held(ALT_GR, 10), "^"),
        (tap(26, 57), "^"),
        (tap(26, 18), "ê"),
        (tap(26, 2), "^&"),
        (held(SHIFT, 40), "%"),
        (held(SHIFT, 50), "?"),
    ],
)
def test_a_french_reader_types_what_has_no_key_of_its_own(keys: list[tuple[int, int]], text: str) -> None:
    assert text_of(keys, Layout.FR) == text


def test_a_romanian_reader_types_sentinels() -> None:
    shifted_alt_gr = [(SHIFT, 1), *held(ALT_GR, 26), (SHIFT, 0)]

    assert text_of([*held(SHIFT, 51), *held(ALT_GR, 27), *shifted_alt_gr], Layout.RO) == ";]{"


@pytest.mark.parametrize(
    ("digits", "text"), [("0059", ";"), ("059", ";"), ("65", "A"), ("013", "\r"), ("0233", "é"), ("130", "é")]
)
def test_alt_with_keypad_digits_is_one_character(digits: str, text: str) -> None:
    assert text_of(held(ALT, *(KEYPAD[digit] for digit in digits))) == text


@pytest.mark.parametrize("digits", ["0999", "256", "0129", "00065"])
def test_an_alt_code_that_stands_for_nothing_is_not_guessed_at(digits: str) -> None:
    assert None in typed(held(ALT, *(KEYPAD[digit] for digit in digits)))


def test_ctrl_makes_control_characters() -> None:
    assert text_of([*held(CTRL, 27), *held(CTRL, 50)]) == "\x1d\r"
    assert typed(held(CTRL, 2)) == [None]


@pytest.mark.parametrize("keys", [tap(61), tap(1), held(ALT, 30), held(ALT_GR, 30)])
def test_a_key_that_the_layout_does_not_have_is_told_from_one_that_types_nothing(keys: list[tuple[int, int]]) -> None:
    assert typed(keys) == [None]


def test_held_keys_are_forgotten_when_events_were_lost() -> None:
    typist = Typist(Layout.US, caps_lock=False)
    typist.type(Key(SHIFT, 1))
    typist.let_go()

    assert typist.type(Key(30, 1)) == "a"


@given(
    st.sampled_from(Layout),
    st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(-1, 3)), max_size=200),
    st.booleans(),
)
def test_any_keys_type_something_or_nothing(layout: Layout, keys: list[tuple[int, int]], caps_lock: bool) -> None:  # noqa: FBT001
    for text in typed(keys, layout, caps_lock=caps_lock):
        assert text is None or 1 <= len(text) <= 2


def test_every_printable_character_of_a_stripe_can_be_typed_on_the_us_layout() -> None:
    stripe = "".join(chr(code) for code in range(0x20, 0x60))

    assert text_of(keys_for(stripe)) == stripe
