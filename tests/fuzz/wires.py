"""Wires in place of a driver's port: what comes off them is given, and then there is silence.

A fuzzed input is one byte that chooses the driver's settings, and pieces: a length (0 is a moment of silence) and as
many bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from drivers._evdev import EventDevice, Key

T = TypeVar("T")

PIECE_MAX = 255
NO_PATH = "a wire"


def pieces(data: bytes) -> Iterator[bytes]:
    """Take an input apart; the last piece may be shorter than it says."""
    at = 0
    while at < len(data):
        yield data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]


def in_pieces(parts: Iterable[bytes], *, choice: int = 0) -> bytes:
    """Return the input that `pieces` takes apart into `parts`; long ones are sent in several."""
    out = bytearray([choice])
    for part in parts:
        for at in range(0, len(part), PIECE_MAX):
            piece = part[at : at + PIECE_MAX]
            out += bytes([len(piece)]) + piece
    return bytes(out)


def chosen(data: bytes, choices: Sequence[T]) -> T:
    """Return what the first byte of an input chooses."""
    return choices[(data[0] if data else 0) % len(choices)]


class Wire:
    """What every wire has: it opens, closes, and is done when all of it was read."""

    def __init__(self, sent: Iterable[bytes]) -> None:
        self._sent = iter(sent)
        self._next = next(self._sent, None)
        self.is_open = True
        self.vendor = 0

    @property
    def is_done(self) -> bool:
        """Say whether everything was read."""
        return self._next is None

    def open(self) -> None:
        """It is open."""

    def close(self) -> None:
        """There is nothing to close."""

    def drop_stale(self, settle_s: float = 0) -> None:
        """Nothing is stale: what is on the wire is what is to be read."""

    def read(self, timeout_s: float) -> bytes:
        """Return the next piece, b"" for silence; never waits."""
        del timeout_s
        piece, self._next = self._next or b"", next(self._sent, None)
        return piece

    def write(self, data: bytes, *, timeout_s: float | None = None) -> None:
        """Take what a driver answers."""


class KeyWire(EventDevice):
    """The same with key events: the bytes are cut into events as the kernel's are."""

    def __init__(self, sent: Iterable[bytes]) -> None:
        super().__init__(NO_PATH)
        self._wire = Wire(sent)

    @property
    def is_done(self) -> bool:
        """Say whether everything was read."""
        return self._wire.is_done

    def open(self) -> None:
        """It is open."""

    def drop_stale(self, settle_s: float) -> None:
        """Nothing is stale."""

    def read(self, timeout_s: float) -> list[Key]:
        """Return the keys of the next piece."""
        return self._keys(self._wire.read(timeout_s))
