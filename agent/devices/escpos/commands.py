"""What a printer is told and asked besides slips: status, confirmation, the drawer's pulse.

Source: Epson ESC/POS command reference, DLE EOT, GS a, GS ( H function 48, ESC p, DLE DC4 function 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

REPORT_CHANGES: Final = b"\x1da\xff"  # GS a: send the automatic status now and at every change
DUTY_MAX: Final = 0.2  # of the solenoid: on / (on + off)
PULSE_UNIT_MS, PULSE_MAX_MS = 2, 510  # ESC p counts in steps of two milliseconds, in one byte
REALTIME_UNIT_MS: Final = 100  # DLE DC4 in steps of a tenth of a second


class Question(IntEnum):
    """The n of DLE EOT n."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    PAPER = 4


def request(question: Question) -> bytes:
    """Return the bytes that ask `question`; the printer answers at once, whatever it is printing."""
    return bytes([0x10, 0x04, question])


def ask_when_printed(process_id: bytes) -> bytes:
    """Return what has a printer repeat `process_id`, four printable characters, once all before it is printed."""
    return b"\x1d(H\x06\x0000" + process_id


class DrawerSwitch(StrEnum):
    """What the line of the drawer's switch (pin 3) is while the drawer is open; makers do not agree."""

    NONE = "none"  # no switch: the line says nothing
    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Pulse:
    """What opens a drawer: current on pin 2 or 5 of its connector for `on_ms`, then none for `off_ms`.

    An m other than 0 and 1 is ignored and the rest printed as text, so nothing else can be asked for.
    """

    pin: int
    on_ms: int
    off_ms: int

    @property
    def duty(self) -> float:
        """The share of the time in which current flows."""
        return self.on_ms / (self.on_ms + self.off_ms)

    def queued(self) -> bytes:
        """ESC p: in its turn, after what the printer still has to print."""
        return bytes([0x1B, 0x70, self._m, self.on_ms // PULSE_UNIT_MS, self.off_ms // PULSE_UNIT_MS])

    def at_once(self) -> bytes:
        """DLE DC4: even while the printer is offline or its buffer full. In tenths of a second, `on_ms` rounded up."""
        return bytes([0x10, 0x14, 0x01, self._m, -(-self.on_ms // REALTIME_UNIT_MS)])

    def period_s(self, *, at_once: bool) -> float:
        """Return how long after the beginning of one pulse the next may begin.

        DLE DC4 pauses only as long as it pulses, so the rest of the pause is the caller's to keep.
        """
        if at_once:
            return -(-self.on_ms // REALTIME_UNIT_MS) * REALTIME_UNIT_MS / DUTY_MAX / 1000
        return (self.on_ms + self.off_ms) / 1000

    @property
    def _m(self) -> int:
        return {2: 0, 5: 1}[self.pin]
