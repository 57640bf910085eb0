"""Who may look at the desk's page: who sits at headquarters' own machine, for nobody signs in here."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

ELSEWHERE = (
    "headquarters' page is shown on its own machine only, for it has no sign-in: "
    "open it there, or bring its port to yours with `ssh -L`, and call it localhost\n"
)


def is_here(client: str, host: str) -> bool:
    """Say whether a request came from this machine and asked for it by its own name.

    `client` is the address it came from, `host` its Host header (RFC 9110, 7.2). Who asks by another name came through
    a proxy, or from a page elsewhere that calls its own name an address of this machine (DNS rebinding).
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return _is_loopback(client) and (name == "localhost" or _is_loopback(name))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
