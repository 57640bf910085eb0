"""Command and answer APDUs, and what status words mean. Source: ISO/IEC 7816-4:2020, 5.1 to 5.6; short lengths only."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from agent.errors import DeviceError, FailureError

T = TypeVar("T")

OK: Final = 0x9000
LE_MAX: Final = 256  # as Le: "whatever there is"
_LC_MAX: Final = 255
_OFFSET_MAX: Final = 0x7FFF

# ISO/IEC 7816-4, tables 5 and 6, and what readers (63 00) and DESFire chips (91 ..) say in its place.
_MEANINGS: Final = MappingProxyType(
    {
        OK: "done",
        0x6281: "the data may be damaged",
        0x6282: "the file ended early",
        0x6283: "the application is blocked",
        0x6300: "failed, or not understood by the reader",
        0x6400: "failed",
        0x6581: "memory failure",
        0x6700: "wrong length",
        0x6981: "not possible with this file",
        0x6982: "not allowed without a key",
        0x6985: "not allowed now",
        0x6A81: "not supported",
        0x6A82: "file or application not found",
        0x6A86: "wrong parameters",
        0x6B00: "outside the file",
        0x6D00: "unknown instruction",
        0x6E00: "unknown class",
        0x6F00: "failed without a reason",
        0x9100: "done",
        0x910B: "command aborted",
        0x911C: "illegal command",
        0x917E: "length error",
        0x919D: "permission denied",
        0x91A0: "application not found",
        0x91AE: "authentication error",
        0x91AF: "more frames follow",
        0x91BE: "boundary error",
        0x91CA: "the command before was not completed",
        0x91F0: "file not found",
    }
)
# First bytes of "checking errors" (table 5): the command was understood and is refused. 6F says nothing, 62 to 66 speak
# of warnings and failures while it was carried out, and some readers say 63 00 when the card is taken away.
_REFUSING: Final = frozenset({0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6D, 0x6E})
_REFUSALS_OF_DESFIRE: Final = frozenset({0x911C, 0x91A0})


@dataclass(frozen=True, slots=True)
class Command:
    """A command APDU; `le` is how many bytes of answer are expected: None none, 1 to 255, or LE_MAX."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    def __post_init__(self) -> None:
        """Refuse what has no short form; only a mistake of ours can ask for it."""
        assert len(self.data) <= _LC_MAX
        assert self.le is None or 1 <= self.le <= LE_MAX

    def __bytes__(self) -> bytes:
        """Return the command as it is sent."""
        lc = bytes([len(self.data)]) if self.data else b""
        le = b"" if self.le is None else bytes([self.le % LE_MAX])
        return bytes([self.cla, self.ins, self.p1, self.p2]) + lc + self.data + le


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer APDU: `data`, and the status word `sw`."""

    data: bytes = field(repr=False)
    sw: int

    @classmethod
    def parse(cls, received: bytes) -> Answer:
        """Take an answer apart. FailureError if it has no status word: some readers report so that the card left."""
        if len(received) < 2:
            raise FailureError("the card's answer was cut short: hold it there a little longer")
        return cls(received[:-2], int.from_bytes(received[-2:]))

    @property
    def ok(self) -> bool:
        """Say whether the command was carried out."""
        return self.sw == OK

    @property
    def is_refusal(self) -> bool:
        """Say whether the card understood and has no such thing: asked again, it will say the same."""
        return self.sw >> 8 in _REFUSING or self.sw in _REFUSALS_OF_DESFIRE

    def require(self, doing: str, *, size: int | None = None) -> bytes:
        """Return the data; FailureError, "cannot <doing>", unless it was carried out and gave `size` bytes."""
        if not self.ok:
            raise FailureError(f"cannot {doing}: the chip says {self.sw:04X}, {meaning_of(self.sw)}")
        if size is not None and len(self.data) != size:
            raise FailureError(f"cannot {doing}: the chip gave {len(self.data)} bytes in place of {size}")
        return self.data


# What is said to a chip, in turn: commands go out, answers come in, and at the end something is known.
Conversation: TypeAlias = Generator[Command, Answer, T]


def carry_out(conversation: Conversation[T], transmit: Callable[[bytes], bytes]) -> T:
    """Hold a conversation over `transmit`, which sends a command and returns the answer, and return what it finds out.

    A DeviceError on the way is thrown into the conversation, which may still end what it began.
    """
    step = partial(next, conversation)
    while True:
        try:
            command = step()
        except StopIteration as end:
            result: T = end.value
            return result
        try:
            answer = Answer.parse(transmit(bytes(command)))
        except DeviceError as error:
            step = partial(conversation.throw, error)
        else:
            step = partial(conversation.send, answer)


def meaning_of(sw: int) -> str:
    """Return what a status word means, for people."""
    return _MEANINGS.get(sw, "which is no status word we know")


def select_application(name: bytes) -> Command:
    """Select an application by its name, its AID (ISO/IEC 7816-4, 11.2.2)."""
    return Command(0x00, 0xA4, 0x04, 0x00, name, LE_MAX)


def select_file(file: bytes) -> Command:
    """Select a file of the application by its two-byte identifier; nothing is returned of it."""
    return Command(0x00, 0xA4, 0x00, 0x0C, file)


def read_binary(offset: int, size: int) -> Command:
    """Read `size` bytes (1 to 255) of the selected file from `offset` (ISO/IEC 7816-4, 11.3.3)."""
    assert 0 <= offset <= _OFFSET_MAX
    return Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=size)
