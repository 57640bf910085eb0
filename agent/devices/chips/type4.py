"""Reading an NFC Forum Type 4 tag: a chip with a processor, as DESFire or NTAG 424 DNA, or a phone.

Source: NFC Forum Type 4 Tag 2.0, 5.1 (capability container) and 5.4 (NDEF detection and reading).
"""

from __future__ import annotations

from typing import Final

from agent.devices.chips.apdu import Conversation, read_binary, select_application, select_file
from agent.devices.chips.ndef import MESSAGE_MAX
from agent.errors import FailureError

NDEF_APPLICATION: Final = bytes.fromhex("D2760000850101")
_CONTAINER: Final = b"\xe1\x03"
_CONTAINER_BYTES: Final = 15  # with the one control TLV that has to come first
_CONTROL: Final = b"\x04\x06"  # tag and length of an NDEF File Control TLV
_MLE_MIN: Final = 15
_LE_MAX: Final = 255
_FREE: Final = 0x00  # read access without a key
_LENGTH_BYTES: Final = 2


def read_type4() -> Conversation[bytes | None]:
    """Return the NDEF message; None if the chip says that it has none, or none that may be read without a key.

    FailureError: an answer was cut short, or the chip contradicts itself.
    """
    if not (yield from _selected(NDEF_APPLICATION)) or not (yield from _selected(_CONTAINER)):
        return None
    container = yield from _container()
    file, size_max, chunk = _file_control(container)
    if container[13] != _FREE or not (yield from _selected(file)):
        return None
    answer = yield read_binary(0, _LENGTH_BYTES)
    size = int.from_bytes(answer.require("read the length of the NDEF message", size=_LENGTH_BYTES))
    if size > min(size_max - _LENGTH_BYTES, MESSAGE_MAX):
        raise FailureError(f"an NDEF message of {size} bytes: the chip's file holds {size_max}, we read {MESSAGE_MAX}")
    return (yield from _read(_LENGTH_BYTES, size=size, chunk=chunk)) or None


def _selected(name: bytes) -> Conversation[bool]:
    answer = yield select_file(name) if len(name) == 2 else select_application(name)
    if answer.is_refusal:
        return False
    answer.require("select the NDEF file")
    return True


def _container() -> Conversation[bytes]:
    answer = yield read_binary(0, _LENGTH_BYTES)
    size = answer.require("read the size of the capability container", size=_LENGTH_BYTES)
    if int.from_bytes(size) < _CONTAINER_BYTES:
        raise FailureError(f"the chip's capability container has {int.from_bytes(size)} bytes, not {_CONTAINER_BYTES}")
    rest = yield from _read(_LENGTH_BYTES, size=_CONTAINER_BYTES - _LENGTH_BYTES, chunk=_MLE_MIN)
    return size + rest


def _file_control(container: bytes) -> tuple[bytes, int, int]:
    """Return the NDEF file's identifier, its size, and how much may be read of it at once."""
    chunk = int.from_bytes(container[3:5])
    if container[7:9] != _CONTROL or chunk < _MLE_MIN:
        raise FailureError("the chip's capability container names no NDEF file, or chunks that are too small")
    return container[9:11], int.from_bytes(container[11:13]), min(chunk, _LE_MAX)


def _read(offset: int, *, size: int, chunk: int) -> Conversation[bytes]:
    read = b""
    while len(read) < size:
        wanted = min(chunk, size - len(read))
        answer = yield read_binary(offset + len(read), wanted)
        read += answer.require("read the NDEF file", size=wanted)
    return read
