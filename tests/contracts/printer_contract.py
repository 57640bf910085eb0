"""What every POSPrinter promises; run by a class per driver and transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agent.devices.categories import HealthLevel, Paper, POSPrinter, Sign
from agent.devices.document import Align, Cut, Document, Feed, Image, QRCode, Rule, Text
from agent.errors import DeviceError, IllegalError
from tests.drivers.wait import wait_until

SLIP = Document(
    42,
    (
        Text("Cafenea / Кафе / Café", Align.CENTER, bold=True),
        Rule(),
        Image(16, 2, b"\xff\x00\x0f\xf0"),
        Text("10 €", double=True),
        QRCode("https://example.org/m"),
        Feed(2),
        Cut(),
    ),
)


@dataclass(frozen=True, slots=True)
class PrinterBench:
    """A printer on the bench, and what a test may do to the hardware."""

    device: POSPrinter
    printed: Callable[[], bytes]
    unplug: Callable[[], None]
    plug_in: Callable[[], None]


def bring_up(device: POSPrinter) -> None:
    """Go through the gates."""
    device.open()
    device.claim()
    device.enable()


class PrinterContract:
    """The promises of any printer, whether anything comes back from it or not."""

    def test_encoding_needs_no_printer(self, bench: PrinterBench) -> None:
        before = bench.device.encode(SLIP)
        bring_up(bench.device)

        assert before == bench.device.encode(SLIP)
        assert b"Cafenea" in before

    def test_nothing_is_sent_before_the_device_is_enabled(self, bench: PrinterBench) -> None:
        bench.device.open()

        with pytest.raises(IllegalError, match="not enabled"):
            bench.device.send(b"slip")

        assert bench.printed() == b""

    def test_a_slip_arrives_whole_and_unchanged(self, bench: PrinterBench) -> None:
        bring_up(bench.device)
        slip = bench.device.encode(SLIP) * 20

        bench.device.send(slip)

        wait_until(lambda: len(bench.printed()) >= len(slip), "the slip is printed")
        assert bench.printed() == slip

    def test_closing_is_safe_in_any_state(self, bench: PrinterBench) -> None:
        bench.device.close()
        bring_up(bench.device)
        bench.device.close()
        bench.device.close()

        with pytest.raises(IllegalError):
            bench.device.status()


class AnsweringPrinterContract(PrinterContract):
    """The promises of a printer that says how it is."""

    def test_a_printer_that_is_well_says_so(self, bench: PrinterBench) -> None:
        bring_up(bench.device)

        status = bench.device.status()

        assert status.ok
        assert status.trouble == ""

    def test_a_healthy_printer_is_found_healthy(self, bench: PrinterBench) -> None:
        bring_up(bench.device)

        for level in (HealthLevel.INTERNAL, HealthLevel.EXTERNAL):
            assert bench.device.check_health(level).ok

    def test_the_interactive_check_prints(self, bench: PrinterBench) -> None:
        bring_up(bench.device)

        bench.device.check_health(HealthLevel.INTERACTIVE)

        wait_until(lambda: bool(bench.printed()), "something is printed")

    def test_an_unplugged_printer_says_so_and_works_when_it_is_back(self, bench: PrinterBench) -> None:
        bring_up(bench.device)
        bench.unplug()
        with pytest.raises(DeviceError):
            bench.device.status()
        bench.device.close()
        with pytest.raises(DeviceError):
            bring_up(bench.device)
        bench.device.close()
        bench.plug_in()

        bring_up(bench.device)

        assert bench.device.status().ok

    def test_a_printer_out_of_paper_is_not_ok(self, bench: PrinterBench) -> None:
        bring_up(bench.device)
        self.take_paper_away(bench)

        status = bench.device.status()

        assert not status.ok
        assert status.paper is Paper.OUT
        assert "out of paper" in status.trouble

    def test_an_open_cover_is_not_ok(self, bench: PrinterBench) -> None:
        bring_up(bench.device)
        self.open_cover(bench)

        status = bench.device.status()

        assert not status.ok
        assert status.cover is Sign.BAD

    def take_paper_away(self, bench: PrinterBench, /) -> None:
        """End the roll."""
        raise NotImplementedError

    def open_cover(self, bench: PrinterBench, /) -> None:
        """Open the cover."""
        raise NotImplementedError
