"""Key events through a file: the grab, what is no key, what was lost, the keyboard's going."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import ClaimedError, IllegalError, NoHardwareError, OfflineError
from drivers._evdev import EV_KEY, EV_SYN, EVENT, LOST, SYN_DROPPED, SYN_REPORT, EventDevice, Key
from tests.drivers.keyboard import Keyboard, events, play_grabs


@pytest.fixture
def keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    play_grabs(monkeypatch)
    with Keyboard(tmp_path, "event0") as keyboard:
        yield keyboard


@pytest.fixture
def device(keyboard: Keyboard) -> Iterator[EventDevice]:
    device = EventDevice(keyboard.path)
    device.open()
    yield device
    device.close()


def test_only_keys_are_read(keyboard: Keyboard, device: EventDevice) -> None:
    keyboard.press([(30, 1), (30, 2), (30, 0)])

    assert device.read(1) == [Key(30, 1), Key(30, 2), Key(30, 0)]


def test_what_the_kernel_had_no_room_for_is_marked(keyboard: Keyboard, device: EventDevice) -> None:
    before, torn, after = events([(2, 1), (3, 1), (4, 1)])
    keyboard.send(before + EVENT.pack(0, 0, EV_SYN, SYN_DROPPED, 0) + torn + after)

    assert device.read(1) == [Key(2, 1), LOST, Key(4, 1)]


def test_what_is_lost_may_go_on_into_the_next_read(keyboard: Keyboard, device: EventDevice) -> None:
    keyboard.send(EVENT.pack(0, 0, EV_SYN, SYN_DROPPED, 0))
    assert device.read(1) == [LOST]
    keyboard.send(EVENT.pack(0, 0, EV_KEY, 2, 1) + EVENT.pack(0, 0, EV_SYN, SYN_REPORT, 0))
    keyboard.press([(3, 1)])

    assert device.read(1) + device.read(0) == [Key(3, 1)]


def test_a_keyboard_is_nobody_elses(keyboard: Keyboard, device: EventDevice) -> None:
    other = EventDevice(keyboard.path)

    with pytest.raises(ClaimedError, match="in use"):
        other.open()
    assert not other.is_open

    device.close()
    other.open()
    other.close()


def test_a_file_that_cannot_be_grabbed_is_no_keyboard(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    device = EventDevice(str(tmp_path / "file"))

    with pytest.raises(IllegalError, match="is no keyboard"):
        device.open()
    assert not device.is_open


def test_a_keyboard_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoHardwareError, match="event9 is not there"):
        EventDevice(str(tmp_path / "event9")).open()


def test_an_unplugged_keyboard_is_offline(keyboard: Keyboard, device: EventDevice) -> None:
    keyboard.unplug()

    with pytest.raises(OfflineError, match="unplugged"):
        device.read(1)


@pytest.mark.usefixtures("keyboard")
def test_a_keyboard_that_reports_an_error_is_offline() -> None:
    far, near = os.openpty()
    device = EventDevice(os.ttyname(near))
    device.open()
    os.close(near)
    os.close(far)

    with pytest.raises(OfflineError, match="unplugged"):
        device.read(1)
    device.close()
