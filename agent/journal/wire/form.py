"""How messages are written: canonical maps, bytes in them, zstd frames, and what a body is called in HTTP.

Every message is a canonical map (see `entry.encode`); bytes stand in it as base64 (RFC 4648, section 4) or, where
people compare them, as hex.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, TypeVar

import zstandard

from agent.errors import JournalError
from agent.journal.entry import decode

PATH = "/sync/v1"
MAP_TYPE = "application/json"
BATCH_TYPE = "application/vnd.tallystick.batch+zstd"
PAGE_TYPE = "application/vnd.tallystick.feed+zstd"
SALE_TYPE = "application/vnd.tallystick.sale+zstd"
WITNESS_TYPE = "application/vnd.tallystick.witness+zstd"

_ZSTD_LEVEL = 3
_WINDOW_BYTES_MAX = 8 * 1024 * 1024  # RFC 8878, 3.1.1.1.2: what every decoder supports
_Read = TypeVar("_Read")


def to_text(data: bytes) -> str:
    """Return bytes as they stand in a message."""
    return b64encode(data).decode()


def from_text(text: str) -> bytes:
    """Return the bytes of a message's text; raises ValueError or TypeError."""
    return b64decode(text, validate=True)


def compress(data: bytes) -> bytes:
    """Return a zstd frame (RFC 8878) of `data`."""
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(data)


def expand(data: bytes, *, bytes_max: int) -> bytes:
    """Return what a zstd frame holds. The frame must say how much that is, at most `bytes_max`; raises JournalError."""
    try:
        size = zstandard.frame_content_size(data)
        if not 0 <= size <= bytes_max:
            raise JournalError(f"the zstd frame says it holds {size} bytes, from 0 to {bytes_max} are allowed")
        return zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES_MAX).decompress(data)
    except zstandard.ZstdError as error:
        raise JournalError(f"the bytes are no whole zstd frame: {error}") from error


def read(data: bytes, build: Callable[[dict[str, Any]], _Read]) -> _Read:
    """Read a canonical map with `build`; raises JournalError when it is not one or lacks what `build` asks for."""
    value = decode(data)
    try:
        return build(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JournalError(f"message of the wrong shape: {error!r}") from error
