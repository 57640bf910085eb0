"""Printer bytes cut into ESC/POS commands (Epson ESC/POS command reference), each with its offset.

The lengths below are the reader's own knowledge, kept apart from every encoder, so that one checks the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from agent.slips.facts import SlipError

_FIRST_PRINTABLE: Final = 0x20
_LEADS: Final = {0x10: "DLE", 0x1B: "ESC", 0x1C: "FS", 0x1D: "GS"}

# Commands that are one control byte.
_SINGLE: Final = {0x09: "HT", 0x0A: "LF", 0x0D: "CR"}

# Commands with a fixed number of parameter bytes.
_FIXED: Final = {
    "ESC @": 0,
    "ESC !": 1,
    "ESC -": 1,
    "ESC 2": 0,
    "ESC 3": 1,
    "ESC E": 1,
    "ESC G": 1,
    "ESC J": 1,
    "ESC M": 1,
    "ESC a": 1,
    "ESC d": 1,
    "ESC p": 3,
    "ESC t": 1,
    "ESC {": 1,
    "FS .": 0,
    "GS !": 1,
    "GS B": 1,
    "GS H": 1,
    "GS I": 1,
    "GS a": 1,
    "GS b": 1,
    "GS f": 1,
    "GS h": 1,
    "GS r": 1,
    "GS w": 1,
    "DLE \x04": 1,
    "DLE \x05": 1,
}


class UnknownCommandError(SlipError):
    """Bytes that the reader does not know as ESC/POS, or that end inside a command."""

    hint = "the printer's driver sent something this preview cannot draw; the print itself may be good"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name in the reference's notation ("GS v 0", "TEXT" for characters) and its parameters."""

    offset: int
    name: str
    args: bytes


def parse(data: bytes) -> Iterator[Command]:
    """Yield the commands of `data` in order; UnknownCommandError names the bytes and their offset."""
    offset = 0
    while offset < len(data):
        command, offset = _next(data, offset)
        yield command


def _next(data: bytes, offset: int) -> tuple[Command, int]:
    first = data[offset]
    if first >= _FIRST_PRINTABLE:
        end = offset + 1
        while end < len(data) and data[end] >= _FIRST_PRINTABLE:
            end += 1
        return Command(offset, "TEXT", data[offset:end]), end
    if first in _SINGLE:
        return Command(offset, _SINGLE[first], b""), offset + 1
    name = f"{_LEADS.get(first, '')} {data[offset + 1 : offset + 2].decode('latin-1')}"
    start = offset + 2
    if name in {"GS (", "GS v"}:
        name += f" {data[start : start + 1].decode('latin-1')}"
        start += 1
    length = _length(name, data, start)
    if length is None:
        raise UnknownCommandError(f"unknown ESC/POS command {data[offset:start].hex(' ')} at offset {offset}")
    if start + length > len(data):
        raise UnknownCommandError(f"the bytes end inside the command {name!r} at offset {offset}")
    return Command(offset, name, data[start : start + length]), start + length


def _length(name: str, data: bytes, start: int) -> int | None:
    """Count the parameter bytes; None for an unknown command, more than there are for one that is cut off."""
    if name in _FIXED:
        return _FIXED[name]
    measure = _MEASURED.get(name)
    if measure is None:
        return None
    try:
        return measure(data[start:])
    except (IndexError, ValueError):
        return len(data)


def _word(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8


def _raster(data: bytes) -> int:
    return 5 + _word(data, 1) * _word(data, 3)


def _columns(data: bytes) -> int:
    bytes_per_column = 3 if data[0] >= 32 else 1
    return 3 + _word(data, 1) * bytes_per_column


def _counted(data: bytes) -> int:
    return 2 + _word(data, 0)


def _cut(data: bytes) -> int:
    return 1 if data[0] in {0, 1, 48, 49} else 2


def _barcode(data: bytes) -> int:
    return 2 + data[1] if data[0] >= 65 else data.index(0, 1) + 1


def _realtime(data: bytes) -> int:
    """DLE DC4: function 1 is a pulse (m t), 2 a power-off (a b), 8 clears the buffers (seven fixed bytes)."""
    return 8 if data[0] == 8 else 3


_MEASURED: Final[dict[str, Callable[[bytes], int]]] = {
    "ESC *": _columns,
    "GS V": _cut,
    "GS k": _barcode,
    "GS v 0": _raster,
    "GS ( H": _counted,
    "GS ( k": _counted,
    "DLE \x14": _realtime,
}
