"""hid_pos: reports, long labels, lost fragments."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import DATA_MAX, Category, Read
from agent.devices.firewall.recognise import SCANNER_ANSWER, NotOurs, recognise
from agent.errors import DeviceError, FailureError
from drivers.hid_pos import LATE_S, Assembler, Fragment, HidPos, Settings, fragment_in
from tests.contracts.input_contract import bring_up, data_of
from tests.drivers.device_file import DeviceFile
from tests.drivers.hid_features import play_features
from tests.drivers.hid_pos_peer import reports_of

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "hid_pos_reports.json").read_text())["vectors"]
LONG = b"]Q1" + b"https://example.com/" * 10


@pytest.fixture
def device(tmp_path: Path) -> Iterator[DeviceFile]:
    with DeviceFile(tmp_path, "hidraw0", packets=True) as device:
        yield device


@pytest.fixture
def scanner(device: DeviceFile) -> Iterator[HidPos]:
    scanner = HidPos(Settings(device.path))
    bring_up(scanner)
    yield scanner
    scanner.close()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_labels_are_read_as_published(device: DeviceFile, scanner: HidPos, vector: dict[str, Any]) -> None:
    for report in vector["reports_hex"]:
        device.send(bytes.fromhex(report))

    for expected in vector["expect"]:
        assert data_of(scanner) == expected["aim_id"].encode() + bytes.fromhex(expected["data_hex"])
    assert scanner.read(0) is None


@pytest.mark.parametrize("expected", VECTORS[0]["expect"], ids=lambda expected: str(expected["aim_id"]))
def test_what_a_scanner_says_of_itself_is_no_scan(expected: dict[str, Any]) -> None:
    data = expected["aim_id"].encode() + bytes.fromhex(expected["data_hex"])

    assert recognise(Read("scanner", Category.SCANNER, data, 0), ()) == NotOurs(SCANNER_ANSWER)


@pytest.mark.parametrize(("vendor", "features"), [(0x0C2E, [b"\xfe\x01"]), (0x23D0, [b"\xfe\x01"]), (0x05E0, [])])
def test_a_scanner_of_a_maker_who_has_a_switch_is_switched_on(
    vendor: int, features: list[bytes], device: DeviceFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = play_features(monkeypatch, vendor=vendor)
    scanner = HidPos(Settings(device.path))
    bring_up(scanner)

    assert taken == features
    scanner.close()


def test_a_scanner_that_has_no_such_switch_is_read_all_the_same(
    device: DeviceFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_features(monkeypatch, vendor=0x0C2E, refuses=True)
    scanner = HidPos(Settings(device.path))
    bring_up(scanner)
    device.send(reports_of(b"]Q1123")[0])

    assert data_of(scanner) == b"]Q1123"
    scanner.close()


def test_a_scanner_that_does_not_number_its_reports_is_read_too(device: DeviceFile, scanner: HidPos) -> None:
    for report in reports_of(LONG, is_numbered=False):
        device.send(report)

    assert data_of(scanner) == LONG


def test_a_label_may_come_in_pieces_between_reads(device: DeviceFile, scanner: HidPos) -> None:
    for report in reports_of(LONG):
        assert scanner.read(0.01) is None
        device.send(report)

    assert data_of(scanner) == LONG


def test_a_label_whose_end_is_lost_is_a_bad_read_and_the_next_is_read_whole(
    device: DeviceFile, scanner: HidPos
) -> None:
    device.send(reports_of(LONG)[0])
    begun = time.monotonic()
    with pytest.raises(FailureError, match="did not come"):
        scanner.read(1)
    assert LATE_S <= time.monotonic() - begun < LATE_S + 0.3
    device.send(reports_of(b"]Q1123")[0])

    assert data_of(scanner) == b"]Q1123"


def test_a_label_of_another_symbology_does_not_continue_the_one_before(device: DeviceFile, scanner: HidPos) -> None:
    device.send(reports_of(LONG)[0])
    device.send(reports_of(b"]E05901234123457")[0])

    assert data_of(scanner) == b"]E05901234123457"


def test_an_endless_label_is_one_bad_read() -> None:
    assembler = Assembler()
    part = Fragment(b"]Q1", b"9" * 56, is_continued=True)
    for _ in range((DATA_MAX - 3) // 56):
        assert assembler.add(part) is None
    with pytest.raises(FailureError, match="over 4096 bytes"):
        assembler.add(part)

    assert assembler.add(part) is None
    assert assembler.add(Fragment(b"]Q1", b"9")) is None
    assert assembler.add(Fragment(b"]Q1", b"123")) == b"]Q1123"


@pytest.mark.parametrize(
    "report",
    [b"", b"\x02", b"\x02\x05]E0", bytes(64), b"\x02\x39]E0".ljust(64, b"\x00"), b"\x02\x05]E0".ljust(63, b"\x00")],
)
def test_a_report_that_is_no_label_is_a_bad_read(report: bytes) -> None:
    with pytest.raises(FailureError):
        fragment_in(report)


REPORTS = st.binary(max_size=80) | st.binary(min_size=60, max_size=62).map(b"\x02\x10]".__add__)


@given(st.lists(REPORTS, max_size=90))
def test_any_reports_give_labels_within_the_limit(reports: list[bytes]) -> None:
    assembler = Assembler()
    for report in reports:
        try:
            label = assembler.add(fragment_in(report))
        except DeviceError:
            continue
        assert label is None or len(label) <= DATA_MAX
