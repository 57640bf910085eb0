"""The [web] section of till.toml."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ConfigError
from agent.slips.texts import LANGUAGES

PORT_MIN, PORT_MAX = 1024, 65535
ADVERT_MAX = 120  # characters of one line of the display

# RFC 6454, 6.2: scheme, host and port as a browser sends them; "null" and "*" are no origins to trust.
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
# RFC 9110, 7.2: host and port as a browser sends them.
_HOST = re.compile(r"([a-z0-9.-]*[a-z0-9]|\[[0-9a-f:]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the local API listens and to whom it answers.

    `port` 0 takes any free one. `hosts` is the exact list of Host headers that are answered; empty, it is the address
    and `localhost`, each with the port. `origins` are the web pages' origins that may call the API besides the agent's
    own page. `language` is what reasons are told in. `advert` is what the customer's display says while nobody is
    served, a text a line; empty, it says what a card is good for. `policies` is a TOML file of what a cashier looks up:
    pages of the shop's policies, notes on articles.
    """

    port: int = 8765
    host: str = "127.0.0.1"
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    language: str = "en"
    advert: tuple[str, ...] = ()
    policies: Path | None = None

    def __post_init__(self) -> None:
        """Raise ConfigError for what must not or cannot be."""
        if not _is_loopback(self.host):
            hint = "tills and point-of-sale software talk to the agent on the same machine only"
            raise ConfigError(f"'host' is {self.host!r} but must be a loopback address like 127.0.0.1", hint=hint)
        if self.port != 0 and not PORT_MIN <= self.port <= PORT_MAX:
            raise ConfigError(f"'port' is {self.port} but must be 0 or from {PORT_MIN} to {PORT_MAX}")
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ConfigError(f"'origins' has {origin!r} but takes origins like https://pos.example.com")
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                raise ConfigError(f"'hosts' has {host!r} but takes lower-case hosts like till-1.shop.example:8765")
        if any(not (text.isprintable() and 1 <= len(text) <= ADVERT_MAX) for text in self.advert):
            raise ConfigError(f"'advert' must be texts of 1 to {ADVERT_MAX} printable characters")
        if self.language not in LANGUAGES:
            raise ConfigError(f"'language' is {self.language!r} but must be one of {', '.join(LANGUAGES)}")

    def hosts_at(self, port: int) -> frozenset[str]:
        """Return every Host header that is answered while the agent listens on `port`."""
        if self.hosts:
            return frozenset(self.hosts)
        address = f"[{self.host}]" if ":" in self.host else self.host
        return frozenset({f"{address}:{port}", f"localhost:{port}"})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
