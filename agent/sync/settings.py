"""The [sync] section of till.toml."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from agent.errors import ConfigError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """Where headquarters is, and how patient the till is with the line.

    `hq` is an address like https://hq.example; plain http is for a headquarters on this machine. Without anything to
    send the till asks for news every `poll_s`; an entry waits `gather_s` for others to travel with. After a failure it
    waits a random time up to `retry_s`, doubled with every further failure up to `retry_max_s`. No single step of a
    request may take longer than `timeout_s`.
    """

    hq: str
    poll_s: float = 60.0
    gather_s: float = 0.5
    retry_s: float = 5.0
    retry_max_s: float = 900.0
    timeout_s: float = 20.0

    def __post_init__(self) -> None:
        """Raise ConfigError for an address or a time that cannot be."""
        parts = urlsplit(self.hq)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ConfigError(f"'hq' is {self.hq!r} but must be an address like https://hq.example")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ConfigError(f"'hq' is {self.hq!r}: beyond this machine headquarters is reached by https only")
        for name in ("poll_s", "gather_s", "retry_s", "retry_max_s", "timeout_s"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name!r} is {getattr(self, name)!r} but must be more than 0")
