"""Printers, drawers and displays, each asked through its own thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.devices.categories import Category, DrawerState
from agent.devices.document import Document, Text
from agent.devices.loading import DeviceSetup
from agent.devices.supervision.handles import DrawerHandle
from agent.devices.supervision.report import DeviceStatus
from agent.errors import DeviceTimeoutError, IllegalError, NoServiceError, OfflineError
from drivers.simulated import Simulated
from tests.devices import odd_drivers
from tests.devices.odd_drivers import DrawerPrinter
from tests.devices.supervision.test_supervisor import PACE, Till, odd, printer, running, scanner
from tests.drivers.wait import wait_until


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return tmp_path / "feed"


def simulated(category: Category) -> DeviceSetup:
    return DeviceSetup("device", "simulated", {"category": str(category)})


def device_of(till: Till, name: str) -> object:
    return till.supervisor._workers[name].device()


def test_a_slip_reaches_the_printer(tmp_path: Path) -> None:
    with running(printer(output=str(tmp_path))) as till:
        till.wait_for("printer", DeviceStatus.ENABLED)
        handle = till.supervisor.printer("printer")
        slip = handle.encode(Document(42, (Text("Hello"),)))
        handle.send(slip)

        assert (tmp_path / "slip-000001.bin").read_bytes() == slip
        assert handle.status().ok


def test_a_printer_that_is_away_can_encode_but_not_send(feed: Path) -> None:
    feed.touch()  # a file, not the FIFO that the driver wants
    with running(printer(feed=str(feed))) as till:
        till.wait_for("printer", DeviceStatus.STOPPED_BY_CONFIG_ERROR)
        handle = till.supervisor.printer("printer")

        assert b"Hello" in handle.encode(Document(42, (Text("Hello"),)))
        with pytest.raises(OfflineError, match="cannot send: device 'printer' is not enabled"):
            handle.send(b"slip")


def test_a_printer_that_hangs_does_not_hang_its_caller() -> None:
    odd_drivers.HangingPrinter.let_go.clear()
    with running(odd("HangingPrinter")) as till:
        till.wait_for("odd", DeviceStatus.ENABLED)
        handle = till.supervisor.printer("odd")
        with pytest.raises(DeviceTimeoutError, match="may still do so"):
            handle.send(b"slip")
        till.wait_for("odd", DeviceStatus.OFFLINE)
        with pytest.raises(OfflineError):
            handle.send(b"slip")
        odd_drivers.HangingPrinter.let_go.set()

        till.wait_for("odd", DeviceStatus.ENABLED)


def test_a_scanner_is_no_printer(feed: Path) -> None:
    with running(scanner(feed)) as till, pytest.raises(IllegalError, match="'scanner' is a Scanner, not a POSPrinter"):
        till.supervisor.printer("scanner").status()


def test_a_printer_without_a_driver_says_why() -> None:
    with running(odd("simulatd")) as till, pytest.raises(NoServiceError, match="unknown driver 'simulatd'"):
        till.supervisor.printer("odd").encode(Document(42))


def test_a_printer_that_confirmed_a_slip_says_so_and_the_slip_is_counted() -> None:
    with running(printer()) as till:
        till.wait_for("printer", DeviceStatus.ENABLED)

        assert till.supervisor.printer("printer").send(b"slip") is True
        assert till.report("printer").statistics.slips_sent == 1


def test_a_drawer_opens_once_and_says_that_it_is_open() -> None:
    DrawerPrinter.let_go.set()
    with running(odd("DrawerPrinter")) as till:
        till.wait_for("odd", DeviceStatus.ENABLED)
        drawer = till.supervisor.drawer("odd")

        assert drawer.drawer_state() is DrawerState.CLOSED
        drawer.open_drawer()

        assert drawer.drawer_state() is DrawerState.OPEN


def test_a_drawer_of_its_own_opens() -> None:
    with running(simulated(Category.CASH_DRAWER)) as till:
        till.wait_for("device", DeviceStatus.ENABLED)
        till.supervisor.drawer("device").open_drawer()

        device = device_of(till, "device")
        assert isinstance(device, Simulated)
        assert device.drawer_openings == 1


@pytest.fixture
def stuck() -> Iterator[Till]:
    """A printer with a drawer that holds a slip until `let_go` is set."""
    DrawerPrinter.let_go.clear()
    DrawerPrinter.slip_begun.clear()
    pace = replace(PACE, send_s=5.0, drawer_s=0.1)
    with running(odd("DrawerPrinter"), pace=pace) as till:
        till.wait_for("odd", DeviceStatus.ENABLED)
        sending = threading.Thread(target=till.supervisor.printer("odd").send, args=(b"first slip",))
        sending.start()
        assert DrawerPrinter.slip_begun.wait(2)
        yield till
        DrawerPrinter.let_go.set()
        sending.join()


def done_by(till: Till) -> list[str]:
    device = device_of(till, "odd")
    assert isinstance(device, DrawerPrinter)
    return device.done


def test_a_drawer_behind_a_slip_that_is_stuck_is_refused_and_never_opens_late(stuck: Till) -> None:
    with pytest.raises(DeviceTimeoutError, match="cannot open the drawer: device 'odd' is busy"):
        stuck.supervisor.drawer("odd").open_drawer()
    DrawerPrinter.let_go.set()
    wait_until(lambda: done_by(stuck) == ["first slip"], "the slip is through")

    assert stuck.supervisor.drawer("odd").drawer_state() is DrawerState.CLOSED  # asked after whatever waited


def test_a_drawer_opens_before_a_slip_that_only_waits(stuck: Till) -> None:
    jobs = stuck.supervisor._workers["odd"].jobs
    slip = threading.Thread(target=stuck.supervisor.printer("odd").send, args=(b"second slip",))
    slip.start()
    wait_until(lambda: len(jobs._waiting) == 1, "the second slip waits")
    patient = DrawerHandle(stuck.supervisor._workers["odd"], replace(PACE, drawer_s=5))
    drawer = threading.Thread(target=patient.open_drawer)
    drawer.start()
    wait_until(lambda: len(jobs._urgent) == 1, "the drawer waits")
    DrawerPrinter.let_go.set()
    for thread in (slip, drawer):
        thread.join()

    assert done_by(stuck) == ["first slip", "drawer", "second slip"]


def test_a_drawer_that_is_away_stays_closed(feed: Path) -> None:
    feed.touch()  # a file, not the FIFO that the driver wants
    with running(printer(feed=str(feed))) as till:
        till.wait_for("printer", DeviceStatus.STOPPED_BY_CONFIG_ERROR)

        with pytest.raises(OfflineError, match="cannot open the drawer: device 'printer' is not enabled"):
            till.supervisor.drawer("printer").open_drawer()


def test_a_printer_without_a_drawer_is_no_drawer() -> None:
    with (
        running(odd("HangingPrinter")) as till,
        pytest.raises(IllegalError, match="'odd' is a POSPrinter, not a CashDrawer"),
    ):
        till.supervisor.drawer("odd").open_drawer()


def test_a_display_shows_the_latest() -> None:
    with running(simulated(Category.LINE_DISPLAY)) as till:
        till.wait_for("device", DeviceStatus.ENABLED)
        display = till.supervisor.display("device")
        display.show(["Hello"])
        display.show(["Ana", "120 points"])

        device = device_of(till, "device")
        assert isinstance(device, Simulated)
        assert device.shown == ("Ana", "120 points")


def test_a_printer_is_no_display() -> None:
    with running(printer()) as till, pytest.raises(IllegalError, match="'printer' is a POSPrinter, not a LineDisplay"):
        till.supervisor.display("printer").show(["Hello"])
