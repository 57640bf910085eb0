"""Damaged swipes through every stripe reader's driver: swipe again, or not ours, or the right card; never another one.

What no reader can see is said here too: without a check digit or LRC a digit that was misread is another card's digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.devices.categories import Category, InputDevice, Read
from agent.devices.firewall.recognise import OwnCard, Recognised, recognise
from agent.devices.swipes import lrc_of
from agent.errors import FailureError
from agent.loyalty.cards import CardRange, Check
from drivers import hid_msr, keyboard_wedge, serial_msr
from drivers.hid_msr import HidMsr
from drivers.keyboard_wedge import KeyboardWedge
from drivers.serial_msr import Lrc, SerialMsr
from tests.contracts.input_contract import bring_up
from tests.drivers.device_file import DeviceFile
from tests.drivers.keyboard import Keyboard, play_grabs
from tests.drivers.serial_line import SerialLine

WITH_LUHN, WITHOUT = (CardRange("9498", 16, Check.LUHN),), (CardRange("9498", 16),)
CARD, OTHER = "9498010000012343", "9498010000099993"  # both with a good check digit
ON_STRIPES = "0123456789=^%;?+AEZ /"
QUIET_S = 0.002


@dataclass(frozen=True, slots=True)
class Reader:
    """A driver, and the hand that draws a card: it gets the tracks as the reader has them."""

    device: InputDevice
    draw: Callable[[list[str]], None]


def typing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    play_grabs(monkeypatch)
    with Keyboard(folder, "event0") as keyboard:
        options = keyboard_wedge.Settings(
            keyboard.path, Category.MSR, one_line=True, idle_s=QUIET_S / 2, settle_s=0, debounce_s=0
        )
        yield from ready(KeyboardWedge(options), lambda tracks: keyboard.type("".join(tracks) + "\n"))


def sending(folder: Path, _: pytest.MonkeyPatch, lrc: Lrc = Lrc.NONE) -> Iterator[Reader]:
    with SerialLine(folder) as line:
        options = serial_msr.Settings(line.path, lrc=lrc, one_line=True, idle_s=QUIET_S / 2, settle_s=0, debounce_s=0)
        yield from ready(SerialMsr(options), lambda tracks: line.send("".join(tracks).encode() + b"\r"))


def reporting(folder: Path, _: pytest.MonkeyPatch) -> Iterator[Reader]:
    with DeviceFile(folder, "hidraw0") as file:

        def draw(tracks: list[str]) -> None:
            rooms = [track[:110].encode() for track in tracks]
            lengths = bytes(map(len, rooms))
            file.send(b"\0\0\0" + lengths + b"\0" + b"".join(room.ljust(110, b"\0") for room in rooms))

        yield from ready(HidMsr(hid_msr.Settings(file.path, debounce_s=0)), draw)


def ready(device: InputDevice, draw: Callable[[list[str]], None]) -> Iterator[Reader]:
    bring_up(device)
    yield Reader(device, draw)
    device.close()


BENCHES: dict[str, Callable[[Path, pytest.MonkeyPatch], Iterator[Reader]]] = {
    "keyboard_wedge": typing,
    "serial_msr": sending,
    "hid_msr": reporting,
}


@pytest.fixture(params=BENCHES)
def reader(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    yield from BENCHES[request.param](tmp_path, monkeypatch)


def cards_seen(reader: Reader, tracks: list[str], ranges: tuple[CardRange, ...]) -> set[str]:
    """Draw a card and return the numbers of the programme's cards that the till takes it for."""
    reader.draw(tracks)
    seen: list[Recognised] = []
    while True:
        try:
            read = reader.device.read(QUIET_S)
        except FailureError:
            continue
        if read is None:
            return {card.number for card in seen if isinstance(card, OwnCard)}
        seen.append(recognise(Read("msr", Category.MSR, read.data, 0), ranges))


def tracks_of(number: str) -> list[str]:
    return [f"%A{number}^DOE/JANE^?", f";{number}?", ""]


@st.composite
def damaged(draw: st.DrawFn, number: str = CARD) -> list[str]:
    """Draw the tracks of a card one of which was misread in one place."""
    tracks = tracks_of(number)
    at = draw(st.integers(0, 1))
    text = tracks[at]
    first = draw(st.integers(0, len(text) - 1))
    last = draw(st.integers(first, len(text)))
    tracks[at] = draw(
        st.sampled_from(
            [
                text[:first] + text[first + 1 :],  # a character lost
                text[:first] + text[first] + text[first:],  # one sent twice
                text[:first] + draw(st.sampled_from(ON_STRIPES)) + text[first + 1 :],  # one misread
                text[:first] + text[last:],  # a piece lost
                text[first:last],  # only a piece of it
                text[:first] + draw(st.sampled_from([text, f";{OTHER}"])),  # run into another
            ]
        )
    )
    return tracks if draw(st.booleans()) else ["", tracks[1], ""] if at else [tracks[0], "", ""]


FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(tracks=damaged())
@example(tracks=tracks_of(CARD))
def test_a_swipe_damaged_in_one_place_is_never_another_card(reader: Reader, tracks: list[str]) -> None:
    assert cards_seen(reader, tracks, WITH_LUHN) <= {CARD}


def test_an_undamaged_swipe_is_its_card(reader: Reader) -> None:
    assert cards_seen(reader, tracks_of(CARD), WITH_LUHN) == {CARD}


def test_two_cards_drawn_as_one_are_neither(reader: Reader) -> None:
    assert cards_seen(reader, [tracks_of(CARD)[0], tracks_of(OTHER)[1], ""], WITH_LUHN) == set()


@FEW
@given(at=st.integers(1, 16), digit=st.sampled_from("0123456789"))
def test_the_stripes_own_check_character_tells_a_misread_digit_where_the_number_has_none(
    tmp_path_factory: pytest.TempPathFactory, at: int, digit: str
) -> None:
    track = f";{CARD}?"
    misread = track[:at] + digit + track[at + 1 :]
    with pytest.MonkeyPatch.context() as patch:
        for reader in sending(tmp_path_factory.mktemp("line"), patch, Lrc.TRACK):
            assert cards_seen(reader, [misread + lrc_of(track)], WITHOUT) == ({CARD} if misread == track else set())


def test_without_either_a_misread_digit_is_another_card(reader: Reader) -> None:
    assert cards_seen(reader, ["", f";{CARD[:-1]}5?", ""], WITHOUT) == {f"{CARD[:-1]}5"}


def test_two_misread_digits_may_agree_with_the_check_digit(reader: Reader) -> None:
    twice = f"{CARD[:11]}2{CARD[12]}2{CARD[14:]}"

    assert cards_seen(reader, ["", f";{twice}?", ""], WITH_LUHN) == {twice} != {CARD}
