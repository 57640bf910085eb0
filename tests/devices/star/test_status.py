"""What a Star printer says of itself; the bits are those of its Line Mode specification."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Paper
from agent.devices.star.status import LENGTH_MAX, LENGTH_MIN, find_status, printer_status, switch_is_closed

WELL = "0f060000000000"


@pytest.mark.parametrize(
    ("received", "status"),
    [
        (WELL, WELL),
        ("11" + WELL, WELL),  # after XON
        ("230600000000000000", "230600000000000000"),  # nine bytes
        (WELL + "0f062800000000", "0f062800000000"),  # the later one counts
        (WELL + "0f06", WELL),  # cut short
        ("0f06", None),
        ("12", None),  # an answer in ESC/POS
        ("03", None),  # shorter than a status is
        ("", None),
    ],
)
def test_a_status_is_found_in_what_the_printer_sends(received: str, status: str | None) -> None:
    found = find_status(bytes.fromhex(received))

    assert (found.hex() if found else None) == status


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (WELL, ""),
        ("0f060400000000", ""),  # the drawer's switch
        ("0f060800000000", "offline"),
        ("0f062800000000", "cover open, offline"),
        ("0f060808000000", "cutter jammed, offline"),
        ("0f060020000000", "offline"),
        ("0f060040000000", "offline"),
        ("0f060004000000", "offline"),
        ("0f060800000c00", "out of paper, offline"),
        ("0f060000000400", ""),
    ],
)
def test_what_a_printer_complains_of_is_named(status: str, trouble: str) -> None:
    said = printer_status(bytes.fromhex(status))

    assert said.trouble == trouble
    assert said.ok is not bool(trouble)


def test_paper_near_its_end_still_prints() -> None:
    assert printer_status(bytes.fromhex("0f060000000400")).paper is Paper.NEAR_END


def test_the_drawers_switch_is_read() -> None:
    assert [switch_is_closed(bytes.fromhex(f"0f06{switch}00000000")) for switch in ("00", "04")] == [False, True]


@given(st.binary(max_size=64))
def test_any_bytes_are_searched_without_raising(received: bytes) -> None:
    status = find_status(received)

    if status is not None:
        assert LENGTH_MIN <= len(status) <= LENGTH_MAX
        printer_status(status)
