"""serial_scanner: framing, stale input, limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.devices.categories import DATA_MAX
from agent.devices.settings import parse_settings
from agent.errors import ClaimedError, ConfigError, FailureError, NoHardwareError
from drivers.serial_scanner import SerialScanner, Settings
from tests.contracts.input_contract import bring_up, data_of
from tests.drivers.serial_line import SerialLine


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path) as line:
        yield line


@pytest.fixture
def scanner(line: SerialLine) -> Iterator[SerialScanner]:
    scanner = SerialScanner(Settings(line.path, idle_s=0.05, settle_s=0.02))
    bring_up(scanner)
    yield scanner
    scanner.close()


def test_a_scanner_sends_a_prefix_and_a_suffix_if_it_is_set_to(line: SerialLine) -> None:
    scanner = SerialScanner(Settings(line.path, prefix="~", suffix="\r\n", idle_s=0.01, settle_s=0.02))
    bring_up(scanner)
    line.send(b"~94980100")
    assert scanner.read(0.05) is None
    line.send(b"00012345\r\n")

    assert data_of(scanner) == b"9498010000012345"
    scanner.close()


def test_a_label_may_come_in_pieces(line: SerialLine, scanner: SerialScanner) -> None:
    line.send(b"12")
    assert scanner.read(0.01) is None
    line.send(b"3\r")

    assert data_of(scanner) == b"123"


def test_a_label_without_an_end_ends_with_silence(line: SerialLine, scanner: SerialScanner) -> None:
    line.send(b"123")
    begun = time.monotonic()

    assert data_of(scanner) == b"123"
    assert 0.04 < time.monotonic() - begun < 0.5


def test_an_endless_label_is_one_bad_read(line: SerialLine, scanner: SerialScanner) -> None:
    line.send(b"9" * DATA_MAX)
    assert scanner.read(0.01) is None
    line.send(b"99")
    with pytest.raises(FailureError, match="over 4096 bytes"):
        scanner.read(1)
    line.send(b"999\r123\r")

    assert data_of(scanner) == b"123"


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

    assert data_of(scanner) == b"123"
    scanner.close()


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
    "table",
    [
        {"path": "x", "baud": 0},
        {"path": "x", "idle_s": 0},
        {"path": "x", "parity": "evn"},
        {"path": "x", "suffix": "123456789"},
        {"path": "x", "prefix": "→"},
        {},
    ],
)
def test_settings_that_cannot_be_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_settings(Settings, table, where="device 'scanner'")
