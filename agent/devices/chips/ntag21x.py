"""Reading an NFC Forum Type 2 tag: NTAG21x and MIFARE Ultralight, in their own commands.

Sources: NXP NTAG213/215/216 data sheet, 8.5 (memory) and 10 (commands); NTAG210/212 and MF0ULx1 data sheets; NFC Forum
Type 2 Tag 1.1, 2.3 (TLV blocks) and 6.1 (capability container). Pages have four bytes.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from agent.errors import FailureError

T = TypeVar("T")
# Commands of the chip itself go out, its answers come in; how a reader passes them on is `wrappers`' matter.
Native: TypeAlias = Generator[bytes, bytes, T]

GET_VERSION: Final = b"\x60"
READ: Final = 0x30  # and a page: four pages, from the first again after the last
FAST_READ: Final = 0x3A  # and the first and last page
PAGE_BYTES: Final = 4
READ_PAGES: Final = 4
FAST_PAGES: Final = 15  # readers with a buffer of 64 bytes take no more

_VERSION_BYTES: Final = 8
_CONTAINER_PAGE: Final = 3
_DATA_PAGE: Final = 4
_MAGIC: Final = 0xE1  # of a capability container
_SIZE_UNIT: Final = 8
_NULL, _LOCK, _MEMORY, _MESSAGE, _TERMINATOR = 0x00, 0x01, 0x02, 0x03, 0xFE
_LONG: Final = 0xFF  # the length stands in the two bytes that follow


@dataclass(frozen=True, slots=True)
class Chip:
    """A chip that knows GET_VERSION and FAST_READ; `last_page` is the last that a shop may write."""

    name: str
    last_page: int


# GET_VERSION: 00, 04 for NXP, the product's type (04 NTAG, 03 Ultralight), its variant, version 01 00, the size of its
# memory, 03 for ISO/IEC 14443-3. Variants (17 or 50 pF, field detection) have the same memory.
_VERSION: Final = re.compile(rb"\x00\x04([\x03\x04])[\x01\x02\x04]\x01\x00([\x00-\xff])\x03", re.DOTALL)
_CHIPS: Final = MappingProxyType(
    {
        b"\x04\x0b": Chip("NTAG210", 15),
        b"\x04\x0e": Chip("NTAG212", 35),
        b"\x04\x0f": Chip("NTAG213", 39),
        b"\x04\x11": Chip("NTAG215", 129),
        b"\x04\x13": Chip("NTAG216", 225),
        b"\x03\x0b": Chip("MF0UL11", 15),
        b"\x03\x0e": Chip("MF0UL21", 35),
    }
)


def read_version() -> Native[Chip | None]:
    """Return which chip it is; None if it is one we do not know. A chip without the command falls asleep over it."""
    version = yield GET_VERSION
    if len(version) != _VERSION_BYTES:
        raise FailureError(f"the chip's version has {len(version)} bytes in place of {_VERSION_BYTES}")
    match = _VERSION.fullmatch(version)
    return _CHIPS.get(match[1] + match[2]) if match else None


def read_type2(chip: Chip | None) -> Native[bytes | None]:
    """Return the NDEF message of a chip; None if it has none, or none that may be read without a key.

    FailureError: an answer was cut short, or the lengths on the chip do not fit its memory.
    """
    first = yield from _pages(_CONTAINER_PAGE, _CONTAINER_PAGE + READ_PAGES - 1, chip=None)
    magic, version, size, access = first[:PAGE_BYTES]
    if magic != _MAGIC or version >> 4 != 1 or access >> 4:
        return None
    size *= _SIZE_UNIT
    if chip is not None:
        size = min(size, (chip.last_page + 1 - _DATA_PAGE) * PAGE_BYTES)
    return (yield from _message(_Memory(first[PAGE_BYTES:], size, chip)))


def _message(memory: _Memory) -> Native[bytes | None]:
    at = 0
    while at < memory.size:
        tag = (yield from memory.read(at, 1))[0]
        at += 1
        if tag == _TERMINATOR:
            return None
        if tag == _NULL:
            continue
        start, length = yield from _length(memory, at)
        if tag == _MESSAGE:
            return (yield from memory.read(start, length)) or None
        if tag in {_LOCK, _MEMORY}:
            _require_outside((yield from memory.read(start, length)), memory.size)
        at = start + length
    return None


def _length(memory: _Memory, at: int) -> Native[tuple[int, int]]:
    """Return where a TLV's value begins and how long it is said to be."""
    length = (yield from memory.read(at, 1))[0]
    if length != _LONG:
        return at + 1, length
    return at + 3, int.from_bytes((yield from memory.read(at + 1, 2)))


def _require_outside(value: bytes, size: int) -> None:
    """Refuse a chip with lock bytes or reserved bytes in the middle of its data: what we read would not be the text."""
    if len(value) != 3:
        raise FailureError("the chip's memory has a control block that is not whole")
    page_size = 1 << (value[2] & 0x0F)
    start = (value[0] >> 4) * page_size + (value[0] & 0x0F)
    if _DATA_PAGE * PAGE_BYTES <= start < _DATA_PAGE * PAGE_BYTES + size:
        raise FailureError("this chip keeps reserved bytes in the middle of its data, which we do not read")


def _pages(first: int, last: int, *, chip: Chip | None) -> Native[bytes]:
    """Read pages: exactly these of a chip that can, else four from `first`."""
    if chip is not None:
        return (yield from _exactly(bytes([FAST_READ, first, last]), (last + 1 - first) * PAGE_BYTES))
    return (yield from _exactly(bytes([READ, first]), READ_PAGES * PAGE_BYTES))


def _exactly(command: bytes, size: int) -> Native[bytes]:
    answer = yield command
    if len(answer) != size:
        raise FailureError(f"the chip gave {len(answer)} bytes in place of {size}: hold it there a little longer")
    return answer


class _Memory:
    """The data area of a chip, `size` bytes from page 4; read from the chip as far as it is asked for."""

    def __init__(self, begun: bytes, size: int, chip: Chip | None) -> None:
        self.size = size
        self._read = begun
        self._chip = chip

    def read(self, at: int, size: int) -> Native[bytes]:
        """Return `size` bytes from `at`. FailureError if that is beyond the data area."""
        end = at + size
        if end > self.size:
            raise FailureError(f"the chip's data is said to end at byte {end}, its memory ends at {self.size}")
        while len(self._read) < end:
            page = _DATA_PAGE + len(self._read) // PAGE_BYTES
            last = _DATA_PAGE - 1 + -(-end // PAGE_BYTES)
            self._read += yield from _pages(page, min(last, page + FAST_PAGES - 1), chip=self._chip)
        return self._read[at:end]
