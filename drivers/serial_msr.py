"""Magnetic stripe readers on a serial line: RS-232, or USB in the reader's "virtual COM port" (CDC-ACM) mode.

Tested with: a pseudo-terminal; a USB serial gadget on Linux 6.1.
Supported: swipes that end with CR or LF, stand between STX and ETX, or just stop (idle time); the LRC of every track,
or one of the whole frame after ETX, where the reader sends it.
Missing: readers that encrypt; commands to the reader.
Sources: MagTek 99875191 and ID TECH MiniMag RS-232 and SecureMag manuals. In till.toml name the port by
/dev/serial/by-id/..., because ttyACM0 becomes ttyACM1 when it is plugged in again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import xor

from agent.devices.categories import Category, Health, HealthLevel, Input
from agent.devices.framing import Frames
from agent.devices.lifecycle import Lifecycle
from agent.devices.swipes import ETX, STX, SWIPE_MAX, DoubleSwipes, is_swipe_end, tidy_swipe, without_lrc
from agent.errors import ConfigError, FailureError
from drivers._serial import Parity, SerialPort

INTERACTIVE_S = 10.0


class Lrc(StrEnum):
    """Which check character the reader sends."""

    NONE = "none"  # one character after a track is passed over
    TRACK = "track"  # after every track the stripe's own (ISO/IEC 7811-2)
    FRAME = "frame"  # after ETX the XOR of everything from STX to ETX (ID TECH SecureMag manual)


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "serial_msr"."""

    path: str
    baud: int = 9600
    parity: Parity = Parity.NONE
    lrc: Lrc = Lrc.NONE
    one_line: bool = False  # CR or LF ends a swipe; otherwise silence does, because CR may stand between tracks
    idle_s: float = 0.3  # a swipe without an end is over after this much silence
    debounce_s: float = 2.0  # the same swipe again within this time is the same card drawn back
    settle_s: float = 0.3  # what arrives this soon after opening is from before

    def __post_init__(self) -> None:
        if self.baud < 1:
            raise ConfigError(f"'baud' is {self.baud} but must be at least 1")
        if not 0 < self.idle_s <= 5 or not 0 <= self.settle_s <= 5 or not 0 <= self.debounce_s <= 5:
            raise ConfigError("'idle_s', 'settle_s' and 'debounce_s' must be 0 to 5 seconds, 'idle_s' more than 0")


class SerialMsr(Lifecycle):
    """One reader."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.MSR)
        self._settings = settings
        self._port = SerialPort(settings.path, baud=settings.baud, parity=settings.parity)
        self._doubles = DoubleSwipes(settings.debounce_s)
        self._frames = Frames("swipe", limit=SWIPE_MAX, idle_s=settings.idle_s, is_end=self._is_end, tidy=self._checked)

    def on_open(self) -> None:
        """Open the port, exclusively: a serial line cannot be opened first and claimed later."""
        self._port.open()

    def on_enable(self) -> None:
        """Drop swipes that nobody read."""
        self._port.drop_stale(self._settings.settle_s)
        self._frames.clear()

    def on_close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return one swipe without framing and LRC; FailureError if it is too long or its frame's LRC does not fit.

        A track whose own LRC does not fit is one that could not be read.
        """
        self.require_enabled("read")
        return self._frames.read(self._port.read, timeout_s)

    def check_health(self, level: HealthLevel) -> Health:
        """The reader is not asked; INTERACTIVE waits ten seconds for a swipe."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a card was read" if seen else "no card came within 10 s")
        return Health(ok=self._port.is_open, text=f"{self._settings.path} is open")

    def _is_end(self, received: bytearray) -> bool:
        if self._settings.lrc is Lrc.FRAME:
            return received[-2:-1] == bytes([ETX])
        return is_swipe_end(received, one_line=self._settings.one_line)

    def _checked(self, received: bytes) -> bytes:
        if self._settings.lrc is Lrc.TRACK:
            received = without_lrc(received.decode("latin-1")).encode("latin-1")
        swipe = tidy_swipe(received)
        if swipe and self._settings.lrc is Lrc.FRAME:
            swipe = tidy_swipe(frame_in(received))
        return b"" if swipe and self._doubles.is_double(swipe) else swipe


def frame_in(received: bytes) -> bytes:
    """Return what stands between STX and ETX; FailureError unless the XOR of STX to LRC is zero."""
    start = received.find(STX)
    if received[-2:-1] != bytes([ETX]) or start < 0 or reduce(xor, received[start:]):
        raise FailureError("a swipe with a wrong check character (LRC): swipe again, or clean the reader's head")
    return received[start + 1 : -2]
