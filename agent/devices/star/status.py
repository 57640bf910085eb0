"""The automatic status of a Star printer: found in what it sends, and what it says.

Source: Star Line Mode Command Specifications, 5 (header 1: the number of bytes in bits 1, 2, 3, 5; printer status 1
to 4 in the third to the sixth byte). The printer sends it when something changes, and when it is asked (ESC ACK SOH).
"""

from __future__ import annotations

from typing import Final

from agent.devices.categories import Paper, PrinterStatus, Sign

REQUEST: Final = b"\x1b\x06\x01"  # ESC ACK SOH
LENGTH_MIN: Final = 6  # two headers, printer status 1 to 4
LENGTH_MAX: Final = 15

_FIXED_BITS, _HEADER = 0x91, 0x01
_COVER_OPEN, _OFFLINE, _SWITCH = 0x20, 0x08, 0x04  # third byte
_HOT, _UNRECOVERABLE, _CUTTER, _MECHANICAL = 0x40, 0x20, 0x08, 0x04  # fourth byte
_PAPER_END, _NEAR_END = 0x08, 0x04  # sixth byte


def find_status(received: bytes) -> bytes | None:
    """Return the last whole automatic status in `received`, or None."""
    found = None
    at = 0
    while at < len(received):
        length = _length(received[at])
        if length and at + length <= len(received):
            found = received[at : at + length]
        at += length or 1
    return found


def printer_status(status: bytes) -> PrinterStatus:
    """Make of an automatic status what the printer says; one that reports an error counts as offline."""
    printer, errors, sensors = status[2], status[3], status[5]
    is_offline = printer & _OFFLINE or errors & (_HOT | _UNRECOVERABLE | _MECHANICAL)
    return PrinterStatus(
        online=Sign.BAD if is_offline else Sign.OK,
        cover=Sign.BAD if printer & _COVER_OPEN else Sign.OK,
        paper=_paper(sensors),
        cutter=Sign.BAD if errors & _CUTTER else Sign.OK,
    )


def switch_is_closed(status: bytes) -> bool:
    """Say what the drawer's switch (compulsion switch) is; whether that is open or shut depends on the drawer."""
    return bool(status[2] & _SWITCH)


def _paper(sensors: int) -> Paper:
    if sensors & _PAPER_END:
        return Paper.OUT
    return Paper.NEAR_END if sensors & _NEAR_END else Paper.OK


def _length(header: int) -> int:
    """Return how many bytes the status has that begins with `header`; 0 if none begins so."""
    if header & _FIXED_BITS != _HEADER:
        return 0
    length = header >> 1 & 0x07 | header >> 2 & 0x08
    return length if LENGTH_MIN <= length <= LENGTH_MAX else 0
