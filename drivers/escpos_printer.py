"""Receipt printers that speak ESC/POS: Epson TM and the many that follow it.

Tested with: a file, a pseudo-terminal and a TCP listener that answer DLE EOT as the Epson reference says.
Supported: USB through the kernel (usblp), network (port 9100), serial, a file; DLE EOT status; any script (see
agent/devices/escpos).
Missing: automatic status (GS a), confirmation of printing (GS ( H), cash drawer, StarPRNT, USB without usblp.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Protocol

from agent.devices.categories import Category, Health, HealthLevel, Paper, PrinterStatus
from agent.devices.document import Cut, Document, Feed, Text
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import DEFAULT_PROFILE, load_model
from agent.devices.escpos.status import Question, find_answer, printer_status, request
from agent.devices.faults import device_error
from agent.devices.lifecycle import Lifecycle
from agent.errors import ConfigError
from drivers._serial import Parity, SerialPort
from drivers._tcp import TcpDevice
from drivers._usblp import UsbLp

DEBIAN_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")  # package fonts-dejavu-core
STALE_CHUNKS_MAX = 16
TEST_SLIP = Document(42, (Text("Tallystick: this printer works."), Feed(1), Cut()))


class Transport(StrEnum):
    """How the bytes get to the printer."""

    USBLP = "usblp"
    NETWORK = "network"
    SERIAL = "serial"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "escpos_printer"."""

    transport: Transport
    path: str = ""  # usblp, serial, file
    host: str = ""  # network
    port: int = 9100  # network
    baud: int = 38400  # serial
    parity: Parity = Parity.NONE  # serial
    rtscts: bool = False  # serial
    xonxoff: bool = False  # serial
    connect_timeout_s: float = 3.0  # network
    write_timeout_s: float = 15.0
    answer_timeout_s: float = 0.5
    profile: str = DEFAULT_PROFILE  # a printer of escpos-printer-db, such as TM-T88V or POS-5890
    code_pages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # in place of the profile's
    font: Path = DEBIAN_FONT  # monospaced; draws what no code page has

    def __post_init__(self) -> None:
        if self.transport is Transport.NETWORK and not self.host:
            raise ConfigError("a network printer needs 'host'")
        if self.transport is not Transport.NETWORK and not self.path:
            raise ConfigError(f"a {self.transport} printer needs 'path'")
        if not 1 <= self.port <= 65535:
            raise ConfigError(f"'port' is {self.port} but must be 1 to 65535")
        if min(self.connect_timeout_s, self.write_timeout_s, self.answer_timeout_s) <= 0:
            raise ConfigError("a timeout must be more than 0 seconds")
        for name, number in self.code_pages.items():
            if not 0 <= number <= 255:
                raise ConfigError(f"'code_pages.{name}' is {number} but must be 0 to 255")


class Channel(Protocol):
    """Bytes to the printer and back, for the length of one use."""

    def write(self, data: bytes) -> None:
        """Write all of `data`."""

    def read(self, timeout_s: float) -> bytes:
        """Return what came back within `timeout_s`, or nothing."""


class Link(Protocol):
    """The way to the printer."""

    @property
    def is_open(self) -> bool:
        """Say whether the way is open."""

    def open(self) -> None:
        """Find the printer."""

    def close(self) -> None:
        """Let go of it."""

    def channel(self) -> AbstractContextManager[Channel]:
        """Use it once."""


class EscposPrinter(Lifecycle):
    """One printer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.POS_PRINTER)
        self._settings = settings
        self._model = load_model(settings.profile, code_pages=settings.code_pages, font=settings.font)
        self._link = _link(settings)

    def on_open(self) -> None:
        """Open the way to the printer; usblp and serial take it exclusively."""
        self._link.open()

    def on_close(self) -> None:
        """Let go of the printer."""
        self._link.close()

    def encode(self, document: Document) -> bytes:
        """Turn a slip into this printer's bytes."""
        return encode(document, self._model)

    def send(self, data: bytes) -> None:
        """Hand all of `data` to the printer."""
        self.require_enabled("print")
        with self._link.channel() as channel:
            channel.write(data)

    def status(self) -> PrinterStatus:
        """Ask the four questions of DLE EOT; once one is not answered, the rest are not asked."""
        self.require_enabled("ask the printer")
        if self._settings.transport is Transport.FILE:
            return PrinterStatus()  # a question would only stand in the file
        answers: dict[Question, int] = {}
        with self._link.channel() as channel:
            for question in Question:
                answer = self._ask(channel, question)
                if answer is None:
                    break
                answers[question] = answer
        if not answers and isinstance(self._link, UsbLp) and self._link.paper_empty():
            return PrinterStatus(paper=Paper.OUT)  # the one thing the USB port itself knows
        return printer_status(answers)

    def check_health(self, level: HealthLevel) -> Health:
        """EXTERNAL asks for the status; INTERACTIVE prints a line to look at."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERNAL:
            return Health(ok=self._link.is_open, text=f"{self._settings.transport} is open")
        if level is HealthLevel.INTERACTIVE:
            self.send(self.encode(TEST_SLIP))
        status = self.status()
        silent = "the printer does not say how it is: look at it"
        return Health(ok=status.ok, text=silent if status.silent else status.trouble or "ready")

    def _ask(self, channel: Channel, question: Question) -> int | None:
        for _ in range(STALE_CHUNKS_MAX):  # an automatic status, or an answer that came too late
            if not channel.read(0):
                break
        channel.write(request(question))
        deadline = time.monotonic() + self._settings.answer_timeout_s
        received = b""
        while (left := deadline - time.monotonic()) > 0 and (chunk := channel.read(left)):
            received += chunk
            answer = find_answer(received)
            if answer is not None:
                return answer
        return None


class FileLink:
    """A file that slips are appended to; nothing comes back."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the file is open."""
        return self._file is not None

    def open(self) -> None:
        """Open the file for appending, making it if need be."""
        try:
            self._file = Path(self._path).open("ab")  # noqa: SIM115  # held until close
        except OSError as error:
            raise device_error(error, f"file {self._path}") from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @contextmanager
    def channel(self) -> Iterator[FileLink]:
        """The file itself."""
        yield self

    def write(self, data: bytes) -> None:
        """Append `data`."""
        assert self._file is not None
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise device_error(error, f"file {self._path}") from error

    def read(self, timeout_s: float) -> bytes:
        """Return nothing: a file does not answer."""
        del timeout_s
        return b""


def _link(settings: Settings) -> Link:
    match settings.transport:
        case Transport.USBLP:
            return UsbLp(settings.path, write_timeout_s=settings.write_timeout_s)
        case Transport.NETWORK:
            return TcpDevice(
                settings.host,
                settings.port,
                connect_timeout_s=settings.connect_timeout_s,
                write_timeout_s=settings.write_timeout_s,
            )
        case Transport.SERIAL:
            return SerialPort(
                settings.path,
                baud=settings.baud,
                parity=settings.parity,
                rtscts=settings.rtscts,
                xonxoff=settings.xonxoff,
                write_timeout_s=settings.write_timeout_s,
            )
        case Transport.FILE:
            return FileLink(settings.path)
