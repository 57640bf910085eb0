"""The simulated device: its feed, its commands, its slips."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.devices.categories import Category, DrawerState, Paper
from agent.errors import FailureError, IllegalError, NoHardwareError, OfflineError
from drivers.simulated import Settings, Simulated


def brought_up(device: Simulated) -> Simulated:
    device.open()
    device.claim()
    device.enable()
    return device


@pytest.fixture
def scanner() -> Iterator[Simulated]:
    scanner = brought_up(Simulated(Settings(Category.SCANNER)))
    yield scanner
    scanner.close()


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Simulated]:
    printer = brought_up(Simulated(Settings(Category.POS_PRINTER, output=tmp_path / "slips")))
    yield printer
    printer.close()


def test_every_line_written_to_the_feed_is_one_read(tmp_path: Path) -> None:
    feed = tmp_path / "feed"
    device = brought_up(Simulated(Settings(Category.MSR, feed=feed)))
    with feed.open("w") as fifo:
        fifo.write(";123?\r\n\n;456?\n")
    seen = [device.read(1), device.read(1), device.read(0.01)]
    device.close()

    assert [read.data if read else None for read in seen] == [b";123?", b";456?", None]


def test_a_writer_that_leaves_does_not_end_the_feed(tmp_path: Path) -> None:
    feed = tmp_path / "feed"
    device = brought_up(Simulated(Settings(Category.SCANNER, feed=feed)))
    seen = []
    for line in ("1", "2"):
        with feed.open("w") as fifo:
            fifo.write(line + "\n")
        seen.append(device.read(1))
    device.close()

    assert all(seen)


def test_a_feed_that_is_a_file_is_refused(tmp_path: Path) -> None:
    feed = tmp_path / "feed"
    feed.touch()

    with pytest.raises(IllegalError, match="is not a FIFO"):
        Simulated(Settings(Category.SCANNER, feed=feed)).open()


def test_a_feed_in_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoHardwareError, match="feed"):
        Simulated(Settings(Category.SCANNER, feed=tmp_path / "none" / "feed")).open()


def test_a_chip_id_that_is_not_hexadecimal_is_a_bad_read() -> None:
    device = brought_up(Simulated(Settings(Category.SMART_CARD_RW)))
    device.tell("card")
    with pytest.raises(FailureError, match="not hexadecimal"):
        device.read(1)
    device.close()


def test_it_raises_when_told(scanner: Simulated) -> None:
    scanner.tell("!raise out of ideas")

    with pytest.raises(RuntimeError, match="out of ideas"):
        scanner.read(1)


def test_it_hangs_when_told(scanner: Simulated) -> None:
    scanner.tell("!hang 0.1")
    begun = time.monotonic()
    scanner.read(0.01)

    assert time.monotonic() - begun >= 0.1


@pytest.mark.parametrize("command", ["!dance", "!hang long", "!paper wet", "!drawer ajar"])
def test_a_command_it_does_not_know_is_named(scanner: Simulated, command: str) -> None:
    scanner.tell(command)

    with pytest.raises(FailureError, match=command[1:].rpartition(" ")[2]):
        scanner.read(1)


def test_a_printers_drawer_is_what_it_was_told_to_be(printer: Simulated) -> None:
    states = []
    for word in ("unknown", "open", "closed"):
        printer.tell(f"!drawer {word}")
        states.append(printer.drawer_state())

    assert states == [DrawerState.UNKNOWN, DrawerState.OPEN, DrawerState.CLOSED]


def test_slips_are_numbered_on_from_what_is_there(printer: Simulated, tmp_path: Path) -> None:
    printer.send(b"first")
    printer.send(b"second")

    slips = sorted((tmp_path / "slips").iterdir())
    assert [(slip.name, slip.read_bytes()) for slip in slips] == [
        ("slip-000001.bin", b"first"),
        ("slip-000002.bin", b"second"),
    ]


def test_a_printer_without_paper_prints_nothing(printer: Simulated, tmp_path: Path) -> None:
    printer.tell("!paper out")

    assert printer.status().paper is Paper.OUT
    with pytest.raises(OfflineError, match="out of paper"):
        printer.send(b"slip")
    assert not (tmp_path / "slips").exists()
