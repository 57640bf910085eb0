"""A member's yes or no to a question of the programme's text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agent.errors import InvalidError
from agent.loyalty.programme.consent import CHANNELS, PURPOSES


@dataclass(frozen=True, slots=True, order=True)
class Consenting:
    """A member's yes (`given`) or no to being reached for a purpose by a channel."""

    purpose: str
    channel: str
    given: bool

    @property
    def name(self) -> str:
        """What it is called where a member's consents are kept."""
        return f"{self.purpose}/{self.channel}"

    def to_map(self) -> dict[str, Any]:
        """Return it as it stands in an entry."""
        return {"channel": self.channel, "given": self.given, "purpose": self.purpose}


def check_consents(consents: Iterable[Consenting]) -> None:
    """Raise InvalidError for a purpose or channel that nobody knows, or one that is named twice."""
    names = [one.name for one in consents]
    known = {f"{purpose}/{channel}" for purpose in PURPOSES for channel in CHANNELS}
    if not {*names} <= known:
        raise InvalidError(f"purpose must be one of {', '.join(PURPOSES)}, channel one of {', '.join(CHANNELS)}")
    if len({*names}) != len(names):
        raise InvalidError("a purpose and its channel are named twice")
