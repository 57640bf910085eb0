"""Zebra (Symbol) barcode scanners that speak SSI, the Simple Serial Interface, on a serial line.

Tested with: a pseudo-terminal whose other end plays a decoder.
Supported: packeted decode data, acknowledged packet by packet; corrupt packets are asked for again, repeated ones are
published once, labels of several packets are put together.
Missing: commands to the scanner (beep, aim, parameters), images; decode data without packets is serial_scanner's.
Source: Zebra, Simple Serial Interface programmer's guide, 72-40451; Datalogic D151 manual, p. 63 (causes of a NAK). The
code that SSI gives a symbology is not AIM's: set the scanner to "transmit AIM code ID" to have `]E0` before the data.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import IntEnum

from agent.devices.categories import DATA_MAX, Category, Health, HealthLevel, Input
from agent.devices.framing import Parts, within
from agent.devices.lifecycle import Lifecycle
from agent.errors import ConfigError, FailureError
from drivers._serial import Parity, SerialPort

HEADER = 4  # length (of all but the checksum), opcode, source, status
CHECKSUM = 2  # two's complement of the sum of all bytes before it, high byte first
HOST = 0x04
RETRANSMIT, CONTINUED = 0x01, 0x02  # bits of the status byte
# The decoder waits for an answer (2 s as delivered), sends a packet three times in all, then gives the label up.
PATIENCE_S = 6.0
LATE_S = 1.0  # how much longer than `settle_s` a packet that is already coming is waited for
INTERACTIVE_S = 10.0


class Opcode(IntEnum):
    """What a packet is."""

    CMD_ACK = 0xD0
    CMD_NAK = 0xD1
    DECODE_DATA = 0xF3


class Cause(IntEnum):
    """Why a packet is refused."""

    RESEND = 1
    BAD_CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "ssi_scanner"."""

    path: str
    baud: int = 9600
    parity: Parity = Parity.NONE
    idle_s: float = 0.2  # a packet that stops for this long has lost bytes
    settle_s: float = 0.3  # what arrives this soon after opening is from before

    def __post_init__(self) -> None:
        if self.baud < 1:
            raise ConfigError(f"'baud' is {self.baud} but must be at least 1")
        if not 0 < self.idle_s <= 5 or not 0 <= self.settle_s <= 5:
            raise ConfigError(f"'idle_s' is {self.idle_s:g}, 'settle_s' {self.settle_s:g}: both must be 0 to 5 seconds")


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, its checksum found right. `data` of decode data is the symbology's SSI code and the label."""

    opcode: int
    status: int
    data: bytes = field(repr=False)


class SsiScanner(Lifecycle):
    """One scanner."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.SCANNER)
        self._settings = settings
        self._port = SerialPort(settings.path, baud=settings.baud, parity=settings.parity)
        self._framer = Framer()
        self._assembler = Assembler()
        self._last_byte_ns = 0

    def on_open(self) -> None:
        """Open the port, exclusively: a serial line cannot be opened first and claimed later."""
        self._port.open()

    def on_enable(self) -> None:
        """Acknowledge and drop what was scanned while nobody read; unanswered, the scanner would send it again."""
        self._framer, self._assembler = Framer(), Assembler()
        deadline = time.monotonic() + self._settings.settle_s
        while (left := deadline + LATE_S * self._framer.is_midway - time.monotonic()) > 0:
            try:
                self._next_label(left)
            except FailureError:  # whatever was wrong with it, it is from before
                continue

    def on_close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return one label; FailureError for one that is too long, or whose last packet never came."""
        self.require_enabled("read")
        return within(timeout_s, self._next_label)

    def check_health(self, level: HealthLevel) -> Health:
        """INTERNAL and EXTERNAL look at the port; INTERACTIVE waits ten seconds for a label."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a label was read" if seen else "no label came within 10 s")
        return Health(ok=self._port.is_open, text=f"{self._settings.path} is open")

    @property
    def _silence_s(self) -> float:
        return (time.monotonic_ns() - self._last_byte_ns) / 1e9

    def _next_label(self, wait_s: float) -> Input | None:
        """Return a label that a packet completed; None if there is none yet after one look at the line."""
        self._assembler.give_up_late(time.monotonic())  # before a packet is taken, or it would end the wrong label
        while (packet := self._framer.next()) is not None:
            if label := self._take(packet):
                return Input(label, last_byte_ns=self._last_byte_ns)
        self._receive(wait_s)
        return None

    def _take(self, packet: Packet) -> bytes | None:
        """Answer a packet, then return the label it completed."""
        if packet.opcode in {Opcode.CMD_ACK, Opcode.CMD_NAK}:
            return None
        if packet.opcode != Opcode.DECODE_DATA or not packet.data:
            self._port.write(encode(Opcode.CMD_NAK, bytes([Cause.BAD_CONTEXT])))
            return None
        self._port.write(encode(Opcode.CMD_ACK))
        return self._assembler.add(packet, time.monotonic())

    def _receive(self, wait_s: float) -> None:
        if self._framer.is_midway:
            wait_s = min(wait_s, max(self._settings.idle_s - self._silence_s, 0))
        if received := self._port.read(wait_s):
            self._last_byte_ns = time.monotonic_ns()
            is_sound = self._framer.feed(received)
        else:
            is_sound = not self._framer.is_midway or self._silence_s < self._settings.idle_s
        if not is_sound:
            self._framer.restart()
            self._assembler.forget_last()
            self._port.write(encode(Opcode.CMD_NAK, bytes([Cause.RESEND])))


def encode(opcode: Opcode, data: bytes = b"") -> bytes:
    """Return a packet of the host's."""
    packet = bytes([HEADER + len(data), opcode, HOST, 0]) + data
    return packet + checksum(packet)


def checksum(packet: bytes) -> bytes:
    """Return the two bytes that end `packet`."""
    return (-sum(packet) & 0xFFFF).to_bytes(CHECKSUM, "big")


class Framer:
    """Cuts bytes into packets; holds at most what one read of the line brought, and one packet."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._packets: list[Packet] = []

    @property
    def is_midway(self) -> bool:
        """True if a packet has begun and not ended."""
        return bool(self._received)

    def feed(self, received: bytes) -> bool:
        """Take in what arrived; False if it holds a packet that is not whole.

        Nothing marks where a packet begins, so after a bad one the rest is worthless too: `restart`, and ask again.
        """
        self._received += received
        while self._received:
            end = self._received[0]
            if end < HEADER:
                return False
            if len(self._received) < end + CHECKSUM:
                return True
            packet = bytes(self._received[:end])
            if self._received[end : end + CHECKSUM] != checksum(packet):
                return False
            self._packets.append(Packet(packet[1], packet[3], packet[HEADER:]))
            del self._received[: end + CHECKSUM]
        return True

    def restart(self) -> None:
        """Drop a packet that is not whole."""
        self._received.clear()

    def next(self) -> Packet | None:
        """Return the next packet, or None."""
        return self._packets.pop(0) if self._packets else None


class Assembler:
    """Puts the packets of a label together; a packet that was sent again counts once."""

    def __init__(self) -> None:
        self._parts = Parts("label", limit=DATA_MAX)
        self._last: Packet | None = None
        self._last_at = 0.0

    def add(self, packet: Packet, now_s: float) -> bytes | None:
        """Return the label that `packet` completes, if it does; FailureError as soon as it is over DATA_MAX bytes."""
        if self._is_repeated(packet, now_s):
            return None
        self._last, self._last_at = packet, now_s
        return self._parts.add(packet.data[1:], is_continued=bool(packet.status & CONTINUED))

    def forget_last(self) -> None:
        """Take the next packet as new: a bad one came in between, so it is that one which is sent again."""
        self._last = None

    def give_up_late(self, now_s: float) -> None:
        """FailureError if the rest of a label has not come for so long that the scanner has given it up."""
        if self._parts.is_midway and now_s - self._last_at > PATIENCE_S:
            self._parts.clear()
            raise FailureError("the end of a label did not come: scan it again")

    def _is_repeated(self, packet: Packet, now_s: float) -> bool:
        if self._last is None or not packet.status & RETRANSMIT or now_s - self._last_at > PATIENCE_S:
            return False
        return packet.data == self._last.data and (packet.status ^ self._last.status) & CONTINUED == 0
