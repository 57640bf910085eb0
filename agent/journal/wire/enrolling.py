"""A till introduces itself, and hears whom it will believe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.journal.wire.form import from_text, to_text

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a till says to be enrolled: the one-off code, the name it goes by, its public keys (32 bytes each)."""

    code: str
    till: str
    key: bytes
    profile_key: bytes

    def to_map(self) -> dict[str, Any]:
        """Return the request as a message."""
        keys = {"key": to_text(self.key), "profile_key": to_text(self.profile_key)}
        return {"code": self.code, "till": self.till, **keys}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Enrolment:
        """Read the request; for `read`."""
        keys = (from_text(value["key"]), from_text(value["profile_key"]))
        if any(len(key) != _KEY_BYTES for key in keys):
            raise ValueError(f"public keys have {_KEY_BYTES} bytes")
        return cls(str(value["code"]), str(value["till"]), *keys)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What headquarters says to a new till: its epoch, its root key, the key that profiles are wrapped for."""

    till: str
    hq_epoch: str
    root: bytes
    profile_key: bytes
    now_ms: int

    def to_map(self) -> dict[str, Any]:
        """Return the answer as a message."""
        keys = {"profile_key": to_text(self.profile_key), "root": to_text(self.root)}
        return {"epoch": self.hq_epoch, "now_ms": self.now_ms, "till": self.till, **keys}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Enrolled:
        """Read the answer; for `read`."""
        keys = (from_text(value["root"]), from_text(value["profile_key"]))
        return cls(str(value["till"]), str(value["epoch"]), *keys, int(value["now_ms"]))
