"""hid_msr: the reports of MagTek and ID TECH readers (hid_msr_reports.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Category, Read
from agent.devices.firewall.recognise import BankCard, recognise
from agent.devices.firewall.tracks import split_tracks
from agent.devices.settings import parse_settings
from agent.errors import ConfigError, FailureError
from drivers.hid_msr import HidMsr, Report, Settings, swipe_in
from tests.drivers.device_file import DeviceFile

CASES = json.loads((Path(__file__).parent / "hid_msr_reports.json").read_text())["reports"]
CARD = ";9498010000012345?"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[DeviceFile]:
    with DeviceFile(tmp_path, "hidraw0") as device:
        yield device


@pytest.fixture
def msr(device: DeviceFile) -> Iterator[HidMsr]:
    msr = HidMsr(Settings(device.path))
    msr.open()
    msr.claim()
    msr.enable()
    yield msr
    msr.close()


def magtek(*tracks: str, failed: tuple[int, ...] = ()) -> bytes:
    status = bytes(int(track in failed) for track in (1, 2, 3))
    lengths = bytes(len(track) for track in tracks)
    return status + lengths + b"\x00" + b"".join(track.encode().ljust(110, b"\x00") for track in tracks)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_a_report_is_read_as_its_maker_lays_it_out(case: dict[str, Any]) -> None:
    report = bytes.fromhex(case["report"]).ljust(case["report_len"], b"\x00")
    tracks = {at: text[1:-1] for at, text in enumerate(case["tracks"], 1) if text}
    if not tracks and not case["errors"]:
        with pytest.raises(FailureError, match="blank"):
            swipe_in(report, Report(case["layout"]))
        return

    seen = split_tracks(swipe_in(report, Report(case["layout"])))

    assert {track.number: track.body for track in seen.tracks} == tracks
    assert list(seen.errors) == case["errors"]


@pytest.mark.parametrize("case", [case for case in CASES if "payment" in case], ids=lambda case: str(case["id"]))
def test_a_payment_card_in_a_report_is_told(case: dict[str, Any]) -> None:
    report = bytes.fromhex(case["report"]).ljust(case["report_len"], b"\x00")
    swipe = swipe_in(report, Report(case["layout"])).encode("latin-1")
    seen = recognise(Read("msr", Category.MSR, swipe, 0), ())

    assert isinstance(seen, BankCard) == case["payment"]


@pytest.mark.parametrize("layout", Report)
def test_a_third_track_is_not_taken_for_the_second(layout: Report) -> None:
    report = magtek("", "", ";333?") if layout is Report.MAGTEK else b"\0\0\0\0\0\5\0\5\0;333?".ljust(500, b"\0")

    assert swipe_in(report, layout) == "+333?"


def test_a_track_of_full_length_is_read() -> None:
    track = f"%{'A' * 108}?"

    assert swipe_in(magtek(track, CARD, ""), Report.MAGTEK) == track + CARD


def test_what_failed_is_said_even_if_the_reader_sends_something() -> None:
    assert swipe_in(magtek("%B41", CARD, "", failed=(1, 3)), Report.MAGTEK) == f"%E?{CARD}+E?"


@pytest.mark.parametrize(
    ("report", "layout"),
    [
        (b"\0\0", Report.MAGTEK),
        (magtek("", CARD, "")[:130], Report.MAGTEK),
        (b"\0\0\0\xff\0\0\0".ljust(337, b"\0"), Report.MAGTEK),  # more than there is room for
        (b"\0\0\0\0\xff\0\0".ljust(200, b"\0"), Report.IDTECH),
    ],
)
def test_a_report_shorter_than_it_says_is_a_bad_read(report: bytes, layout: Report) -> None:
    with pytest.raises(FailureError, match="too short"):
        swipe_in(report, layout)


def test_a_card_drawn_there_and_back_is_one_read(device: DeviceFile, msr: HidMsr) -> None:
    for track in (CARD, CARD, ";9498010000099999?"):
        device.send(magtek("", track, ""))
    seen = [msr.read(1), msr.read(1), msr.read(1)]

    assert [read.data for read in seen if read] == [CARD.encode(), b";9498010000099999?"]


def test_a_bad_swipe_is_heard_every_time(device: DeviceFile, msr: HidMsr) -> None:
    for _ in range(2):
        device.send(magtek("", "", "", failed=(1, 2, 3)))
        seen = msr.read(1)

        assert seen is not None
        assert seen.data == b"%E?;E?+E?"


@pytest.mark.parametrize("table", [{}, {"path": "x", "report": "omron"}, {"path": "x", "debounce_s": -1}])
def test_settings_that_cannot_be_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_settings(Settings, table, where="device 'msr'")


@given(st.binary(max_size=600), st.sampled_from(Report))
def test_any_report_is_a_swipe_or_a_named_error(report: bytes, layout: Report) -> None:
    try:
        swipe = swipe_in(report, layout)
    except FailureError:
        return
    assert 0 < len(swipe) <= 3 * 255
