"""What must be seen on a till PC with a real kernel: one day of it, judged line by line."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.tillpc.inside.day import READERS, ROUNDS

pytestmark = [pytest.mark.tillpc, pytest.mark.timeout(3600)]

Seen = dict[str, dict[str, Any]]

BACK_S_MAX = 3.0
# What else may stand on the wire: DLE EOT n, GS a n (status); GS ( H, function 48 (is it printed?).
QUESTIONS = re.compile(rb"(?:\x10\x04[\x01-\x04]|\x1da.|\x1d\(H\x06\x0000....)*", re.DOTALL)


def step(seen: Seen, name: str) -> dict[str, Any]:
    """What was seen in a step; the test fails with the step's own traceback if it failed."""
    found = seen.get(name, {"error": f"the day ended before {name!r}"})
    if "error" in found:
        pytest.fail(f"{name}: {found['error']}", pytrace=False)
    return found


def is_the_holder(read: dict[str, Any]) -> bool:
    """Say whether the member on the screen is the one whose card was read."""
    return read["holder"] is not None and bool(read["holder"] == read["member"]["account"])


def test_every_device_of_the_till_is_enabled(seen: Seen) -> None:
    devices = step(seen, "started")["devices"]

    assert {device["name"]: device["status"] for device in devices if device["status"] != "enabled"} == {}
    assert {"slips", "chip", *READERS} <= {device["name"] for device in devices}


def test_udev_gives_devices_lasting_names_and_to_nobody_but_the_agent(seen: Seen) -> None:
    plugged = step(seen, "plugged")
    nodes, properties = plugged["nodes"], plugged["properties"]

    assert any(path.startswith("/dev/tallystick/printer-id-") for path in nodes)
    assert {"/dev/tallystick/hidraw-id-Tallystick_USB_Swipe_Reader_msr-hid-0001-if00"} <= set(nodes)
    readers = [node for path, node in nodes.items() if "hidraw" in path or "/input/" in path]
    assert {(node["group"], node["mode"]) for node in readers} == {("tallystick", "660")}
    assert {values.get("LIBINPUT_IGNORE_DEVICE") for values in properties.values()} == {"1"}


def test_udev_lets_no_reader_sleep_and_keeps_modemmanager_off(seen: Seen) -> None:
    power = step(seen, "plugged")["power"]

    assert {device: power[device]["control"] for device in READERS} == dict.fromkeys(READERS, "on")
    assert all("ID_MM_DEVICE_IGNORE=1" in power[device]["said"] for device in READERS)


@pytest.mark.parametrize("device", READERS)
def test_a_card_read_is_the_member_on_the_screen(seen: Seen, device: str) -> None:
    read = step(seen, f"read {device}")

    assert is_the_holder(read)


def test_a_chip_on_the_virtual_reader_is_the_member_on_the_screen(seen: Seen) -> None:
    assert is_the_holder(step(seen, "tap"))


def test_two_readers_that_type_at_once_never_mix(seen: Seen) -> None:
    reads = step(seen, "read at once")

    assert None not in reads["holders"]
    assert sorted(reads["holders"]) == sorted(reads["members"])


def test_what_a_grabbed_reader_types_reaches_nobody_else(seen: Seen) -> None:
    assert step(seen, "grabbed")["keys"] == 0
    assert step(seen, "let go")["keys"] > 0


def test_a_slip_comes_out_of_usblp_byte_for_byte(seen: Seen) -> None:
    slip = step(seen, "slip")

    assert "/dev/usb/lp0" in step(seen, "plugged")["nodes"]
    assert slip["times"] == 1
    assert QUESTIONS.fullmatch(bytes.fromhex(slip["rest"]))


def test_a_slip_goes_past_usblp_byte_for_byte(seen: Seen) -> None:
    slip = step(seen, "slip over usb")

    assert slip["times"] == 1
    assert QUESTIONS.fullmatch(bytes.fromhex(slip["rest"]))
    assert (slip["taken_from_usblp"], slip["given_back"]) == (True, True)


@pytest.mark.parametrize("device", [*READERS, "slips", "chip"])
def test_a_device_is_back_within_three_seconds_of_its_plug_and_works(seen: Seen, device: str) -> None:
    rounds = [step(seen, f"replug {device} {number}") for number in range(ROUNDS)]

    assert [seen["same_agent"] for seen in rounds] == [True] * ROUNDS
    assert all(seen["missed_as"] != "enabled" for seen in rounds)
    assert max(seen["used_s"] for seen in rounds) <= BACK_S_MAX
    assert all(seen["times"] == 1 if device == "slips" else is_the_holder(seen) for seen in rounds)


def test_without_paper_the_slip_waits_and_the_till_sells_on(seen: Seen) -> None:
    out_of_paper = step(seen, "out of paper")

    assert "paper" in out_of_paper["text"]
    assert out_of_paper["answer_s"] < BACK_S_MAX
    assert out_of_paper["meanwhile"]["read_s"] < BACK_S_MAX
    assert (out_of_paper["times_without_paper"], out_of_paper["times"]) == (0, 1)


def test_a_printer_that_takes_no_bytes_hangs_neither_sales_nor_readers(seen: Seen) -> None:
    stalled = step(seen, "stalled")

    assert max(stalled["answers_s"]) < BACK_S_MAX
    assert stalled["meanwhile"]["read_s"] < BACK_S_MAX
    assert stalled["status_s"] < BACK_S_MAX
    assert max(stalled["times"]) <= 1


def test_the_agent_stops_in_time_though_its_printer_takes_no_bytes(seen: Seen) -> None:
    assert step(seen, "stopped")["stop_s"] < 15
