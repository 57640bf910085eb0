"""The usblp transport, on a pseudo-terminal in place of the kernel's file."""

from __future__ import annotations

import time
from pathlib import Path

from drivers._usblp import UsbLp
from tests.drivers.serial_line import SerialLine
from tests.drivers.wait import wait_until


def test_what_is_written_arrives_and_what_is_sent_is_read(tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        printer = UsbLp(line.path, write_timeout_s=1)
        printer.open()
        printer.write(b"\x10\x04\x01")
        asked = line.receive(1)
        line.send(b"\x12")
        answer = printer.read(1)
        printer.close()

    assert (asked, answer) == (b"\x10\x04\x01", b"\x12")


def test_silence_ends_in_time(tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        printer = UsbLp(line.path, write_timeout_s=1)
        printer.open()
        begun = time.monotonic()
        answer = printer.read(0.05)
        printer.close()

    assert answer == b""
    assert 0.03 < time.monotonic() - begun < 0.5


def test_what_is_already_there_is_read_without_waiting(tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        printer = UsbLp(line.path, write_timeout_s=1)
        printer.open()
        nothing = printer.read(0)
        line.send(b"\x12")
        wait_until(lambda: printer.read(0) == b"\x12", "the answer is read")
        printer.close()

    assert nothing == b""


def test_a_file_that_knows_no_port_status_says_nothing_of_paper(tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        printer = UsbLp(line.path, write_timeout_s=1)
        printer.open()
        paper_empty = printer.paper_empty()
        printer.close()

    assert paper_empty is None
