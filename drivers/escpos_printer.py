"""Receipt printers that speak ESC/POS, with their cash drawer: Epson TM and the many that follow it.

Tested with: a file, a pseudo-terminal, a TCP listener and a pyusb backend that answer as the Epson reference says.
Supported: USB through the kernel (usblp) or past it (usb; needs Debian's libusb-1.0-0), network (port 9100), serial, a
file; DLE EOT and automatic status; confirmation of printing (GS ( H); any script (see agent/devices/escpos); the drawer
on pin 2 or 5, its switch on pin 3.
Missing: page mode; a second drawer. Star's own language is star_printer's.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from agent.devices.categories import Category, DrawerState, Health, HealthLevel, Paper, PrinterStatus
from agent.devices.document import Cut, Document, Feed, Text
from agent.devices.escpos.answers import PROCESS_ID_BLOCK, Answer, AnswerStream, AutomaticStatus, Block, Message
from agent.devices.escpos.commands import (
    DUTY_MAX,
    PULSE_MAX_MS,
    PULSE_UNIT_MS,
    REPORT_CHANGES,
    DrawerSwitch,
    Pulse,
    Question,
    ask_when_printed,
    request,
)
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import DEFAULT_PROFILE, check_pages, load_model
from agent.devices.escpos.pages import Romanian
from agent.devices.escpos.status import Fact, answer_facts, printer_status
from agent.devices.lifecycle import Lifecycle
from agent.errors import ConfigError, DeviceTimeoutError
from drivers._link import Channel, KnowsPaper, LinkSettings, Transport, handing_over, link_of

DEBIAN_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")  # package fonts-dejavu-core
STALE_CHUNKS_MAX = 16
LOOK_S = 1.0  # how long a printer may be silent about a slip before it is asked whether it has stopped
PROCESS_IDS = 10_000  # four digits
TEST_SLIP = Document(42, (Text("Tallystick: this printer works."), Feed(1), Cut()))


@dataclass(frozen=True, slots=True)
class Settings(LinkSettings):
    """[[device]] of till.toml with driver = "escpos_printer"."""

    answer_timeout_s: float = 0.5
    profile: str = DEFAULT_PROFILE  # a printer of escpos-printer-db, such as TM-T88V or POS-5890
    code_pages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # in place of the profile's
    romanian: Romanian = Romanian.FOLD
    font: Path = DEBIAN_FONT  # monospaced; draws what no code page has
    automatic_status: bool = False  # GS a; for a printer that answers no DLE EOT
    completion: bool = False  # GS ( H: the printer says what it has printed; Epson TM-T20, TM-T88IV and later
    completion_timeout_s: float = 10.0
    drawer_pin: int = 2  # 2 or 5
    drawer_on_ms: int = 50
    drawer_off_ms: int = 500
    drawer_switch: DrawerSwitch = DrawerSwitch.NONE
    drawer_at_once: bool = False  # DLE DC4: also while the printer is offline; not every printer has it

    def __post_init__(self) -> None:
        LinkSettings.__post_init__(self)
        if min(self.answer_timeout_s, self.completion_timeout_s) <= 0:
            raise ConfigError("a timeout must be more than 0 seconds")
        check_pages(self.code_pages)
        self._check_drawer()

    def _check_drawer(self) -> None:
        if self.drawer_pin not in {2, 5}:
            raise ConfigError(f"'drawer_pin' is {self.drawer_pin} but must be 2 or 5")
        if not PULSE_UNIT_MS <= self.drawer_on_ms <= PULSE_MAX_MS:
            raise ConfigError(f"'drawer_on_ms' is {self.drawer_on_ms} but must be {PULSE_UNIT_MS} to {PULSE_MAX_MS}")
        if not PULSE_UNIT_MS <= self.drawer_off_ms <= PULSE_MAX_MS:
            raise ConfigError(f"'drawer_off_ms' is {self.drawer_off_ms} but must be {PULSE_UNIT_MS} to {PULSE_MAX_MS}")
        if self.pulse.duty > DUTY_MAX:
            raise ConfigError(
                f"the drawer's current would flow {self.pulse.duty:.0%} of the time but may {DUTY_MAX:.0%}",
                hint=f"drawer_off_ms = {min(self.drawer_on_ms * 4, PULSE_MAX_MS)}, or a shorter drawer_on_ms",
            )

    @property
    def pulse(self) -> Pulse:
        """What opens the drawer."""
        return Pulse(self.drawer_pin, self.drawer_on_ms, self.drawer_off_ms)


class EscposPrinter(Lifecycle):
    """One printer, which also opens the drawer that hangs on it (CashDrawer)."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.POS_PRINTER)
        self._settings = settings
        self._model = load_model(
            settings.profile, code_pages=settings.code_pages, font=settings.font, romanian=settings.romanian
        )
        self._link = link_of(settings)
        self._process_ids = itertools.count(secrets.randbelow(PROCESS_IDS))  # not those of the agent before
        self._next_pulse_at = 0.0

    def on_open(self) -> None:
        """Open the way to the printer; usblp, usb and serial take it exclusively."""
        self._link.open()

    def on_close(self) -> None:
        """Let go of the printer."""
        self._link.close()

    def encode(self, document: Document) -> bytes:
        """Turn a slip into this printer's bytes."""
        return encode(document, self._model)

    def send(self, data: bytes) -> bool:
        """Hand all of `data` to the printer; True once it has printed it, False if it does not say, or has stopped.

        DeviceTimeoutError if it was to say and does not in time.
        """
        self.require_enabled("print")
        with handing_over(self._link) as handing:
            if not self._settings.completion:
                handing.all_of(self._begin + data)
                return False
            process_id = b"%04d" % (next(self._process_ids) % PROCESS_IDS)
            handing.all_of(self._begin + data + ask_when_printed(process_id))
            return self._is_printed(handing.channel, process_id)

    def status(self) -> PrinterStatus:
        """Ask the four questions of DLE EOT; once one is not answered, the rest are not asked."""
        self.require_enabled("ask the printer")
        if self._settings.transport is Transport.FILE:
            return PrinterStatus()  # a question would only stand in the file
        with self._link.channel() as channel:
            talk = _Talk(channel, self._settings.answer_timeout_s)
            answers = talk.ask_all(begin=self._begin)
        if not answers and not talk.automatic and isinstance(self._link, KnowsPaper) and self._link.paper_empty():
            return PrinterStatus(paper=Paper.OUT)  # the one thing the USB port itself knows
        return printer_status(answers, talk.automatic)

    def open_drawer(self) -> None:
        """Send one pulse, in a write of its own: it must not be repeated with a slip that is.

        Waits, a second at most, until the solenoid has had its pause after the last one.
        """
        self.require_enabled("open the drawer")
        pulse, at_once = self._settings.pulse, self._settings.drawer_at_once
        time.sleep(max(0.0, self._next_pulse_at - time.monotonic()))
        with self._link.channel() as channel:
            self._next_pulse_at = time.monotonic() + pulse.period_s(at_once=at_once)
            channel.write(pulse.at_once() if at_once else pulse.queued())

    def drawer_state(self) -> DrawerState:
        """Ask for the switch; UNKNOWN if `drawer_switch` says there is none, or the printer does not answer."""
        self.require_enabled("ask for the drawer")
        if self._settings.drawer_switch is DrawerSwitch.NONE:
            return DrawerState.UNKNOWN
        with self._link.channel() as channel:
            answer = _Talk(channel, self._settings.answer_timeout_s).ask(Question.PRINTER)
        if answer is None:
            return DrawerState.UNKNOWN
        is_high = Fact.DRAWER_PIN3_HIGH in answer_facts(Question.PRINTER, answer)
        is_open = is_high is (self._settings.drawer_switch is DrawerSwitch.HIGH)
        return DrawerState.OPEN if is_open else DrawerState.CLOSED

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

    @property
    def _begin(self) -> bytes:
        """What goes before everything, each time: a printer forgets it when it is switched off."""
        return REPORT_CHANGES if self._settings.automatic_status else b""

    def _is_printed(self, channel: Channel, process_id: bytes) -> bool:
        """Wait for the printer to repeat `process_id`; False as soon as it says that it has stopped."""
        stream = AnswerStream()
        deadline = time.monotonic() + self._settings.completion_timeout_s
        while (left := deadline - time.monotonic()) > 0:
            received = channel.read(min(left, LOOK_S))
            if not received:
                channel.write(request(Question.PRINTER))
            for message in stream.feed(received):
                if message == Block(PROCESS_ID_BLOCK + process_id):
                    return True
                if _has_stopped(message):
                    return False
        raise DeviceTimeoutError(
            f"the printer did not say in {self._settings.completion_timeout_s} s that it has printed"
        )


class _Talk:
    """Questions and answers in one use of the link. `automatic` is the last automatic status that came by, or empty."""

    def __init__(self, channel: Channel, answer_timeout_s: float) -> None:
        self._channel = channel
        self._answer_timeout_s = answer_timeout_s
        self._stream = AnswerStream()
        self.automatic = b""

    def ask_all(self, *, begin: bytes) -> dict[Question, int]:
        """Ask everything, up to the first question that is not answered; `begin` goes before the first."""
        answers: dict[Question, int] = {}
        for question in Question:
            answer = self.ask(question, begin=b"" if answers else begin)
            if answer is None:
                break
            answers[question] = answer
        return answers

    def ask(self, question: Question, *, begin: bytes = b"") -> int | None:
        """Ask, and return the answer; None if none came in time."""
        for _ in range(STALE_CHUNKS_MAX):  # an answer that came too late must not stand for this one
            if not (chunk := self._channel.read(0)):
                break
            self._answer(chunk)
        try:
            self._channel.write(begin + request(question), timeout_s=self._answer_timeout_s)
        except DeviceTimeoutError:  # it takes nothing, not even a question
            return None
        deadline = time.monotonic() + self._answer_timeout_s
        while (left := deadline - time.monotonic()) > 0 and (chunk := self._channel.read(left)):
            answer = self._answer(chunk)
            if answer is not None:
                return answer
        return None

    def _answer(self, received: bytes) -> int | None:
        found = None
        for message in self._stream.feed(received):
            match message:
                case AutomaticStatus(data):
                    self.automatic = data
                case Answer(byte) if found is None:
                    found = byte
        return found


def _has_stopped(message: Message) -> bool:
    match message:
        case AutomaticStatus(data):
            return bool(printer_status({}, data).trouble)
        case Answer(byte):
            return bool(printer_status({Question.PRINTER: byte}).trouble)
        case _:
            return False
