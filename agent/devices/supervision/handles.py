"""Output devices as the rest of the till sees them: calls go through the device's own thread, bounded in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from agent.devices.categories import CashDrawer, Category, Device, DrawerState, LineDisplay, POSPrinter, PrinterStatus
from agent.devices.document import Document
from agent.devices.loading import serves_as
from agent.devices.supervision.calls.answers import as_bytes, as_drawer_state, as_status, asking
from agent.devices.supervision.pace import Pace
from agent.devices.supervision.worker import Worker
from agent.errors import IllegalError


class PrinterHandle:
    """A printer as the spool sees it."""

    def __init__(self, worker: Worker, pace: Pace) -> None:
        self._worker = worker
        self._pace = pace

    def encode(self, document: Document) -> bytes:
        """Turn a slip into the printer's bytes; needs no printer, only its driver. NoServiceError without one."""
        return as_bytes(self._printer().encode(document))

    def send(self, data: bytes) -> bool:
        """Hand a slip to the printer; True if it said that it printed it.

        OfflineError: not all of it was taken, so it is not whole. DeviceTimeoutError: nobody knows.
        """
        printer = self._printer()

        def send() -> bool:
            confirmed = printer.send(data) is True  # whatever else a driver returns confirms nothing
            self._worker.meter.slip_sent()
            return confirmed

        return self._worker.jobs.ask("send", send, limit_s=self._pace.send_s)

    def status(self) -> PrinterStatus:
        """Ask the printer how it is; OfflineError if it cannot be asked."""
        status = asking(self._printer().status, as_status)
        return self._worker.jobs.ask("status", status, limit_s=self._pace.answer_s)

    def _printer(self) -> POSPrinter:
        return cast("POSPrinter", _device(self._worker, Category.POS_PRINTER))


class DrawerHandle:
    """A cash drawer: a device of its own, or hanging on a receipt printer."""

    def __init__(self, worker: Worker, pace: Pace) -> None:
        self._worker = worker
        self._pace = pace

    def open_drawer(self) -> None:
        """Open the drawer once, before any slip that waits; nobody tries again.

        OfflineError, and DeviceTimeoutError with "busy": it stays closed. Any other DeviceTimeoutError: it may open.
        """
        drawer = self._drawer()
        self._worker.jobs.ask("open the drawer", drawer.open_drawer, limit_s=self._pace.drawer_s, is_urgent=True)

    def drawer_state(self) -> DrawerState:
        """Ask whether the drawer is open; OfflineError if it cannot be asked."""
        state = asking(self._drawer().drawer_state, as_drawer_state)
        return self._worker.jobs.ask("look at the drawer", state, limit_s=self._pace.answer_s, is_urgent=True)

    def _drawer(self) -> CashDrawer:
        return cast("CashDrawer", _device(self._worker, Category.CASH_DRAWER))


class DisplayHandle:
    """A customer display."""

    def __init__(self, worker: Worker, pace: Pace) -> None:
        self._worker = worker
        self._pace = pace

    def show(self, lines: Sequence[str]) -> None:
        """Replace what is shown; OfflineError if the display is away."""
        display = cast("LineDisplay", _device(self._worker, Category.LINE_DISPLAY))
        self._worker.jobs.ask("show", lambda: display.show(lines), limit_s=self._pace.answer_s)


def _device(worker: Worker, category: Category) -> Device:
    device = worker.device()
    if not serves_as(category, device):
        raise IllegalError(
            f"device {worker.name!r} is a {device.category}, not a {category}",
            hint=f"name a device of category {category}",
        )
    return device
