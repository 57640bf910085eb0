"""CashDrawer: the simulated driver, cash_drawer, the drawer on an Epson or a Star, and what every drawer promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.devices.categories import CashDrawer, Category, DrawerState, HealthLevel
from agent.devices.escpos.commands import DrawerSwitch
from agent.errors import DeviceError, IllegalError
from drivers import cash_drawer, escpos_printer, simulated, star_printer
from drivers._link import Transport
from tests.contracts.simulated_bench import AWAY_S, wait_for_return
from tests.drivers.printer import STAR_WELL, WELL, PrinterModel, SerialPrinter, StarModel, TcpPrinter
from tests.drivers.serial_line import SerialLine
from tests.drivers.wait import wait_until

PULSE = b"\x1bp\x00\x02\x08"  # 4 ms on, 16 ms off: short, so that the test is
STAR_PULSE = b"\x1b\x07\x01\x04\x07"
PIN_3_HIGH = 0x04


@dataclass(frozen=True, slots=True)
class DrawerBench:
    """A drawer on the bench: how often it was opened, and what a test may do to it."""

    device: CashDrawer
    openings: Callable[[], int]
    unplug: Callable[[], None]
    plug_in: Callable[[], None]

    def bring_up(self) -> None:
        self.device.open()
        self.device.claim()
        self.device.enable()


class DrawerContract:
    """The promises of any cash drawer."""

    def test_it_is_a_cash_drawer(self, bench: DrawerBench) -> None:
        assert isinstance(bench.device, CashDrawer)

    def test_a_drawer_that_is_not_enabled_stays_shut(self, bench: DrawerBench) -> None:
        bench.device.open()

        with pytest.raises(IllegalError, match="not enabled"):
            bench.device.open_drawer()
        with pytest.raises(IllegalError, match="not enabled"):
            bench.device.drawer_state()

        assert bench.openings() == 0

    def test_every_call_opens_the_drawer_once(self, bench: DrawerBench) -> None:
        bench.bring_up()

        bench.device.open_drawer()
        bench.device.open_drawer()

        wait_until(lambda: bench.openings() == 2, "the drawer was opened twice")

    def test_its_state_is_known_or_said_to_be_unknown(self, bench: DrawerBench) -> None:
        bench.bring_up()

        assert bench.device.drawer_state() in set(DrawerState)

    def test_looking_after_its_health_does_not_open_it(self, bench: DrawerBench) -> None:
        bench.bring_up()

        for level in (HealthLevel.INTERNAL, HealthLevel.EXTERNAL):
            assert bench.device.check_health(level).ok

        assert bench.openings() == 0

    def test_an_unplugged_drawer_says_so_and_works_when_it_is_back(self, bench: DrawerBench) -> None:
        bench.bring_up()
        bench.unplug()
        with pytest.raises(DeviceError):
            bench.device.open_drawer()
        bench.device.close()
        before = bench.openings()
        bench.plug_in()

        bench.bring_up()
        bench.device.open_drawer()

        wait_until(lambda: bench.openings() == before + 1, "the drawer was opened")

    def test_closing_is_safe_in_any_state(self, bench: DrawerBench) -> None:
        bench.device.close()
        bench.bring_up()
        bench.device.close()
        bench.device.close()

        with pytest.raises(IllegalError):
            bench.device.open_drawer()


class AnsweringDrawerContract(DrawerContract):
    """The promises of a drawer with a switch."""

    def test_it_says_whether_it_is_open(self, bench: DrawerBench) -> None:
        bench.bring_up()
        self.shut(bench)
        shut = bench.device.drawer_state()
        self.pull(bench)
        pulled = bench.device.drawer_state()

        assert (shut, pulled) == (DrawerState.CLOSED, DrawerState.OPEN)

    def shut(self, bench: DrawerBench, /) -> None:
        """Push it in."""
        raise NotImplementedError

    def pull(self, bench: DrawerBench, /) -> None:
        """Pull it out."""
        raise NotImplementedError


class TestSimulated(AnsweringDrawerContract):
    @pytest.fixture
    def bench(self) -> Iterator[DrawerBench]:
        device = simulated.Simulated(simulated.Settings(Category.CASH_DRAWER))
        yield DrawerBench(
            device,
            lambda: device.drawer_openings,
            lambda: device.tell(f"!unplug {AWAY_S}"),
            lambda: wait_for_return(device),
        )
        device.close()

    def shut(self, bench: DrawerBench) -> None:
        assert isinstance(bench.device, simulated.Simulated)
        bench.device.tell("!drawer closed")

    def pull(self, bench: DrawerBench) -> None:
        assert isinstance(bench.device, simulated.Simulated)
        bench.device.tell("!drawer open")

    def test_it_stays_open_until_somebody_shuts_it(self, bench: DrawerBench) -> None:
        bench.bring_up()

        bench.device.open_drawer()

        assert bench.device.drawer_state() is DrawerState.OPEN


class OnAPrinter(AnsweringDrawerContract):
    """The drawer that hangs on an ESC/POS printer; `switch` is what pin 3 is while it is open."""

    switch = DrawerSwitch.HIGH

    @pytest.fixture
    def model(self) -> PrinterModel:
        self._model = PrinterModel()
        return self._model

    @pytest.fixture
    def bench(self, model: PrinterModel) -> Iterator[DrawerBench]:
        with TcpPrinter(model) as printer:
            settings = escpos_printer.Settings(
                Transport.NETWORK,
                host="127.0.0.1",
                port=printer.port,
                drawer_on_ms=4,
                drawer_off_ms=16,
                drawer_switch=self.switch,
            )
            device = escpos_printer.EscposPrinter(settings)
            yield DrawerBench(device, lambda: model.printed.count(PULSE), printer.unplug, printer.plug_in)
            device.close()

    def shut(self, _: DrawerBench) -> None:
        self._set_pin_3(high=self.switch is DrawerSwitch.LOW)

    def pull(self, _: DrawerBench) -> None:
        self._set_pin_3(high=self.switch is DrawerSwitch.HIGH)

    def _set_pin_3(self, *, high: bool) -> None:
        self._model.answers[1] = WELL | (PIN_3_HIGH if high else 0)


class TestOnAPrinter(OnAPrinter):
    pass


class TestOnAPrinterWhoseDrawerIsTheOtherWayRound(OnAPrinter):
    switch = DrawerSwitch.LOW


class TestOnAStar(AnsweringDrawerContract):
    @pytest.fixture
    def model(self) -> StarModel:
        self._model = StarModel()
        return self._model

    @pytest.fixture
    def bench(self, model: StarModel) -> Iterator[DrawerBench]:
        with TcpPrinter(model) as printer:
            settings = star_printer.Settings(
                Transport.NETWORK,
                host="127.0.0.1",
                port=printer.port,
                drawer_on_ms=10,
                drawer_off_ms=40,
                drawer_switch=DrawerSwitch.HIGH,
            )
            device = star_printer.StarPrinter(settings)
            yield DrawerBench(device, lambda: model.printed.count(STAR_PULSE), printer.unplug, printer.plug_in)
            device.close()

    def shut(self, _: DrawerBench) -> None:
        self._model.automatic = STAR_WELL

    def pull(self, _: DrawerBench) -> None:
        self._model.automatic = STAR_WELL[:2] + b"\x04" + STAR_WELL[3:]


class TestWithATriggerOfItsOwn(DrawerContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[DrawerBench]:
        with SerialLine(tmp_path) as line:
            model = PrinterModel()  # as a drawer it takes bytes and says nothing
            model.silent = True
            drawer = SerialPrinter(model, line)
            drawer.plug_in()
            settings = cash_drawer.Settings(Transport.SERIAL, path=line.path, trigger="07", pause_s=0.01)
            device = cash_drawer.TriggeredDrawer(settings)
            yield DrawerBench(device, lambda: model.printed.count(b"\x07"), drawer.unplug, drawer.plug_in)
            device.close()
            drawer.unplug()
