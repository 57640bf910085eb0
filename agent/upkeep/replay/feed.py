"""Plays the device side of a card reader, so that a replayed card comes to the agent through a real driver.

`PtyFeeder` is a serial scanner on a pseudo-terminal, `VpcdFeeder` a chip card on vsmartcard's virtual reader,
`SimulatedFeeder` writes what the simulated driver reads. Each is a context manager; outside it nothing is open.
"""

from __future__ import annotations

import os
import socket
import struct
import termios
import threading
import time
import tty
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

from agent.errors import ClaimedError, InvalidError, OfflineError
from agent.loyalty.cards import Check, check_digit

IIN = "9826"  # ISO/IEC 7812-1: MII 9, national, then ISO 3166-1 numeric 826, the United Kingdom
CUSTOMER_DIGITS = 7
UID_PREFIX = b"\x04"  # ISO/IEC 7816-6: the chip's maker (NXP); a seven-byte UID begins with it

# PC/SC part 3, supplemental document: storage card, ISO 14443 A part 3, MIFARE Ultralight (seven-byte UID).
ATR = bytes.fromhex("3b8f8001804f0ca0000003060300030000000068")
GET_UID = bytes.fromhex("ffca000000")
SW_OK = b"\x90\x00"
SW_NOT_SUPPORTED = b"\x6a\x81"

VPCD_PORT = 35963
VPCD_POWER_OFF, VPCD_POWER_ON, VPCD_RESET, VPCD_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
CONNECT_TIMEOUT_S = 5.0
ABSENT_S = 0.5  # pcscd looks for a card every 0.4 s; one swapped faster is not noticed (measured, pcscd 1.9.9)


def card_number(customer: int) -> str:
    """Return the 12 digits on the customer's card: IIN, customer number, Luhn digit."""
    payload = f"{IIN}{customer:0{CUSTOMER_DIGITS}d}"
    return payload + check_digit(payload, Check.LUHN)


def chip_uid(customer: int) -> bytes:
    """Return the 7 bytes of the customer's chip: 04, then the customer number as 12 packed decimal digits."""
    return UID_PREFIX + bytes.fromhex(f"{customer:012d}")


class Feeder(Protocol):
    """Holds customers' cards before the reader. Raises OfflineError while the reader is not there."""

    def present(self, customer: int) -> None:
        """Show the customer's card to the reader; a second time is a second reading."""

    def withdraw(self) -> None:
        """Take the card away."""


def open_feeder(reader: str, feed: Path | None) -> PtyFeeder | VpcdFeeder | SimulatedFeeder:
    """Return the feeder (a context manager) for a `serial`, `chip` or `simulated` reader.

    `feed` is the path that till.toml names for it; a chip's virtual reader has its own place. InvalidError otherwise.
    """
    if reader == "chip" and feed is None:
        return VpcdFeeder()
    if reader == "serial" and feed is not None:
        return PtyFeeder(feed)
    if reader == "simulated" and feed is not None:
        return SimulatedFeeder(feed)
    raise InvalidError(
        f"cannot feed reader {reader!r} at {feed}",
        hint="readers are serial and simulated, with the path that till.toml names, and chip, without one",
    )


class PtyFeeder:
    """A serial scanner: the number and CR on a pseudo-terminal that `link` (a symbolic link) names.

    A number nobody has read when the next card comes is dropped, as a scanner without a listener drops it.
    """

    def __init__(self, link: Path) -> None:
        self._link = link
        self._master = self._slave = -1

    def __enter__(self) -> Self:
        if self._link.exists() and not self._link.is_symlink():
            raise ClaimedError(f"cannot name the scanner {self._link}: it is no link", hint="name another path")
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # before the driver opens it nothing may echo or turn CR into LF
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(self._slave))
        return self

    def __exit__(self, *_: object) -> None:
        self._link.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)

    def present(self, customer: int) -> None:
        """Send the card's number and CR."""
        termios.tcflush(self._slave, termios.TCIFLUSH)
        os.write(self._master, f"{card_number(customer)}\r".encode())

    def withdraw(self) -> None:
        """Do nothing: a barcode is not held."""


class SimulatedFeeder:
    """The feed of a simulated scanner: the number and LF into the FIFO that its setting `feed` names."""

    def __init__(self, feed: Path) -> None:
        self._feed = feed

    def __enter__(self) -> Self:
        if self._feed.exists() and not self._feed.is_fifo():
            raise ClaimedError(f"cannot feed a scanner through {self._feed}: it is no FIFO", hint="name another path")
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def present(self, customer: int) -> None:
        """Write the card's number."""
        try:
            feed = os.open(self._feed, os.O_WRONLY | os.O_NONBLOCK)  # without a reader: ENXIO instead of waiting
            with os.fdopen(feed, "wb", buffering=0) as line:
                line.write(f"{card_number(customer)}\n".encode())
        except OSError as error:
            raise OfflineError(f"nobody reads the feed {self._feed}: {error.strerror}") from error

    def withdraw(self) -> None:
        """Do nothing: a barcode is not held."""


class VpcdFeeder:
    """A contactless chip card on the virtual reader vpcd of vsmartcard, which listens at `host` and `port`.

    vpcd's protocol: a length of two bytes (big-endian) and a payload; one-byte payloads are power off, power on,
    reset (no answer) and "ATR?"; the rest are command APDUs. The connection is the card: closing it removes it.
    Between two cards the reader stays empty for `absent_s`.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = VPCD_PORT, *, absent_s: float = ABSENT_S) -> None:
        self._address = (host, port)
        self._absent_s = absent_s
        self._empty_since = -absent_s
        self._card: _Card | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.withdraw()

    def present(self, customer: int) -> None:
        """Insert the card; one that is still in is taken out first."""
        self.withdraw()
        time.sleep(max(0.0, self._empty_since + self._absent_s - time.monotonic()))
        try:
            connection = socket.create_connection(self._address, timeout=CONNECT_TIMEOUT_S)
        except OSError as error:
            raise OfflineError(f"the virtual reader at {self._address} does not answer: {error}") from error
        connection.settimeout(None)
        self._card = _Card(connection, chip_uid(customer))
        self._card.start()

    def withdraw(self) -> None:
        """Remove the card, if one is in."""
        if self._card is not None:
            self._card.remove()
            self._card = None
            self._empty_since = time.monotonic()


class _Card(threading.Thread):
    """Answers the reader until the card is removed or the reader goes away."""

    def __init__(self, connection: socket.socket, uid: bytes) -> None:
        super().__init__(name="replay-card", daemon=True)
        self._connection = connection
        self._uid = uid

    def run(self) -> None:
        with self._connection:
            while (command := self._receive()) is not None:
                if command not in {VPCD_POWER_OFF, VPCD_POWER_ON, VPCD_RESET}:
                    self._send(self._answer(command))

    def remove(self) -> None:
        with suppress(OSError):  # the reader went away first
            self._connection.shutdown(socket.SHUT_RDWR)
        self.join()

    def _answer(self, command: bytes) -> bytes:
        if command == VPCD_ATR:
            return ATR
        return self._uid + SW_OK if command == GET_UID else SW_NOT_SUPPORTED

    def _receive(self) -> bytes | None:
        head = self._exactly(2)
        return None if head is None else self._exactly(struct.unpack(">H", head)[0])

    def _exactly(self, size: int) -> bytes | None:
        received = b""
        while len(received) < size:
            try:
                chunk = self._connection.recv(size - len(received))
            except OSError:
                return None
            if not chunk:
                return None
            received += chunk
        return received

    def _send(self, answer: bytes) -> None:
        with suppress(OSError):  # the next receive ends the thread
            self._connection.sendall(struct.pack(">H", len(answer)) + answer)
