"""serial_scanner: framing, stale input, limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import DATA_MAX
from agent.devices.settings import parse_settings
from agent.errors import ClaimedError, ConfigError, FailureError, NoHardwareError
from drivers.serial_scanner import Framer, SerialScanner, Settings
from tests.drivers.serial_line import SerialLine


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path) as line:
        yield line


@pytest.fixture
def scanner(line: SerialLine) -> Iterator[SerialScanner]:
    scanner = SerialScanner(Settings(line.path, idle_s=0.05, settle_s=0.02))
    scanner.open()
    scanner.claim()
    scanner.enable()
    yield scanner
    scanner.close()


def labels(received: bytes) -> list[bytes]:
    framer = Framer()
    framer.feed(received)
    return list(iter(framer.next, None))


# Suffixes as scanners are delivered with; MS9520 frames with STX and ETX.
@pytest.mark.parametrize(
    "received", [b"123\r", b"123\n", b"123\r\n", b"123\t\r", b"\x02123\x03", b"\x02123\x03\r\n", b"\r\n\r123\r"]
)
def test_a_label_is_what_stands_between_its_framing(received: bytes) -> None:
    assert labels(received) == [b"123"]


def test_what_stands_before_stx_is_noise() -> None:
    assert labels(b"noise\x02123\x03") == [b"123"]


def test_a_label_may_hold_any_other_byte() -> None:
    assert labels(b"]C101\x1d\x00\xff\x1b\r") == [b"]C101\x1d\x00\xff\x1b"]


def test_a_label_may_come_in_pieces(line: SerialLine, scanner: SerialScanner) -> None:
    line.send(b"12")
    assert scanner.read(0.01) is None
    line.send(b"3\r")
    seen = scanner.read(1)

    assert seen is not None
    assert seen.data == b"123"


def test_a_label_without_an_end_ends_with_silence(line: SerialLine, scanner: SerialScanner) -> None:
    line.send(b"123")
    begun = time.monotonic()
    seen = scanner.read(1)

    assert seen is not None
    assert seen.data == b"123"
    assert 0.04 < time.monotonic() - begun < 0.5


def test_an_endless_label_is_one_bad_read(line: SerialLine, scanner: SerialScanner) -> None:
    line.send(b"9" * DATA_MAX)
    assert scanner.read(0.01) is None
    line.send(b"99")
    with pytest.raises(FailureError, match="over 4096 bytes"):
        scanner.read(1)
    line.send(b"999\r123\r")
    seen = scanner.read(1)

    assert seen is not None
    assert seen.data == b"123"


def test_a_label_that_was_still_coming_when_we_opened_is_dropped_whole(line: SerialLine) -> None:
    scanner = SerialScanner(Settings(line.path, settle_s=0.08))
    scanner.open()
    scanner.claim()

    def scan() -> None:
        for digit in b"9498010000":
            line.send(bytes([digit]))
            time.sleep(0.01)

    scan_under_way = threading.Thread(target=scan)
    scan_under_way.start()
    scanner.enable()
    scan_under_way.join()
    line.send(b"123\r")
    seen = scanner.read(1)
    scanner.close()

    assert seen is not None
    assert seen.data == b"123"


def test_a_port_is_nobody_elses(line: SerialLine, scanner: SerialScanner) -> None:
    other = SerialScanner(Settings(line.path))

    with pytest.raises(ClaimedError, match="in use"):
        other.open()

    other.close()
    assert scanner.read(0.01) is None


def test_a_port_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoHardwareError, match="no-such-port is not there"):
        SerialScanner(Settings(str(tmp_path / "no-such-port"))).open()


@pytest.mark.parametrize(
    "table", [{"path": "x", "baud": 0}, {"path": "x", "idle_s": 0}, {"path": "x", "parity": "evn"}, {}]
)
def test_settings_that_cannot_be_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_settings(Settings, table, where="device 'scanner'")


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_any_bytes_are_cut_into_labels_that_hold_no_framing(pieces: list[bytes]) -> None:
    framer = Framer()
    for piece in pieces:
        framer.feed(piece)
        while (label := framer.next()) is not None:
            assert label
            assert not set(label) & set(b"\r\n\x02\x03")
