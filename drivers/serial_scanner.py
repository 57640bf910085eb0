"""Barcode scanners on a serial line: RS-232, or USB in the scanner's "serial" (CDC-ACM) mode.

Tested with: a pseudo-terminal; a USB serial gadget on Linux 6.1.
Supported: labels that end with CR, LF, CR LF or TAB, stand between STX and ETX, or just stop (idle time); any other
prefix and suffix that the scanner is set to.
Missing: vendors' commands to the scanner. Zebra's SSI packets: ssi_scanner.py.
Framing as scanners are delivered (manuals of Metrologic, Zebra, Honeywell, Datalogic). In till.toml name the port by
/dev/serial/by-id/..., because ttyACM0 becomes ttyACM1 when it is plugged in again.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.devices.categories import Category, Health, HealthLevel, Input
from agent.devices.framing import Frames, label_frames
from agent.devices.lifecycle import Lifecycle
from agent.errors import ConfigError
from drivers._serial import Parity, SerialPort

INTERACTIVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "serial_scanner"."""

    path: str
    baud: int = 9600
    parity: Parity = Parity.NONE
    prefix: str = ""  # what the scanner is set to send before a label: "~", or "\u0002" for STX
    suffix: str = ""  # ... and after it; if set, nothing else ends a label
    idle_s: float = 0.3  # a label without an end is over after this much silence
    settle_s: float = 0.3  # what arrives this soon after opening is from before

    def __post_init__(self) -> None:
        if self.baud < 1:
            raise ConfigError(f"'baud' is {self.baud} but must be at least 1")
        if not 0 < self.idle_s <= 5 or not 0 <= self.settle_s <= 5:
            raise ConfigError(f"'idle_s' is {self.idle_s:g}, 'settle_s' {self.settle_s:g}: both must be 0 to 5 seconds")
        self.frames()

    def frames(self) -> Frames:
        """Return what cuts the scanner's bytes into labels."""
        return label_frames(prefix=self.prefix, suffix=self.suffix, idle_s=self.idle_s)


class SerialScanner(Lifecycle):
    """One scanner."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.SCANNER)
        self._settings = settings
        self._port = SerialPort(settings.path, baud=settings.baud, parity=settings.parity)
        self._frames = settings.frames()

    def on_open(self) -> None:
        """Open the port, exclusively: a serial line cannot be opened first and claimed later."""
        self._port.open()

    def on_enable(self) -> None:
        """Drop labels that were scanned while nobody read."""
        self._port.drop_stale(self._settings.settle_s)
        self._frames.clear()

    def on_close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return one label without its framing; FailureError for one that is too long or lacks its prefix or suffix."""
        self.require_enabled("read")
        return self._frames.read(self._port.read, timeout_s)

    def check_health(self, level: HealthLevel) -> Health:
        """A scanner cannot be asked; INTERACTIVE waits ten seconds for a label."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a label was read" if seen else "no label came within 10 s")
        return Health(ok=self._port.is_open, text=f"{self._settings.path} is open")
