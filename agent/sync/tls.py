"""TLS to headquarters: chain and name are judged always, dates only by a clock that headquarters has confirmed.

A till whose battery is dead believes it is 1980, or 2036: by such a clock no certificate would be good, and without
headquarters nobody could put the clock right. What a request says and what it is answered is signed on its own.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from agent.errors import ConfigError
from agent.sync.settings import SyncSettings

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME (OpenSSL, x509_vfy.h), which Python's ssl has no name for


class Way:
    """How the way to headquarters is judged. `context` is None on this machine, where nothing is between."""

    def __init__(self, settings: SyncSettings) -> None:
        self.context = _context(settings.ca) if settings.hq.startswith("https:") else None
        self.judge_dates(are_judged=False)

    def judge_dates(self, *, are_judged: bool) -> None:
        """Judge the dates of certificates from the next connection on, or do not."""
        if self.context is None:
            return
        flags = self.context.verify_flags & ~_NO_CHECK_TIME
        self.context.verify_flags = ssl.VerifyFlags(flags if are_judged else flags | _NO_CHECK_TIME)


def _context(ca: Path | None) -> ssl.SSLContext:
    """Return a context that believes the authorities in the file `ca` and no others, else those that httpx brings."""
    if ca is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=str(ca))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"[sync]: 'ca' {str(ca)!r} cannot be used: {error}") from error
