"""The halves meet: what headquarters holds of a till's journal, and why it refuses a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.journal.wire.place import Position


class Outcome(StrEnum):
    """What became of a batch."""

    HELD = "held"  # headquarters holds the journal up to the position it names
    GAP = "gap"  # entries are missing before the batch: nothing was taken
    FORK = "fork"  # headquarters holds other entries under these numbers: both are kept, a person decides


@dataclass(frozen=True, slots=True)
class Held:
    """The answer to a batch: what headquarters now holds of this epoch, durably, its feed's version, its time."""

    outcome: Outcome
    position: Position
    version: int
    now_ms: int

    def to_map(self) -> dict[str, Any]:
        """Return the answer as a message."""
        return {
            "held": self.position.to_map(),
            "now_ms": self.now_ms,
            "outcome": str(self.outcome),
            "version": self.version,
        }

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Held:
        """Read the answer; for `read`."""
        position = Position.from_map(value["held"])
        return cls(Outcome(value["outcome"]), position, int(value["version"]), int(value["now_ms"]))


@dataclass(frozen=True, slots=True)
class Where:
    """The answer to `where`: what headquarters holds of each epoch of the till, its feed's version, its time.

    `own` is what it holds of the epochs of its own journal that it has left.
    """

    positions: tuple[Position, ...]
    version: int
    now_ms: int
    own: tuple[Position, ...] = ()

    def to_map(self) -> dict[str, Any]:
        """Return the answer as a message."""
        positions = [position.to_map() for position in self.positions]
        own = {"own": [position.to_map() for position in self.own]} if self.own else {}
        return {"epochs": positions, "now_ms": self.now_ms, "version": self.version, **own}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Where:
        """Read the answer; for `read`."""
        positions, own = (
            tuple(Position.from_map(position) for position in value.get(name, ())) for name in ("epochs", "own")
        )
        return cls(positions, int(value["version"]), int(value["now_ms"]), own)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why headquarters refuses a request: the error's code, its text, what to do next, and headquarters' epoch."""

    code: str
    message: str
    hint: str
    hq_epoch: str

    def to_map(self) -> dict[str, Any]:
        """Return the refusal as a message."""
        return {"epoch": self.hq_epoch, "error": self.code, "hint": self.hint, "message": self.message}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Refusal:
        """Read the refusal; for `read`."""
        return cls(str(value["error"]), str(value["message"]), str(value["hint"]), str(value["epoch"]))
