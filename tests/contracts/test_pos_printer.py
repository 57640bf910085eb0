"""POSPrinter: the simulated driver; escpos_printer on a TCP port, a serial line, a USB bus and a file; star_printer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from usb.backend import libusb1  # type: ignore[import-untyped]  # ships no types

from agent.devices.categories import Category
from drivers import simulated, star_printer
from drivers._link import Transport
from drivers.escpos_printer import EscposPrinter, Settings
from drivers.star_printer import StarPrinter
from tests.contracts.printer_contract import AnsweringPrinterContract, PrinterBench, PrinterContract, bring_up
from tests.contracts.simulated_bench import AWAY_S, wait_for_return
from tests.drivers.printer import PrinterModel, SerialPrinter, StarModel, TcpPrinter
from tests.drivers.serial_line import SerialLine
from tests.drivers.usb_bus import UsbBus


class TestSimulated(AnsweringPrinterContract):
    @pytest.fixture
    def bench(self) -> Iterator[PrinterBench]:
        device = simulated.Simulated(simulated.Settings(Category.POS_PRINTER))
        yield PrinterBench(
            device,
            lambda: b"".join(device.slips),
            lambda: device.tell(f"!unplug {AWAY_S}"),
            lambda: wait_for_return(device),
        )
        device.close()

    def take_paper_away(self, bench: PrinterBench) -> None:
        assert isinstance(bench.device, simulated.Simulated)
        bench.device.tell("!paper out")

    def open_cover(self, bench: PrinterBench) -> None:
        assert isinstance(bench.device, simulated.Simulated)
        bench.device.tell("!cover bad")


class EscposContract(AnsweringPrinterContract):
    """What escpos_printer promises besides: the model of the printer stands in `model`."""

    @pytest.fixture
    def model(self) -> PrinterModel:
        self._model = PrinterModel()
        return self._model

    def take_paper_away(self, _: PrinterBench) -> None:
        self._model.be_out_of_paper()

    def open_cover(self, _: PrinterBench) -> None:
        self._model.open_cover()

    def test_a_printer_that_does_not_answer_is_not_ok(self, bench: PrinterBench, model: PrinterModel) -> None:
        model.silent = True
        bring_up(bench.device)

        status = bench.device.status()

        assert status.silent
        assert not status.ok

    def test_answers_are_found_among_other_messages(self, bench: PrinterBench, model: PrinterModel) -> None:
        model.prefix = bytes.fromhex("11 18000c00 37223030303100")  # XON, automatic status, completion notice
        bring_up(bench.device)

        assert bench.device.status().ok


class TestEscposOverTheNetwork(EscposContract):
    @pytest.fixture
    def bench(self, model: PrinterModel) -> Iterator[PrinterBench]:
        with TcpPrinter(model) as printer:
            device = EscposPrinter(
                Settings(Transport.NETWORK, host="127.0.0.1", port=printer.port, answer_timeout_s=0.1)
            )
            yield PrinterBench(device, lambda: bytes(model.printed), printer.unplug, printer.plug_in)
            device.close()


class TestEscposOverASerialLine(EscposContract):
    @pytest.fixture
    def bench(self, model: PrinterModel, tmp_path: Path) -> Iterator[PrinterBench]:
        with SerialLine(tmp_path) as line:
            printer = SerialPrinter(model, line)
            printer.plug_in()
            device = EscposPrinter(Settings(Transport.SERIAL, path=line.path, answer_timeout_s=0.1))
            yield PrinterBench(device, lambda: bytes(model.printed), printer.unplug, printer.plug_in)
            device.close()
            printer.unplug()


class TestEscposThroughAPrinterFile(EscposContract):
    """/dev/usb/lp0 is a file that is written and read; a pseudo-terminal in raw mode is one too."""

    @pytest.fixture
    def bench(self, model: PrinterModel, tmp_path: Path) -> Iterator[PrinterBench]:
        with SerialLine(tmp_path) as line:
            printer = SerialPrinter(model, line)
            printer.plug_in()
            device = EscposPrinter(Settings(Transport.USBLP, path=line.path, answer_timeout_s=0.1))
            yield PrinterBench(device, lambda: bytes(model.printed), printer.unplug, printer.plug_in)
            device.close()
            printer.unplug()


class TestEscposPastTheKernelsDriver(EscposContract):
    @pytest.fixture
    def bench(self, model: PrinterModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrinterBench]:
        bus = UsbBus(model)
        monkeypatch.setattr(libusb1, "get_backend", lambda: bus)
        device = EscposPrinter(Settings(Transport.USB, answer_timeout_s=0.1))
        yield PrinterBench(
            device,
            lambda: bytes(model.printed),
            lambda: setattr(bus, "there", False),
            lambda: setattr(bus, "there", True),
        )
        device.close()


class TestStarOverTheNetwork(AnsweringPrinterContract):
    @pytest.fixture
    def model(self) -> StarModel:
        self._model = StarModel()
        return self._model

    @pytest.fixture
    def bench(self, model: StarModel) -> Iterator[PrinterBench]:
        with TcpPrinter(model) as printer:
            device = StarPrinter(
                star_printer.Settings(Transport.NETWORK, host="127.0.0.1", port=printer.port, answer_timeout_s=0.1)
            )
            yield PrinterBench(device, lambda: bytes(model.printed), printer.unplug, printer.plug_in)
            device.close()

    def take_paper_away(self, _: PrinterBench) -> None:
        self._model.be_out_of_paper()

    def open_cover(self, _: PrinterBench) -> None:
        self._model.open_cover()


class TestEscposIntoAFile(PrinterContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[PrinterBench]:
        path = tmp_path / "slips"
        path.touch()
        device = EscposPrinter(Settings(Transport.FILE, path=str(path)))
        yield PrinterBench(device, path.read_bytes, path.unlink, path.touch)
        device.close()

    def test_a_file_says_nothing_and_is_not_asked(self, bench: PrinterBench) -> None:
        bring_up(bench.device)

        assert bench.device.status().silent
        assert bench.printed() == b""
