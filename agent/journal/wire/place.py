"""Where a journal stands, a till's or headquarters' own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.journal.chain import GENESIS

HQ = "hq"  # headquarters' key id, and the name its own journal runs under


@dataclass(frozen=True, slots=True)
class Position:
    """Where a journal stands: its epoch, its last sequence number and the head (32 bytes) there."""

    epoch: str
    seq: int = 0
    head: bytes = GENESIS

    def to_map(self) -> dict[str, Any]:
        """Return the position as it stands in a message."""
        return {"epoch": self.epoch, "head": self.head.hex(), "seq": self.seq}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Position:
        """Read a position; raises KeyError, TypeError or ValueError."""
        epoch, seq, head = str(value["epoch"]), int(value["seq"]), bytes.fromhex(value["head"])
        if seq < 0 or len(head) != len(GENESIS):
            raise ValueError(f"no position: seq {seq}, head of {len(head)} bytes")
        return cls(epoch, seq, head)
