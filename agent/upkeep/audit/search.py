"""Searches files and folders for payment numbers: every byte as it stands, and once more what is not plain in it.

The values of a database lie in pieces over its pages beside bytes that say nothing, and what was deleted lies in no
table; so its bytes are searched as any file's (the write-ahead log's too), and its values by reading the tables. zstd
frames, as the two halves of a till send each other, and logs that were packed away are unpacked. Files are read in
pieces, never written, and an agent that is running is not disturbed.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from sqlite3 import Error as DatabaseError
from typing import BinaryIO, Final, Protocol

import zstandard

from agent.loyalty.cards import CardRange
from agent.upkeep.audit.encodings import REACH, Hit, find_numbers
from agent.upkeep.audit.tables import Rows, read_rows

PIECE = 1 << 20  # bytes read at a time
FOUND_MAX = 1000  # numbers that are told; all are counted
_ZSTD_WINDOW_MAX: Final = 1 << 27  # bytes; zstd's own limit for a frame nobody vouches for
_DATABASE: Final = b"SQLite format 3\x00"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_PASSING: Final = ("-wal", "-shm", ".new")  # files that a running agent makes and takes away
_PACKERS: Final = {b"\x1f\x8b": gzip.GzipFile, b"BZh": bz2.BZ2File, b"\xfd7zXZ": lzma.LZMAFile}


@dataclass(frozen=True, slots=True)
class Found:
    """A payment number: the file, where in it, how it is written there, its brand and its number of digits."""

    file: str
    where: str
    encoding: str
    brand: str
    digits: int


@dataclass(slots=True)
class Search:
    """What was searched so far and what was found; `unread` are files that could not be read, with the reason.

    `ranges` are the programme's own cards. `size` counts the files' bytes, not what they were unpacked to.
    """

    ranges: Sequence[CardRange]
    files: int = 0
    size: int = 0
    numbers: int = 0
    found: list[Found] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """True if everything could be read and nothing was found."""
        return not self.numbers and not self.unread

    def search(self, place: Path) -> None:
        """Search a file, or all files in a folder and its folders; a pipe is read to its end if it is named itself."""
        if not place.is_dir():
            self._file(place)
            return
        for path in sorted(place.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self._file(path)

    def _file(self, path: Path) -> None:
        name = str(path)
        reopen = (lambda: path.open("rb")) if path.is_file() else None
        try:
            with path.open("rb") as file:
                begins = self._stream(file, name, "byte", reopen)
            if begins == _DATABASE:
                for rows in read_rows(path):
                    self._rows(name, rows)
            for magic, unpack in _PACKERS.items():
                if begins.startswith(magic):
                    with unpack(path) as unpacked:
                        self._stream(unpacked, name, "unpacked byte", None)
        except (OSError, EOFError, zlib.error, lzma.LZMAError, DatabaseError) as error:
            if isinstance(error, FileNotFoundError) and name.endswith(_PASSING):
                return
            self.unread.append((name, str(error)))
        self.files += 1

    def _rows(self, name: str, rows: Rows) -> None:
        self._stream(io.BytesIO(rows.data), name, f"{rows.where}, byte", lambda: io.BytesIO(rows.data))

    def _stream(self, stream: _Readable, name: str, unit: str, reopen: Callable[[], BinaryIO] | None) -> bytes:
        """Search a stream, and the zstd frames in it if `reopen` gives it anew; return its first bytes."""
        begins, told = b"", frozenset[Hit]()
        for window in _windows(stream):
            begins = begins or window.data[: len(_DATABASE)]
            self.size += window.high - window.low if unit == "byte" else 0
            hits = frozenset(window.hits(self.ranges))
            for hit in sorted(hits - told, key=lambda hit: hit.offset):
                self._tell(Found(name, f"{unit} {hit.offset}", hit.encoding, hit.brand, hit.digits))
            told = hits
            if reopen is not None:
                for at in window.places_of(_ZSTD):
                    self._frame(name, f"{unit} {at}", at, reopen)
        return begins

    def _frame(self, name: str, where: str, at: int, reopen: Callable[[], BinaryIO]) -> None:
        with reopen() as packed:
            packed.seek(at)
            self._stream(_Frame(packed), name, f"{where}, unpacked byte", None)

    def _tell(self, found: Found) -> None:
        self.numbers += 1
        if len(self.found) < FOUND_MAX:
            self.found.append(found)


@dataclass(frozen=True, slots=True)
class _Window:
    """Some bytes of a stream, from `offset` on; what begins in them from `low` to `high` is this window's to tell."""

    offset: int
    data: bytes
    low: int
    high: int

    def hits(self, ranges: Sequence[CardRange]) -> Iterator[Hit]:
        for hit in find_numbers(self.data, ranges):
            if self.low - hit.slack <= hit.offset < self.high:
                yield replace(hit, offset=self.offset + hit.offset)

    def places_of(self, magic: bytes) -> Iterator[int]:
        at = self.data.find(magic, self.low)
        while 0 <= at < self.high:
            yield self.offset + at
            at = self.data.find(magic, at + 1)


def _windows(stream: _Readable) -> Iterator[_Window]:
    """Cut a stream into windows that overlap, so that every number is in one with what stands around it."""
    offset, low, data = 0, 0, _piece(stream)
    while data:
        more = _piece(stream)
        high = len(data) - REACH if more else len(data)
        yield _Window(offset, data, low, high)
        if not more:
            return
        offset, low, data = offset + high - REACH, REACH, data[high - REACH :] + more


def _piece(stream: _Readable) -> bytes:
    """Read PIECE bytes, less only at the end: a pipe gives what it has."""
    piece = stream.read(PIECE)
    while 0 < len(piece) < PIECE and (more := stream.read(PIECE - len(piece))):
        piece += more
    return piece


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Frame:
    """What a zstd frame holds, to its end or as far as it can be unpacked."""

    def __init__(self, packed: BinaryIO) -> None:
        self._unpacked = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_MAX).stream_reader(packed)

    def read(self, size: int, /) -> bytes:
        try:
            return self._unpacked.read(size)
        except zstandard.ZstdError:  # the frame is over, or it was never one
            return b""
