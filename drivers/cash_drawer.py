"""Cash drawers with a trigger of their own: what they get, they open on.

Tested with: a pseudo-terminal and a TCP listener that open on the bytes they were set to.
Supported: a serial line (APG SerialPRO II 484A: BEL as delivered; 212A: one or two characters by its switches; the many
trigger boxes that open on any byte) and what looks like one (USB CDC-ACM); network; a USB port of the printer class.
Missing: the drawer's switch, which these report on a modem line (CTS or RI) or not at all; a drawer that hangs on a
receipt printer is the printer's own business (escpos_printer).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from agent.devices.categories import Category, DrawerState, Health, HealthLevel
from agent.devices.lifecycle import Lifecycle
from agent.errors import ConfigError
from drivers._link import LinkSettings, link_of

TRIGGER_MAX = 16  # bytes
BEL = "07"


@dataclass(frozen=True, slots=True)
class Settings(LinkSettings):
    """[[device]] of till.toml with driver = "cash_drawer"."""

    baud: int = 9600
    write_timeout_s: float = 2.0
    trigger: str = BEL  # the bytes that open it, in hexadecimal digits
    pause_s: float = 1.0  # between two openings, so that the solenoid does not burn; APG asks for 6 s on port power

    def __post_init__(self) -> None:
        LinkSettings.__post_init__(self)
        if not 1 <= len(self.trigger_bytes) <= TRIGGER_MAX:
            raise ConfigError(f"'trigger' is {self.trigger!r} but must be 1 to {TRIGGER_MAX} bytes in hexadecimal")
        if self.pause_s < 0:
            raise ConfigError(f"'pause_s' is {self.pause_s:g} but must not be negative")

    @property
    def trigger_bytes(self) -> bytes:
        """What opens the drawer; empty if `trigger` is not hexadecimal."""
        try:
            return bytes.fromhex(self.trigger)
        except ValueError:
            return b""


class TriggeredDrawer(Lifecycle):
    """One drawer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.CASH_DRAWER)
        self._settings = settings
        self._link = link_of(settings)
        self._next_opening_at = 0.0

    def on_open(self) -> None:
        """Open the way to the drawer."""
        self._link.open()

    def on_close(self) -> None:
        """Let go of it."""
        self._link.close()

    def open_drawer(self) -> None:
        """Send the trigger once, after the pause since the last one."""
        self.require_enabled("open the drawer")
        time.sleep(max(0.0, self._next_opening_at - time.monotonic()))
        with self._link.channel() as channel:
            self._next_opening_at = time.monotonic() + self._settings.pause_s
            channel.write(self._settings.trigger_bytes)

    def drawer_state(self) -> DrawerState:
        """Return UNKNOWN: nothing comes back on this way."""
        self.require_enabled("ask for the drawer")
        return DrawerState.UNKNOWN

    def check_health(self, level: HealthLevel) -> Health:
        """INTERACTIVE opens the drawer for a person to look."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            self.open_drawer()
            return Health(ok=True, text="the trigger was sent: look whether the drawer is open")
        return Health(ok=self._link.is_open, text=f"{self._settings.transport} is open")
