"""Chips that a test holds in its hand: an NTAG21x and a Type 4 tag, each as a function from command to answer APDU."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from agent.devices.chips.wrappers import Wrapping

OK = b"\x90\x00"
NOT_FOUND = bytes.fromhex("6a82")
NOT_SUPPORTED = bytes.fromhex("6a81")
FAILED = bytes.fromhex("6300")
GET_UID = bytes.fromhex("ffca000000")
ATR_MEMORY = bytes.fromhex("3b8f8001804f0ca0000003060300030000000068")  # MIFARE Ultralight or NTAG
ATR_PROCESSOR = bytes.fromhex("3b8180018080")
NTAG213 = bytes.fromhex("0004040201000f03")
UID = bytes.fromhex("04a1b2c3d4e5f6")

Transmit = Callable[[bytes], bytes]


def uri(address: str) -> bytes:
    """A message of one URI record, its prefix written out."""
    payload = b"\x00" + address.encode()
    return b"\xd1\x01" + bytes([len(payload)]) + b"U" + payload


def tlv(message: bytes) -> bytes:
    """A message as it stands in the memory of a Type 2 tag, with the lock control block of an NTAG213 before it."""
    length = bytes([len(message)]) if len(message) < 255 else b"\xff" + len(message).to_bytes(2)
    return bytes.fromhex("0103a00c34") + b"\x03" + length + message + b"\xfe"


@dataclass
class Ntag:
    """An NTAG213 behind a reader; `data` stands from page 4 on. Without a version it is a plain MIFARE Ultralight.

    It falls asleep over a command that it does not know, as the real one does.
    """

    data: bytes
    version: bytes | None = NTAG213
    container: bytes = bytes.fromhex("e1101200")
    uid: bytes = UID
    reader: Wrapping = Wrapping.READ_BINARY
    commands: list[bytes] = field(default_factory=list)
    asleep: bool = False
    in_session: bool = False

    def answer(self, command: bytes) -> bytes:
        """Answer a command as its reader passes it on."""
        self.commands.append(command)
        if command == GET_UID:
            return self.uid + OK
        if command[:2] == b"\xff\xb0":
            answer = self._native(bytes([0x30, command[3]]))
            return FAILED if answer is None else answer[: command[4]] + OK
        if command[:2] == b"\xff\xc2" and self.reader is Wrapping.TRANSPARENT:
            return self._session(command)
        if command[:4] == b"\xff\x00\x00\x00" and self.reader in {Wrapping.PN532, Wrapping.DIRECT}:
            return self._direct(command[5:])
        return NOT_SUPPORTED

    def reset(self) -> None:
        """Wake up."""
        self.asleep = False

    def _direct(self, native: bytes) -> bytes:
        if self.reader is Wrapping.DIRECT:
            answer = self._native(native)
            return FAILED if answer is None else answer + OK
        if not native.startswith(b"\xd4\x42"):
            return FAILED
        answer = self._native(native[2:])
        return bytes.fromhex("d543019000") if answer is None else b"\xd5\x43\x00" + answer + OK

    def _session(self, command: bytes) -> bytes:
        if command[2:4] == b"\x00\x00":
            self.in_session = command[5:7] == b"\x81\x00"
            return bytes.fromhex("c0030090009000")
        if not self.in_session:
            return bytes.fromhex("6985")
        if command[3] == 2:
            return bytes.fromhex("c0030090009000")
        native = command[command.index(b"\x95") + 2 : -1]
        answer = self._native(native)
        if answer is None:
            return bytes.fromhex("c0036401009000")
        return bytes.fromhex("c003009000920100960200009781") + bytes([len(answer)]) + answer + OK

    def _native(self, command: bytes) -> bytes | None:
        if self.asleep:
            return None
        memory = (bytes(12) + self.container + self.data).ljust(45 * 4, b"\x00")
        match command[0]:
            case 0x60 if self.version:
                return self.version
            case 0x30:
                start = command[1] * 4
                return (memory * 2)[start : start + 16]
            case 0x3A if self.version:
                return memory[command[1] * 4 : (command[2] + 1) * 4]
        self.asleep = True
        return None


@dataclass
class Type4:
    """A chip with an NDEF application, or without one."""

    message: bytes | None
    mle: int = 0x3B
    size: int = 0x1000
    length: int | None = None  # what it says of itself, if it lies
    read_access: int = 0
    uid: bytes = UID
    commands: list[bytes] = field(default_factory=list)
    file: bytes = b""

    def answer(self, command: bytes) -> bytes:
        """Answer a command."""
        self.commands.append(command)
        if command == GET_UID:
            return self.uid + OK
        if command[1] == 0xA4:
            return self._select(command[2], command[5 : 5 + command[4]])
        if command[1] == 0xB0:
            start = int.from_bytes(command[2:4])
            return self.file[start : start + command[4]] + OK
        return NOT_SUPPORTED

    def reset(self) -> None:
        """Forget which file was selected."""
        self.file = b""

    def _select(self, how: int, name: bytes) -> bytes:
        if self.message is None:
            return NOT_FOUND
        if how == 4:
            return OK if name.hex() == "d2760000850101" else NOT_FOUND
        if name == b"\xe1\x03":
            head = b"\x00\x0f\x20" + self.mle.to_bytes(2) + b"\x00\x34\x04\x06\xe1\x04" + self.size.to_bytes(2)
            self.file = head + bytes([self.read_access, 0])
        else:
            length = len(self.message) if self.length is None else self.length
            self.file = length.to_bytes(2) + self.message
        return OK


def play(native: Generator[bytes, bytes, object], answers: list[bytes]) -> object:
    """Hold a conversation in the chip's own commands, with these answers in turn."""
    try:
        next(native)
        for answer in answers:
            native.send(answer)
    except StopIteration as end:
        return end.value
    native.close()
    raise AssertionError("the conversation went on after the last answer")
