"""`read_<driver>`: from the last byte a device sends to the member event on the cashier's screen, p50 and p99.

The till is a process of its own, as in a shop, and the events come over its local API; the baseline is another process
that reads the same bytes from the same kind of file and does nothing with them. Every card was shown once before, so
that no new account is made durable on the way.
"""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, Self

from agent.upkeep.running import Running, find_running
from rows.row import Row, percentile
from tests.drivers import vpcd
from tests.drivers.device_file import DeviceFile
from tests.drivers.hid_pos_peer import reports_of
from tests.drivers.keyboard import Keyboard, events, keys_for
from tests.drivers.serial_line import SerialLine
from tests.drivers.ssi_decoder import SsiDecoder, decode_data
from tests.till_files import GENERAL_SHOP, card_number

CARDS = 50
READS = 400
CHIP_CARDS = 20  # pcscd looks for a card every 0.4 s: a tap and its removal take a second
WAIT_S = 20.0
PAUSE_S = 0.002

_TILL = """\
[till]
shop = "bench"
till = "1"
zone = "Europe/London"
folder = "till"
programme = "{programme}"

[slips]
shop = "Bench"

[web]
port = 0

[[device]]
name = "reader"
{device}
"""


class Peer(Protocol):
    """Plays the device: one card, and when its last byte had been sent (`time.monotonic_ns`)."""

    def show(self, number: int) -> int:
        """Show card `number` and return when its last byte was on its way."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """A device that sends a card's bytes at once, in the `parts` that it sends them in."""

    send: Callable[[bytes], None]
    parts: Callable[[int], Sequence[bytes]]

    def show(self, number: int) -> int:
        """Send the parts; the time is taken right before the last."""
        *first, last = self.parts(number)
        for part in first:
            self.send(part)
        at_ns = time.monotonic_ns()
        self.send(last)
        return at_ns


@dataclass(frozen=True, slots=True)
class Asked:
    """A device that waits for an answer to what it sent."""

    decoder: SsiDecoder

    def show(self, number: int) -> int:
        """Scan the card."""
        at_ns = time.monotonic_ns()
        self.decoder.scan(b"]C0" + card_number(number).encode())
        return at_ns


class Tapped:
    """A chip card on the virtual reader."""

    def __init__(self, service: vpcd.PcscService) -> None:
        self._service = service

    def show(self, number: int) -> int:
        """Tap a card; the time is when its unique id had been asked for and was about to be sent."""
        answers = _Noted({vpcd.GET_UID: bytes.fromhex(f"04{number:012x}9000")})
        card = vpcd.VirtualCard(answers)
        self._service.wait_empty()
        card.insert(self._service)
        threading.Thread(target=self._take_away, args=(card, answers), daemon=True).start()
        return answers.at_ns.get(timeout=WAIT_S)

    @staticmethod
    def _take_away(card: vpcd.VirtualCard, answers: _Noted) -> None:
        answers.answered.wait(WAIT_S)
        time.sleep(0.2)  # the answer is on its way
        card.remove()


class _Noted(dict[bytes, bytes]):
    """Answers of a card that note when the unique id was asked for."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        super().__init__(answers)
        self.at_ns: queue.Queue[int] = queue.Queue()
        self.answered = threading.Event()

    def get(self, command: bytes, default: bytes = b"") -> bytes:  # type: ignore[override]  # never None here
        """Return the answer, as a card does."""
        if command == vpcd.GET_UID:
            self.at_ns.put(time.monotonic_ns())
            self.answered.set()
        return super().get(command, default)


def _track2(number: int) -> str:
    return f";{card_number(number)}=?"


def _magtek(number: int) -> bytes:
    track = _track2(number).encode()
    return bytes([0, 0, 0, 0, len(track), 0, 0]) + bytes(110) + track.ljust(110, b"\0") + bytes(110)


def _keys(number: int) -> bytes:
    return b"".join(events(keys_for(_track2(number) + "\n")))


@contextmanager
def _serial(folder: Path, parts: Parts) -> Iterator[tuple[str, Peer]]:
    with SerialLine(folder) as line:
        yield line.path, Bytes(line.send, parts)


@contextmanager
def _file(folder: Path, parts: Parts) -> Iterator[tuple[str, Peer]]:
    with DeviceFile(folder, "device") as file:
        yield file.path, Bytes(file.send, parts)


@contextmanager
def _typed(folder: Path, parts: Parts) -> Iterator[tuple[str, Peer]]:
    with Keyboard(folder, "device") as keyboard:
        yield keyboard.path, Bytes(keyboard.send, parts)


@contextmanager
def _answered(folder: Path, _parts: Parts) -> Iterator[tuple[str, Peer]]:
    with SerialLine(folder) as line:
        decoder = SsiDecoder(line)
        decoder.start()
        try:
            yield line.path, Asked(decoder)
        finally:
            decoder.stop()


@contextmanager
def _tapped(_folder: Path, _parts: Parts) -> Iterator[tuple[str, Peer]]:
    with vpcd.PcscService() as service:
        yield "", Tapped(service)


Parts = Callable[[int], Sequence[bytes]]
PeerMaker = Callable[[Path, Parts], AbstractContextManager[tuple[str, Peer]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a driver is measured: its settings, who plays its device, and what the bare read is given."""

    settings: str
    peer: PeerMaker
    parts: Parts
    bare_peer: PeerMaker | None = None


READINGS = {
    "simulated": Reading(
        'category = "Scanner"\nfeed = "{path}"', _file, lambda number: [card_number(number).encode() + b"\n"]
    ),
    "serial_scanner": Reading('path = "{path}"', _serial, lambda number: [card_number(number).encode() + b"\r"]),
    "serial_msr": Reading(
        'path = "{path}"\none_line = true', _serial, lambda number: [_track2(number).encode() + b"\r"]
    ),
    "ssi_scanner": Reading(
        'path = "{path}"', _answered, lambda number: [decode_data(b"]C0" + card_number(number).encode())], _serial
    ),
    "hid_pos": Reading('path = "{path}"', _file, lambda number: reports_of(b"]C0" + card_number(number).encode())),
    "hid_msr": Reading('path = "{path}"', _file, lambda number: [_magtek(number)]),
    "keyboard_wedge": Reading(
        'path = "{path}"\ncategory = "MSR"\none_line = true', _typed, lambda number: [_keys(number)]
    ),
    "pcsc": Reading("", _tapped, lambda _number: [b""]),
}


def read_row(driver: str) -> Callable[[Path], list[Row]]:
    """Return the function that measures one driver."""
    return lambda folder: _measure(folder / f"read-{driver}", driver)


def _measure(folder: Path, driver: str) -> list[Row]:
    reading = READINGS[driver]
    cards, reads = (CHIP_CARDS, CHIP_CARDS) if driver == "pcsc" else (CARDS, READS)
    whole = _whole(folder / "till", driver, reading, cards=cards, reads=reads)
    bare = _bare(folder / "bare", driver, reading, cards=cards, reads=reads)
    rows = []
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        value, baseline = percentile(whole, share), percentile(bare, share)
        rows.append(Row(f"read_{driver}", value, f"ms {name}", baseline, value / baseline))
    return rows


def _whole(folder: Path, driver: str, reading: Reading, *, cards: int, reads: int) -> list[float]:
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        path, peer = stack.enter_context(reading.peer(folder, reading.parts))
        device = f'driver = "{driver}"\n' + reading.settings.format(path=path)
        config = folder / "till.toml"
        config.write_text(_TILL.format(programme=GENERAL_SHOP, device=device))
        log = stack.enter_context((folder / "till.log").open("wb"))
        stack.enter_context(_process("till", str(config), stdout=log))
        running = _until_up(folder / "till")
        with _Members(running) as members:
            for number in range(cards):
                members.after(peer.show(number))
            return [members.after(peer.show(number % cards)) for number in range(reads)]


def _bare(folder: Path, driver: str, reading: Reading, *, cards: int, reads: int) -> list[float]:
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        opened = (reading.bare_peer or reading.peer)(folder, reading.parts)
        path, peer = stack.enter_context(opened)
        size = sum(len(part) for part in reading.parts(0))
        what = ("bare-chip",) if driver == "pcsc" else ("bare", path, str(size))
        process = stack.enter_context(_process(*what, stdout=subprocess.PIPE))
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
        found = []
        for number in range(reads):
            time.sleep(PAUSE_S)
            sent_ns = peer.show(number % cards)
            found.append((int(process.stdout.readline()) - sent_ns) / 1e6)
        return found


@contextmanager
def _process(*what: str, stdout: IO[bytes] | int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "rows.far_end", *what], stdout=stdout)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(WAIT_S)
        if process.stdout is not None:
            process.stdout.close()


def _until_up(folder: Path) -> Running:
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        running = find_running(folder)
        if running is not None:
            devices = running.ask("GET", "/v1/status")["devices"]
            if all(device["status"] == "enabled" for device in devices):
                return running
        time.sleep(0.05)
    raise TimeoutError(f"the till in {folder} did not come up")


class _Members:
    """Member events of a till, read from its event stream by a plain socket."""

    def __init__(self, running: Running) -> None:
        self._socket = socket.create_connection(("127.0.0.1", running.port), timeout=WAIT_S)
        request = f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
        self._socket.sendall(f"{request}Authorization: Bearer {running.token}\r\n\r\n".encode())
        self._received = b""
        self._until(b": hello")

    def __enter__(self) -> Self:
        """Listen."""
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no longer."""
        self._socket.close()

    def after(self, sent_ns: int) -> float:
        """Wait for the next member event and return how long after `sent_ns` it came, in milliseconds."""
        self._until(b"event: member")
        at_ns = time.monotonic_ns()
        self._until(b"\n\n")
        time.sleep(PAUSE_S)
        return (at_ns - sent_ns) / 1e6

    def _until(self, wanted: bytes) -> None:
        while wanted not in self._received:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError("the till closed its event stream")
            self._received += chunk
        self._received = self._received.partition(wanted)[2]
