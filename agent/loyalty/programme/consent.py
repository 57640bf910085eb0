"""Consent: for what and by which ways members are asked, and which version of the text they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent.errors import ProgrammeError
from agent.loyalty.programme.table import Table

PURPOSES: Final = ("marketing", "profiling", "analysis")
CHANNELS: Final = ("email", "sms", "phone", "post", "till")


@dataclass(frozen=True, slots=True)
class Consent:
    """`text` is the version of what members read before they agree, empty if the programme asks for nothing."""

    text: str = ""
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def asks(self, purpose: str, channel: str) -> bool:
        """Say whether members are asked for it."""
        return purpose in self.purposes and channel in self.channels


def read_consent(table: Table) -> Consent:
    """Read [consent]."""
    if "text" not in table:
        table.done()
        return Consent()
    consent = Consent(
        text=table.text("text", r"[A-Za-z0-9._-]{1,20}"),
        purposes=table.choices("purposes", PURPOSES),
        channels=table.choices("channels", CHANNELS),
    )
    table.done()
    if not (consent.purposes and consent.channels):
        raise ProgrammeError(f"{table.name}: purposes and channels name at least one each, or nobody is asked anything")
    return consent
