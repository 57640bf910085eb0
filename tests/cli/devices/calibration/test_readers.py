import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.devices.calibration import capture
from agent.upkeep.calibration import bursts
from agent.upkeep.calibration.labels import LABEL
from tests.cli.devices.sender import again_and_again
from tests.cli.said import Said, tally
from tests.drivers.keyboard import LEFT_SHIFT, Keyboard, keys_for, play_grabs
from tests.drivers.serial_line import SerialLine
from tests.till_files import TillFiles

ONE = "%B4111111111111111^DOE/JANE^30121010000?"  # Visa's test number
TWO = ";4111111111111111=30121010000?"
DIGITS = re.compile(r"4111|1111|DOE|3012")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bursts, "QUIET_S", 0.05)
    monkeypatch.setattr(capture, "SETTLE_S", 0.0)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path) as line:
        yield line


@pytest.fixture
def keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    play_grabs(monkeypatch)
    with Keyboard(tmp_path, "kbd") as keyboard:
        yield keyboard


def section(files: TillFiles, name: str) -> dict[str, Any]:
    sections = tomllib.loads(files.config.read_text())["device"]
    found: dict[str, Any] = next(section for section in sections if section["name"] == name)
    return found


def named(files: TillFiles, driver: str, path: str, extra: str = "") -> None:
    """Let the till's reader be this one."""
    feed = f'driver = "simulated"\ncategory = "Scanner"\nfeed = "{files.folder}/cards"'
    files.change(feed, f'driver = "{driver}"\npath = "{path}"{extra}')


def calibrated(files: TillFiles, *arguments: object) -> Said:
    return tally("devices", "calibrate", *arguments, "--wait", "5", "-c", files.config)


def test_a_scanner_that_nobody_named_gets_its_section(files: TillFiles, line: SerialLine) -> None:
    before = files.config.read_text()
    with again_and_again(lambda: line.send(f"~]C0{LABEL}#\r".encode())):
        said = calibrated(files, line.path)

    assert said.status == 0
    assert section(files, "scanner") == {
        "name": "scanner",
        "driver": "serial_scanner",
        "path": line.path,
        "prefix": "~",
        "suffix": "#\r",
    }
    assert files.config.read_text().startswith(before.rstrip())
    assert f"written to {files.config}" in said.out
    assert "symbology identifier  ]C0" in said.out
    assert all(len(text) <= 80 for text in (said.out + said.err).splitlines() if "/" not in text)


def test_a_dry_run_shows_the_section_and_writes_nothing(files: TillFiles, line: SerialLine) -> None:
    before = files.config.read_text()
    with again_and_again(lambda: line.send(f"{LABEL}\r".encode())):
        said = calibrated(files, line.path, "--dry-run")

    assert 'driver = "serial_scanner"' in said.out
    assert "nothing was written" in said.out
    assert files.config.read_text() == before


def test_a_section_that_is_right_already_is_left_alone(files: TillFiles, line: SerialLine) -> None:
    named(files, "serial_scanner", line.path)
    with again_and_again(lambda: line.send(f"]C0{LABEL}\r".encode())):
        said = calibrated(files, "reader")

    assert said.out.endswith(f"{files.config} says so already\n")


def test_settings_that_hold_no_longer_go(files: TillFiles, line: SerialLine) -> None:
    named(files, "serial_scanner", line.path, '\nprefix = "old"\nbaud = 19200')
    with again_and_again(lambda: line.send(f"]C0{LABEL}\r".encode())):
        calibrated(files, "reader")

    assert section(files, "reader") == {
        "name": "reader",
        "driver": "serial_scanner",
        "path": line.path,
        "baud": 19200,
    }


def test_packets_call_for_the_driver_that_answers_them(files: TillFiles, line: SerialLine) -> None:
    named(files, "serial_scanner", line.path)
    with again_and_again(lambda: line.send(b"\x11\xf3\x00\x00\x03" + LABEL.encode() + b"\xfe\x12")):
        calibrated(files, "reader")

    assert section(files, "reader") == {"name": "reader", "driver": "ssi_scanner", "path": line.path}


def test_a_swipe_on_a_serial_line_calls_for_a_stripe_reader(files: TillFiles, line: SerialLine) -> None:
    with again_and_again(lambda: line.send(f"{ONE}{TWO}\r".encode())):
        said = calibrated(files, line.path)

    assert section(files, "card-reader") == {
        "name": "card-reader",
        "driver": "serial_msr",
        "path": line.path,
        "one_line": True,
    }
    assert "a bank card; nothing of it was kept" in said.out
    assert not DIGITS.search(said.out + said.err + files.config.read_text())


def test_the_speed_is_written_if_it_was_named(files: TillFiles, line: SerialLine) -> None:
    with again_and_again(lambda: line.send(f"]C0{LABEL}\r".encode())):
        calibrated(files, line.path, "--baud", "115200")

    assert section(files, "scanner")["baud"] == 115200


def test_a_reader_that_types_is_known_by_its_layout(files: TillFiles, keyboard: Keyboard) -> None:
    named(files, "keyboard_wedge", keyboard.path, '\ncategory = "MSR"\none_line = true')
    with again_and_again(lambda: keyboard.type(f"{LABEL}\n")):
        said = calibrated(files, "reader", "--json")

    assert said.status == 0
    assert section(files, "reader") == {
        "name": "reader",
        "driver": "keyboard_wedge",
        "path": keyboard.path,
        "category": "Scanner",
    }
    told = json.loads(said.out)
    assert told["found"]["layout"] == "us"
    assert told["written"] == str(files.config)
    assert tomllib.loads(told["section"])["device"] == [section(files, "reader")]


def test_a_reader_set_to_another_layout_is_found_out(files: TillFiles, keyboard: Keyboard) -> None:
    named(files, "keyboard_wedge", keyboard.path, '\ncategory = "Scanner"')
    # The keys of aQ;zW2:4?6-8 on a French keyboard, by what stands on them on an American one; the last is shifted.
    keys = [*keys_for("qA,wZ@.$M^6"), (LEFT_SHIFT, 1), *keys_for("8"), (LEFT_SHIFT, 0), *keys_for("\n")]
    with again_and_again(lambda: keyboard.press(keys)):
        calibrated(files, "reader")

    assert section(files, "reader")["layout"] == "fr"


def test_caps_lock_is_found_out(files: TillFiles, keyboard: Keyboard) -> None:
    named(files, "keyboard_wedge", keyboard.path, '\ncategory = "Scanner"')
    with again_and_again(lambda: keyboard.type(f"{LABEL.swapcase()}\n")):
        calibrated(files, "reader")

    assert section(files, "reader")["caps_lock"] is True


def test_a_swiped_bank_card_shows_its_shape_only(files: TillFiles, keyboard: Keyboard) -> None:
    named(files, "keyboard_wedge", keyboard.path, '\ncategory = "Scanner"')
    with again_and_again(lambda: keyboard.type(f"{ONE}{TWO}\n")):
        said = calibrated(files, "reader")

    assert section(files, "reader") == {
        "name": "reader",
        "driver": "keyboard_wedge",
        "path": keyboard.path,
        "category": "MSR",
        "one_line": True,
    }
    assert not DIGITS.search(said.out + said.err + files.config.read_text())


@pytest.mark.parametrize("sent", ["4111111111111111\r", f"{LABEL}\r982600000017\r", f"{TWO}\r{TWO}\r"])
def test_what_tells_nothing_is_asked_for_again_and_not_shown(files: TillFiles, line: SerialLine, sent: str) -> None:
    with again_and_again(lambda: line.send(sent.encode())):
        said = tally("devices", "calibrate", line.path, "--wait", "1", "-c", files.config)

    assert said.status == 1
    assert f"nothing that tells came from {line.path} within 1 s" in said.err
    assert len(said.err.splitlines()) >= 5
    assert not re.search("411111|9826", said.out + said.err)


def test_a_device_of_a_running_agent_is_left_to_it(running: TillFiles) -> None:
    said = tally("devices", "calibrate", "slips", "-c", running.config)

    assert "has no code pages" in said.refusal


def test_a_reader_of_a_running_agent_is_left_to_it(files: TillFiles, line: SerialLine) -> None:
    from agent.config import load_config
    from agent.daemon.till import Till

    named(files, "serial_scanner", line.path)
    with Till(load_config(files.config)):
        said = calibrated(files, "reader")

    assert re.fullmatch(r"'reader' is held by the running agent \(process \d+\)", said.refusal)
    assert "stop the agent meanwhile" in said.err


@pytest.mark.parametrize(
    ("device", "told"),
    [
        ("nobody", "no device is called 'nobody'"),
        ("/dev/nothing", "at '/dev/nothing' is nothing that we can talk to"),
        ("reader", "reader is a Scanner that needs no calibration"),
    ],
)
def test_what_cannot_be_calibrated_is_named(files: TillFiles, device: str, told: str) -> None:
    assert calibrated(files, device).refusal == told


def test_the_only_reader_need_not_be_named(files: TillFiles, line: SerialLine) -> None:
    named(files, "serial_scanner", line.path)
    with again_and_again(lambda: line.send(f"]C0{LABEL}\r".encode())):
        assert calibrated(files).status == 0
