"""keyboard_wedge: swipes and labels out of key events (keyboard_reads.json)."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.devices.categories import DATA_MAX, Category
from agent.devices.settings import parse_settings
from agent.devices.swipes import SWIPE_MAX
from agent.errors import ClaimedError, ConfigError, FailureError, OfflineError
from drivers._evdev import EV_SYN, EVENT, SYN_DROPPED, SYN_REPORT
from drivers._keys import Layout
from drivers.keyboard_wedge import KeyboardWedge, Settings
from tests.drivers.keyboard import CASES, Keyboard, keys_for, play_grabs

CARD = ";9498010000012345?"
IDLE_S = 0.05
F3 = 61


@pytest.fixture
def keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    play_grabs(monkeypatch)
    with Keyboard(tmp_path, "event0") as keyboard:
        yield keyboard


@pytest.fixture
def scanner(keyboard: Keyboard) -> Iterator[KeyboardWedge]:
    yield from on(keyboard, Category.SCANNER)


@pytest.fixture
def msr(keyboard: Keyboard) -> Iterator[KeyboardWedge]:
    yield from on(keyboard, Category.MSR)


def on(keyboard: Keyboard, category: Category, layout: Layout = Layout.US) -> Iterator[KeyboardWedge]:
    wedge = KeyboardWedge(Settings(keyboard.path, category, layout, idle_s=IDLE_S, settle_s=0.02))
    bring_up(wedge)
    yield wedge
    wedge.close()


def bring_up(wedge: KeyboardWedge) -> None:
    wedge.open()
    wedge.claim()
    wedge.enable()


def text_from(wedge: KeyboardWedge, timeout_s: float = 1.0) -> str | None:
    seen = wedge.read(timeout_s)
    return None if seen is None else seen.data.decode()


@pytest.mark.parametrize("read", CASES["reads"], ids=lambda read: str(read["id"]))
def test_what_a_reader_types_is_read(read: dict[str, Any], keyboard: Keyboard, scanner: KeyboardWedge) -> None:
    keyboard.press(read["events"])

    assert text_from(scanner) == read["text"]


@pytest.mark.parametrize("layout", ["fr", "ro", "ru"])
@pytest.mark.parametrize("read", CASES["reads"], ids=lambda read: str(read["id"]))
def test_a_reader_is_read_by_its_own_layout(read: dict[str, Any], layout: str, keyboard: Keyboard) -> None:
    for wedge in on(keyboard, Category.SCANNER, Layout(layout)):
        keyboard.press(read["events"])

        assert text_from(wedge) == read["layouts"][layout]


@pytest.mark.parametrize("suffix", ["\n", "\t", "\t\n", ""])
def test_a_label_ends_with_enter_or_with_silence(suffix: str, keyboard: Keyboard, scanner: KeyboardWedge) -> None:
    keyboard.type(f"5901234123457{suffix}")

    assert text_from(scanner) == "5901234123457"


def test_a_scanner_types_a_prefix_and_a_suffix_if_it_is_set_to(keyboard: Keyboard) -> None:
    options = Settings(keyboard.path, Category.SCANNER, prefix="~", suffix="#\n", idle_s=0.01, settle_s=0.02)
    wedge = KeyboardWedge(options)
    bring_up(wedge)
    keyboard.type("~94980100\n")
    assert text_from(wedge, 0.05) is None
    keyboard.type("00012345#\n")

    assert text_from(wedge) == "94980100\n00012345"
    wedge.close()


def test_a_swipe_may_have_enter_between_its_tracks(keyboard: Keyboard, msr: KeyboardWedge) -> None:
    keyboard.type(f"%A9498010000012345^DOE/JANE^?\n{CARD}\n")

    assert text_from(msr) == f"%A9498010000012345^DOE/JANE^?\n{CARD}"


def test_a_swipe_of_three_tracks_is_over_at_once(keyboard: Keyboard) -> None:
    wedge = KeyboardWedge(Settings(keyboard.path, Category.MSR, idle_s=5, settle_s=0.02))
    bring_up(wedge)
    keyboard.type(f"%E?{CARD}+E?\n")

    assert text_from(wedge) == f"%E?{CARD}+E?"
    wedge.close()


def test_a_reader_of_one_line_ends_its_swipe_with_enter(keyboard: Keyboard) -> None:
    wedge = KeyboardWedge(Settings(keyboard.path, Category.MSR, one_line=True, idle_s=5, settle_s=0.02))
    bring_up(wedge)
    keyboard.type(f"{CARD}\n;123")

    assert text_from(wedge) == CARD
    assert text_from(wedge, 0.01) is None
    wedge.close()


def test_a_card_drawn_there_and_back_is_one_read(keyboard: Keyboard, msr: KeyboardWedge) -> None:
    keyboard.type(f"{CARD}\n")
    assert text_from(msr) == CARD
    keyboard.type(f"{CARD}\n")
    assert text_from(msr, 0.1) is None
    keyboard.type(";9498010000099999?\n")

    assert text_from(msr) == ";9498010000099999?"


def test_two_readers_that_type_at_once_never_mix(tmp_path: Path, keyboard: Keyboard, msr: KeyboardWedge) -> None:
    label = "]E05901234123457\n"
    with Keyboard(tmp_path, "event1") as other:
        for scanner in on(other, Category.SCANNER):
            swiped, scanned = list(keys_for(f"{CARD}\n")), list(keys_for(label))
            for at in range(max(len(swiped), len(scanned))):
                keyboard.press(swiped[at : at + 1])
                other.press(scanned[at : at + 1])

            assert (text_from(msr), text_from(scanner)) == (CARD, label.strip())


def test_lost_keys_are_one_bad_read_and_no_wrong_card(keyboard: Keyboard, msr: KeyboardWedge) -> None:
    keyboard.type(";949801")
    keyboard.send(EVENT.pack(0, 0, EV_SYN, SYN_DROPPED, 0) + EVENT.pack(0, 0, EV_SYN, SYN_REPORT, 0))
    keyboard.type("0012345?\n")
    with pytest.raises(FailureError, match="torn: read it again"):
        msr.read(1)
    assert text_from(msr, 2 * IDLE_S) is None
    keyboard.type(f"{CARD}\n")

    assert text_from(msr) == CARD


def test_a_key_that_the_layout_does_not_have_spoils_its_label_only(keyboard: Keyboard, scanner: KeyboardWedge) -> None:
    keyboard.type("111\n22")
    keyboard.press([(F3, 1), (F3, 0)])
    keyboard.type("2\n333\n")

    assert text_from(scanner) == "111"
    with pytest.raises(FailureError, match="a label came torn"):
        scanner.read(1)
    assert text_from(scanner) == "333"


@pytest.mark.parametrize(("category", "limit"), [(Category.MSR, SWIPE_MAX), (Category.SCANNER, DATA_MAX)])
def test_an_endless_read_is_one_bad_read(category: Category, limit: int, keyboard: Keyboard) -> None:
    for wedge in on(keyboard, category):
        with pytest.raises(FailureError, match=f"over {limit} bytes"):  # noqa: PT012  # the reader types on meanwhile
            for _ in range(limit):
                keyboard.type("9" * 400)
                wedge.read(0.02)
        assert text_from(wedge, 2 * IDLE_S) is None
        keyboard.type(f"{CARD}\n")

        assert text_from(wedge) == CARD


def test_a_swipe_that_was_still_coming_when_we_opened_is_dropped(keyboard: Keyboard) -> None:
    wedge = KeyboardWedge(Settings(keyboard.path, Category.MSR, idle_s=IDLE_S, settle_s=0.1))
    wedge.open()
    wedge.claim()
    keyboard.type("0000012345?\n" * 30)
    wedge.enable()
    keyboard.type(f"{CARD}\n")

    assert text_from(wedge) == CARD
    wedge.close()


def test_a_reader_is_nobody_elses(keyboard: Keyboard, scanner: KeyboardWedge) -> None:
    with pytest.raises(ClaimedError, match="in use"):
        KeyboardWedge(Settings(keyboard.path, Category.SCANNER)).open()
    assert scanner.read(0.01) is None


def test_an_unplugged_reader_is_offline(keyboard: Keyboard, msr: KeyboardWedge) -> None:
    keyboard.type(";9498")
    keyboard.unplug()

    with pytest.raises(OfflineError, match="unplugged"):
        msr.read(1)


@pytest.mark.parametrize(
    "table",
    [
        {"path": "x"},
        {"path": "x", "category": "POSPrinter"},
        {"path": "x", "category": "MSR", "layout": "de"},
        {"path": "x", "category": "MSR", "idle_s": 0},
        {"path": "x", "category": "MSR", "debounce_s": 9},
        {"path": "x", "category": "Scanner", "suffix": "№"},
    ],
)
def test_settings_that_cannot_be_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_settings(Settings, table, where="device 'wedge'")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=200), max_size=8), st.sampled_from([Category.MSR, Category.SCANNER]))
def test_any_bytes_of_the_file_are_read_in_time(pieces: list[bytes], category: Category) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        play_grabs(patch)
        with Keyboard(Path(folder), "event0") as keyboard:
            wedge = KeyboardWedge(Settings(keyboard.path, category, idle_s=0.001, settle_s=0))
            bring_up(wedge)
            for piece in pieces:
                keyboard.send(piece)
            begun = time.monotonic()
            for _ in range(len(pieces) + 1):
                try:
                    wedge.read(0.002)
                except FailureError:
                    continue
            assert time.monotonic() - begun < 1
            wedge.close()
