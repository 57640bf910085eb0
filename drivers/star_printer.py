"""Receipt printers that speak StarPRNT or Star Line Mode, with their cash drawer: TSP600, TSP700, mC-Print, mPOP.

Tested with: a TCP listener and a pseudo-terminal that answer ESC ACK SOH as Star's specification says.
Supported: USB through the kernel (usblp) or past it (usb; needs Debian's libusb-1.0-0), network (port 9100), serial, a
file; automatic status; any script (see agent/devices/escpos); drawer 1 and its switch.
Missing: a picture of the slip before it is printed; confirmation of printing (ETB); a second drawer; printers that know
graphics only (TSP100 futurePRNT). A Star that was switched to ESC/POS is an escpos_printer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from agent.devices.categories import Category, DrawerState, Health, HealthLevel, Paper, PrinterStatus
from agent.devices.document import Cut, Document, Feed, Text
from agent.devices.escpos.commands import DrawerSwitch
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import check_pages, load_model
from agent.devices.escpos.pages import Romanian
from agent.devices.lifecycle import Lifecycle
from agent.devices.star.language import DUTY_MAX, PAGES, PULSE_MAX_MS, PULSE_UNIT_MS, STAR_PRNT, Pulse
from agent.devices.star.status import REQUEST, find_status, printer_status, switch_is_closed
from agent.errors import ConfigError, DeviceTimeoutError
from drivers._link import Channel, KnowsPaper, LinkSettings, Transport, handing_over, link_of

DEBIAN_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")  # package fonts-dejavu-core
STALE_CHUNKS_MAX = 16
TEST_SLIP = Document(42, (Text("Tallystick: this printer works."), Feed(1), Cut()))


@dataclass(frozen=True, slots=True)
class Settings(LinkSettings):
    """[[device]] of till.toml with driver = "star_printer"."""

    answer_timeout_s: float = 0.5
    profile: str = "TSP600"  # a Star of escpos-printer-db
    code_pages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # in place of Star's
    romanian: Romanian = Romanian.FOLD
    font: Path = DEBIAN_FONT  # monospaced; draws what no code page has
    drawer_on_ms: int = 100
    drawer_off_ms: int = 500
    drawer_switch: DrawerSwitch = DrawerSwitch.NONE  # high: closed while the drawer is open

    def __post_init__(self) -> None:
        LinkSettings.__post_init__(self)
        if self.answer_timeout_s <= 0:
            raise ConfigError("a timeout must be more than 0 seconds")
        check_pages(self.code_pages)
        for name, value in (("drawer_on_ms", self.drawer_on_ms), ("drawer_off_ms", self.drawer_off_ms)):
            if not PULSE_UNIT_MS <= value <= PULSE_MAX_MS:
                raise ConfigError(f"{name!r} is {value} but must be {PULSE_UNIT_MS} to {PULSE_MAX_MS}")
        if self.pulse.duty > DUTY_MAX:
            raise ConfigError(
                f"the drawer's current would flow {self.pulse.duty:.0%} of the time but may {DUTY_MAX:.0%}",
                hint=f"drawer_off_ms = {min(self.drawer_on_ms * 4, PULSE_MAX_MS)}, or a shorter drawer_on_ms",
            )

    @property
    def pulse(self) -> Pulse:
        """What opens the drawer."""
        return Pulse(self.drawer_on_ms, self.drawer_off_ms)


class StarPrinter(Lifecycle):
    """One printer, which also opens the drawer that hangs on it (CashDrawer)."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.POS_PRINTER)
        self._settings = settings
        self._model = load_model(
            settings.profile, code_pages=settings.code_pages or PAGES, font=settings.font, romanian=settings.romanian
        )
        self._link = link_of(settings)
        self._next_pulse_at = 0.0

    def on_open(self) -> None:
        """Open the way to the printer; usblp, usb and serial take it exclusively."""
        self._link.open()

    def on_close(self) -> None:
        """Let go of the printer."""
        self._link.close()

    def encode(self, document: Document) -> bytes:
        """Turn a slip into this printer's bytes."""
        return encode(document, self._model, STAR_PRNT)

    def send(self, data: bytes) -> bool:
        """Hand all of `data` to the printer; False, for it does not say when it has printed it."""
        self.require_enabled("print")
        with handing_over(self._link) as handing:
            handing.all_of(data)
        return False

    def status(self) -> PrinterStatus:
        """Ask for the automatic status."""
        self.require_enabled("ask the printer")
        if self._settings.transport is Transport.FILE:
            return PrinterStatus()  # a question would only stand in the file
        status = self._ask()
        if status is not None:
            return printer_status(status)
        if isinstance(self._link, KnowsPaper) and self._link.paper_empty():
            return PrinterStatus(paper=Paper.OUT)  # the one thing the USB port itself knows
        return PrinterStatus()

    def open_drawer(self) -> None:
        """Send one pulse, in a write of its own, after the solenoid's pause since the last one."""
        self.require_enabled("open the drawer")
        pulse = self._settings.pulse
        time.sleep(max(0.0, self._next_pulse_at - time.monotonic()))
        with self._link.channel() as channel:
            self._next_pulse_at = time.monotonic() + (pulse.on_ms + pulse.off_ms) / 1000
            channel.write(pulse.queued())

    def drawer_state(self) -> DrawerState:
        """Ask for the switch; UNKNOWN if `drawer_switch` says there is none, or the printer does not answer."""
        self.require_enabled("ask for the drawer")
        if self._settings.drawer_switch is DrawerSwitch.NONE or (status := self._ask()) is None:
            return DrawerState.UNKNOWN
        is_open = switch_is_closed(status) is (self._settings.drawer_switch is DrawerSwitch.HIGH)
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

    def _ask(self) -> bytes | None:
        """Return the automatic status, asked for now; None if none came in time."""
        with self._link.channel() as channel:
            _drop_stale(channel)
            try:
                channel.write(REQUEST, timeout_s=self._settings.answer_timeout_s)
            except DeviceTimeoutError:  # it takes nothing, not even a question
                return None
            deadline = time.monotonic() + self._settings.answer_timeout_s
            received = b""
            while (left := deadline - time.monotonic()) > 0 and (chunk := channel.read(left)):
                received += chunk
                if (status := find_status(received)) is not None:
                    return status
        return None


def _drop_stale(channel: Channel) -> None:
    for _ in range(STALE_CHUNKS_MAX):
        if not channel.read(0):
            return
