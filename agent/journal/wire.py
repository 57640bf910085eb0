"""What both halves say to each other on the line, apart from entries and the feed.

agent/sync/PROTOCOL.md says it in prose. Every message is a canonical map (see `entry.encode`); bytes stand in it as
base64 (RFC 4648, section 4) or, where people compare them, as hex.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import zstandard

from agent.errors import JournalError
from agent.journal.chain import GENESIS
from agent.journal.entry import decode

PATH = "/sync/v1"
KEY_BYTES = 32
MAP_TYPE = "application/json"
BATCH_TYPE = "application/vnd.tallystick.batch+zstd"
PAGE_TYPE = "application/vnd.tallystick.feed+zstd"

# RFC 9421. No authority and no scheme: proxies change both. No window of time: nobody is judged by a till's clock.
LABEL = "tally"
REQUEST_TAG = "tallystick-request"
ANSWER_TAG = "tallystick-answer"
REQUEST_COVERS = ("@method", "@path", "@query", "content-digest")
ANSWER_COVERS = ("@status", "content-digest", f'"signature";req;key="{LABEL}"')
DELEGATION_HEADER = "Tallystick-Delegation"
HQ = "hq"  # headquarters' key id, and the name its own journal runs under
_ZSTD_LEVEL = 3
_WINDOW_BYTES_MAX = 8 * 1024 * 1024  # RFC 8878, 3.1.1.1.2: what every decoder supports
ENROLLING = "enrolling"  # the key id of a till that has no name yet
_Read = TypeVar("_Read")


def to_text(data: bytes) -> str:
    """Return bytes as they stand in a message."""
    return b64encode(data).decode()


def from_text(text: str) -> bytes:
    """Return the bytes of a message's text; raises ValueError or TypeError."""
    return b64decode(text, validate=True)


def compress(data: bytes) -> bytes:
    """Return a zstd frame (RFC 8878) of `data`."""
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(data)


def expand(data: bytes, *, bytes_max: int) -> bytes:
    """Return what a zstd frame holds. The frame must say how much that is, at most `bytes_max`; raises JournalError."""
    try:
        size = zstandard.frame_content_size(data)
        if not 0 <= size <= bytes_max:
            raise JournalError(f"the zstd frame says it holds {size} bytes, from 0 to {bytes_max} are allowed")
        return zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES_MAX).decompress(data)
    except zstandard.ZstdError as error:
        raise JournalError(f"the bytes are no whole zstd frame: {error}") from error


def read(data: bytes, build: Callable[[dict[str, Any]], _Read]) -> _Read:
    """Read a canonical map with `build`; raises JournalError when it is not one or lacks what `build` asks for."""
    value = decode(data)
    try:
        return build(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JournalError(f"message of the wrong shape: {error!r}") from error


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


@dataclass(frozen=True, slots=True)
class Nonce:
    """What makes a request new: headquarters' epoch, the till's counter there, and 128 random bits in hex."""

    hq_epoch: str
    counter: int
    random: str

    def __str__(self) -> str:
        """The nonce as it stands in a signature's parameters."""
        return f"{self.hq_epoch}.{self.counter}.{self.random}"

    @classmethod
    def parse(cls, text: str) -> Nonce:
        """Read a nonce; raises JournalError."""
        epoch, _, rest = text.partition(".")
        counter, _, random = rest.partition(".")
        if not (epoch and random and counter.isascii() and counter.isdigit() and len(counter) < 16):
            raise JournalError(f"nonce {text[:80]!r} is not epoch.counter.random")
        return cls(epoch, int(counter), random)


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
    """The answer to `where`: what headquarters holds of each epoch of the till, its feed's version, its time."""

    positions: tuple[Position, ...]
    version: int
    now_ms: int

    def to_map(self) -> dict[str, Any]:
        """Return the answer as a message."""
        positions = [position.to_map() for position in self.positions]
        return {"epochs": positions, "now_ms": self.now_ms, "version": self.version}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Where:
        """Read the answer; for `read`."""
        positions = tuple(Position.from_map(position) for position in value["epochs"])
        return cls(positions, int(value["version"]), int(value["now_ms"]))


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
        if any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"public keys have {KEY_BYTES} bytes")
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
