"""How readers pass a memory chip's own commands on: each family wraps them in another way.

Sources: PC/SC part 3, 3.2.2.1.8 (read binary) and amendment 1, 3.2.2.4 (transparent exchange, FF C2); ACS ACR122U API
5.0 (direct transmit) with NXP PN532 user manual, 7.3.9 (InCommunicateThru); ACS ACR1252U reference manual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final, TypeVar

from agent.devices.chips.apdu import LE_MAX, Answer, Command, Conversation
from agent.devices.chips.ntag21x import PAGE_BYTES, READ, READ_PAGES, Native
from agent.errors import FailureError, TallyError

T = TypeVar("T")

TIMER_US: Final = 50_000  # a chip of this kind answers within 5 ms or not at all
_THROUGH: Final = b"\xd4\x42"  # PN532: InCommunicateThru
_THROUGH_ANSWER: Final = b"\xd5\x43"
_STATUS: Final = 0x3F
_PN532_ERRORS: Final = {0x01: "the chip did not answer", 0x02: "the answer was damaged on the way"}

START_SESSION: Final = Command(0xFF, 0xC2, 0x00, 0x00, bytes.fromhex("8100"))
END_SESSION: Final = Command(0xFF, 0xC2, 0x00, 0x00, bytes.fromhex("8200"))
SET_ISO14443_A3: Final = Command(0xFF, 0xC2, 0x00, 0x02, bytes.fromhex("8f020003"))
_TIMER, _TRANSCEIVE, _ERROR, _RESPONSE = b"\x5f\x46", b"\x95", b"\xc0", b"\x97"


class Wrapping(StrEnum):
    """How a reader passes a memory chip's own commands on."""

    READ_BINARY = "read_binary"  # it does not: the standard's FF B0 reads pages, and nothing else
    PN532 = "pn532"  # FF 00 with the PN532's D4 42
    DIRECT = "direct"  # FF 00 with the command as it is
    TRANSPARENT = "transparent"  # FF C2 sessions


_READERS: Final = {
    "ACR122": Wrapping.PN532,
    "ACR1252": Wrapping.DIRECT,
    "ACR1552": Wrapping.TRANSPARENT,
    "RC-S300": Wrapping.TRANSPARENT,
    "RC-S660": Wrapping.TRANSPARENT,
}


def wrapping_of(reader: str) -> Wrapping:
    """Return how a reader of this PC/SC name wraps; READ_BINARY, which nearly all can, for one we do not know."""
    return next((wrapping for part, wrapping in _READERS.items() if part in reader), Wrapping.READ_BINARY)


def passed_on(native: Native[T], wrapping: Wrapping) -> Conversation[T]:
    """Carry a conversation in the chip's own commands through a reader.

    FailureError: the reader or the chip did not do it. A transparent session is ended whatever happens.
    """
    match wrapping:
        case Wrapping.READ_BINARY:
            return _wrapped(native, read_binary, _plain)
        case Wrapping.PN532:
            return _wrapped(native, through_pn532, answer_of_pn532)
        case Wrapping.DIRECT:
            return _wrapped(native, direct, _plain)
        case Wrapping.TRANSPARENT:
            return _in_session(_wrapped(native, transceive, answer_of_session))


def read_binary(native: bytes) -> Command:
    """Wrap READ as the standard's own command; only a mistake of ours can wrap anything else."""
    assert native[0] == READ
    return Command(0xFF, 0xB0, 0x00, native[1], le=READ_PAGES * PAGE_BYTES)


def direct(native: bytes) -> Command:
    """Wrap a command for a reader that sends it as it is."""
    return Command(0xFF, 0x00, 0x00, 0x00, native)


def through_pn532(native: bytes) -> Command:
    """Wrap a command for a reader that hands it to its PN532."""
    return direct(_THROUGH + native)


def answer_of_pn532(answer: Answer) -> bytes:
    """Return the chip's answer. FailureError: the PN532 names an error, or it is no answer of its own."""
    data = answer.require("pass a command on to the chip")
    if len(data) < 3 or not data.startswith(_THROUGH_ANSWER):
        raise FailureError("the reader's answer is not its PN532's: set `wrapping` to what the reader is")
    if status := data[2] & _STATUS:
        raise FailureError(f"{_PN532_ERRORS.get(status, 'the exchange failed')} (PN532 error {status:02X})")
    return data[3:]


def transceive(native: bytes, *, timer_us: int = TIMER_US) -> Command:
    """Wrap a command for a transparent session; `timer_us` is how long the reader waits, 0 as long as it likes."""
    timer = _tlv(_TIMER, timer_us.to_bytes(4, "little")) if timer_us else b""
    return Command(0xFF, 0xC2, 0x00, 0x01, timer + _tlv(_TRANSCEIVE, native), LE_MAX)


def answer_of_session(answer: Answer) -> bytes:
    """Return the chip's answer. FailureError: the reader names an error, or its lengths do not fit."""
    response = None
    for tag, value in _tlvs(answer.require("pass a command on to the chip")):
        if tag == _ERROR and value != b"\x00\x90\x00":
            raise FailureError(f"the chip did not answer (error {value.hex().upper()} of the transparent session)")
        if tag == _RESPONSE:
            response = value
    if response is None:
        raise FailureError("the chip did not answer in the transparent session")
    return response


def _plain(answer: Answer) -> bytes:
    return answer.require("read the chip's memory")


def _wrapped(native: Native[T], wrap: Callable[[bytes], Command], unwrap: Callable[[Answer], bytes]) -> Conversation[T]:
    try:
        command = next(native)
        while True:
            command = native.send(unwrap((yield wrap(command))))
    except StopIteration as end:
        result: T = end.value
        return result


def _in_session(conversation: Conversation[T]) -> Conversation[T]:
    yield END_SESSION  # of a session that somebody left open; without one it is refused, which is as good
    try:
        (yield START_SESSION).require("begin a transparent session")
        (yield SET_ISO14443_A3).require("set the transparent session's protocol")
        result = yield from conversation
    except TallyError:
        yield END_SESSION
        raise
    yield END_SESSION
    return result


def _tlv(tag: bytes, value: bytes) -> bytes:
    return tag + bytes([len(value)]) + value


def _tlvs(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Go through data objects of one-byte and two-byte tags and lengths (ISO/IEC 7816-4, 6.2)."""
    at = 0
    while at < len(data):
        start = at + (2 if data[at] & 0x1F == 0x1F else 1)
        tag, length, at = data[at:start], data[start : start + 1], start + 1
        if length == b"\x81":
            length, at = data[at : at + 1], at + 1
        end = at + (length[0] if length else len(data))
        if end > len(data):
            raise FailureError("the reader's answer was cut short: hold the card there a little longer")
        yield tag, data[at:end]
        at = end
