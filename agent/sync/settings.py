"""The [sync] section of till.toml."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from agent.errors import ConfigError
from agent.sync.timing.window import Window

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class When(StrEnum):
    """When a till meets headquarters by itself; whoever asks (`tally sync now`) is never kept waiting."""

    SALE = "sale"  # after each sale while the line is good, and every poll_s for news
    WINDOW = "window"  # once a day, at the till's own moment of the window
    STICK = "stick"  # never: a shop without a line


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """Where headquarters is, and how patient the till is with the line.

    `hq` is an address like https://hq.example; plain http is for a headquarters on this machine. Without anything to
    send the till asks for news every `poll_s`; an entry waits `gather_s` for others to travel with. After a failure it
    waits a random time up to `retry_s`, doubled with every further failure up to `retry_max_s`. No single step of a
    request may take longer than `timeout_s`. After `profiles_days` days without headquarters the till forgets names,
    phone numbers, addresses and birthdays until it hears of them again; it keeps balances and knows cards.
    `window` is in the shop's time and may pass midnight. News older than `stale_h` hours is said to be so on the
    cashier's screen, a day later unless `when` is "sale". `ca` names a file of certificates (PEM): then only
    these vouch for headquarters.
    """

    hq: str
    poll_s: float = 60.0
    gather_s: float = 0.5
    retry_s: float = 5.0
    retry_max_s: float = 900.0
    timeout_s: float = 20.0
    profiles_days: int = 60
    when: When = When.SALE
    window: str = "01:00-05:00"
    stale_h: int = 3
    ca: Path | None = None

    def __post_init__(self) -> None:
        """Raise ConfigError for an address or a time that cannot be."""
        parts = urlsplit(self.hq)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ConfigError(f"'hq' is {self.hq!r} but must be an address like https://hq.example")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ConfigError(f"'hq' is {self.hq!r}: beyond this machine headquarters is reached by https only")
        for name in ("poll_s", "gather_s", "retry_s", "retry_max_s", "timeout_s", "profiles_days", "stale_h"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name!r} is {getattr(self, name)!r} but must be more than 0")
        Window.parse(self.window)

    @property
    def stale_ms(self) -> int:
        """How old news may be before the screen says so."""
        hours = self.stale_h if self.when is When.SALE else self.stale_h + 24
        return hours * 3_600_000
