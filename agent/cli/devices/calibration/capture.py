"""What a reader sends, before any driver makes something of it: keys or bytes, and what they may mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from agent.devices.loading import Subsystem
from agent.errors import FailureError
from agent.upkeep.calibration.bursts import Burst, Reading, record
from drivers._evdev import LOST, EventDevice, Key
from drivers._keys import Layout, Typist
from drivers._serial import SerialPort

SETTLE_S = 0.3  # what comes so soon after opening is from before
BAUD = 9600  # as readers are delivered
_NO_KEY = "\ufffd"


class Source(Protocol):
    """A reader that is open."""

    def next(self, wait_s: float) -> tuple[Sequence[Reading], float] | None:
        """Return what comes next, as text under every setting it may have, and its longest gap; None if nothing does.

        FailureError: something was lost on the way.
        """


class Keys:
    """A reader that types."""

    def __init__(self, keyboard: EventDevice) -> None:
        self._keyboard = keyboard

    def next(self, wait_s: float) -> tuple[Sequence[Reading], float] | None:
        """Return the text by every layout there is, Caps Lock off before on."""
        burst = record(self._keyboard.read, wait_s=wait_s)
        if burst is None:
            return None
        if LOST in burst.pieces:
            raise FailureError("keys were lost: once again")
        settings = [(layout, caps_lock) for caps_lock in (False, True) for layout in Layout]
        return [_typed(burst, layout, caps_lock=caps_lock) for layout, caps_lock in settings], burst.longest_gap_s


class Bytes:
    """A reader on a serial line."""

    def __init__(self, port: SerialPort) -> None:
        self._port = port

    def next(self, wait_s: float) -> tuple[Sequence[Reading], float] | None:
        """Return the text as it came."""
        burst = record(self._port.read, wait_s=wait_s)
        return None if burst is None else ([Reading(bytes(burst.pieces).decode("latin-1"))], burst.longest_gap_s)


@contextmanager
def source(path: str, subsystem: Subsystem, *, baud: int) -> Iterator[Source]:
    """Hold the reader at `path` (INPUT or TTY) for us alone. NoHardwareError, ClaimedError, OfflineError."""
    device: EventDevice | SerialPort
    device = EventDevice(path) if subsystem is Subsystem.INPUT else SerialPort(path, baud=baud)
    try:
        device.open()
        device.drop_stale(SETTLE_S)
        yield Keys(device) if isinstance(device, EventDevice) else Bytes(device)
    finally:
        device.close()


def _typed(burst: Burst[Key], layout: Layout, *, caps_lock: bool) -> Reading:
    typist = Typist(layout, caps_lock=caps_lock)
    typed = (typist.type(key) for key in burst.pieces)
    text = "".join(_NO_KEY if part is None else part for part in typed)
    return Reading(text, {"layout": str(layout), "caps_lock": caps_lock})
