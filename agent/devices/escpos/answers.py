"""What a printer sends, cut into messages, however the bytes arrive.

Source: Epson ESC/POS command reference. A DLE EOT answer is one byte 0xx1xx10; an automatic status (GS a) four bytes,
the first 0xx1xx00, the others with bits 4 and 7 clear; a block (GS I, GS ( H, DLE DC4) a header, printable characters
and NUL. XON and XOFF may stand anywhere and are none of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BLOCK_MAX: Final = 88  # header, 80 characters (GS I 65 to 69 send no more) and some room
PROCESS_ID_BLOCK: Final = b"\x37\x22"  # GS ( H, function 48

_XON_XOFF: Final = b"\x11\x13"
_FIXED_BITS: Final = 0x93
_ANSWER, _AUTOMATIC = 0x12, 0x10
_AUTOMATIC_LENGTH: Final = 4
_AUTOMATIC_CLEAR: Final = 0x90
_BLOCK_HEADERS: Final = b"\x37\x3d\x5f"
_FIRST_PRINTABLE: Final = 0x20


@dataclass(frozen=True, slots=True)
class Answer:
    """The one byte that answers DLE EOT n; it does not say which n."""

    byte: int


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """The four bytes a printer sends by itself when something changes (automatic status back, GS a)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Header and characters of a block, without its NUL."""

    data: bytes


Message = Answer | AutomaticStatus | Block


class AnswerStream:
    """Cuts what is fed to it into messages; what belongs to none is passed over, what is incomplete waits for more."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> list[Message]:
        """Return the messages that `received` completes. At most BLOCK_MAX bytes are kept for the next call."""
        data = self._rest + received.translate(None, _XON_XOFF)
        messages: list[Message] = []
        at = 0
        while at < len(data):
            message, length = _first(data[at : at + BLOCK_MAX])
            if not length:
                break
            if message is not None:
                messages.append(message)
            at += length
        self._rest = data[at:]
        return messages


def _first(data: bytes) -> tuple[Message | None, int]:
    """Return what `data` begins with and how long it is: None if it is no message, 0 if its end is yet to come."""
    kind = data[0] & _FIXED_BITS
    if kind == _ANSWER:
        return Answer(data[0]), 1
    if kind == _AUTOMATIC:
        return _automatic(data[:_AUTOMATIC_LENGTH])
    if data[0] in _BLOCK_HEADERS:
        return _block(data)
    return None, 1


def _automatic(data: bytes) -> tuple[Message | None, int]:
    if any(byte & _AUTOMATIC_CLEAR for byte in data[1:]):
        return None, 1
    return (AutomaticStatus(data), len(data)) if len(data) == _AUTOMATIC_LENGTH else (None, 0)


def _block(data: bytes) -> tuple[Message | None, int]:
    end = next((at for at, byte in enumerate(data) if byte < _FIRST_PRINTABLE), None)
    if end is None:
        return None, int(len(data) == BLOCK_MAX)
    return (Block(data[:end]), end + 1) if data[end] == 0 else (None, 1)
