"""What both halves say to each other on the line, apart from entries and the feed.

agent/sync/PROTOCOL.md says it in prose. Every message is a canonical map (see `entry.encode`); bytes stand in it as
base64 (RFC 4648, section 4) or, where people compare them, as hex.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeVar

import zstandard

from agent.errors import JournalError
from agent.journal.chain import GENESIS
from agent.journal.entry import decode, encode

PATH = "/sync/v1"
KEY_BYTES = 32
MAP_TYPE = "application/json"
BATCH_TYPE = "application/vnd.tallystick.batch+zstd"
PAGE_TYPE = "application/vnd.tallystick.feed+zstd"
SALE_TYPE = "application/vnd.tallystick.sale+zstd"
WITNESS_TYPE = "application/vnd.tallystick.witness+zstd"
PROMISE_ENTRIES = 16  # what else a till may record between its question and the redemption
SALE_BYTES_MAX = 16 * 1024 * 1024  # of an uncompressed answer to `sale`

# RFC 9421. No authority and no scheme: proxies change both. No window of time: nobody is judged by a till's clock.
LABEL = "tally"
REQUEST_TAG = "tallystick-request"
ANSWER_TAG = "tallystick-answer"
REQUEST_COVERS = ("@method", "@path", "@query", "content-digest")
ANSWER_COVERS = ("@status", "content-digest", f'"signature";req;key="{LABEL}"')
DELEGATION_HEADER = "Tallystick-Delegation"
HQ = "hq"  # headquarters' key id, and the name its own journal runs under
_SHOWN_DIGITS = 16
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
    """What makes a request new: headquarters' epoch, the till's counter there, and 32 hex digits.

    Half of these are random. The others show that whoever made it knows the one before: the copy of a till's disk does
    not, though its counter may fit.
    """

    hq_epoch: str
    counter: int
    random: str

    def __str__(self) -> str:
        """The nonce as it stands in a signature's parameters."""
        return f"{self.hq_epoch}.{self.counter}.{self.random}"

    def next(self, fresh: bytes) -> Nonce:
        """Return the nonce of the request after this one's, of 8 random bytes."""
        return Nonce(self.hq_epoch, self.counter + 1, _shown(str(self)) + fresh.hex())

    def follows(self, before: str) -> bool:
        """Say whether whoever made it knows the nonce `before`."""
        return self.random.startswith(_shown(before))

    @classmethod
    def parse(cls, text: str) -> Nonce:
        """Read a nonce; raises JournalError."""
        epoch, _, rest = text.partition(".")
        counter, _, random = rest.partition(".")
        if not (epoch and random and counter.isascii() and counter.isdigit() and len(counter) < 16):
            raise JournalError(f"nonce {text[:80]!r} is not epoch.counter.random")
        return cls(epoch, int(counter), random)


def _shown(nonce: str) -> str:
    return hashlib.sha256(f"tallystick nonce 1\n{nonce}".encode()).hexdigest()[:_SHOWN_DIGITS]


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


class Standing(StrEnum):
    """How a machine stands that brought what it holds because its requests are refused."""

    OPEN = "open"  # it is kept, and a person decides
    TILL = "till"  # this machine is the till: its request is taken if it comes again
    LOST = "lost"  # another machine is the till: this one must be enrolled anew
    GAP = "gap"  # entries are missing before these: nothing was taken


@dataclass(frozen=True, slots=True)
class Branched:
    """The answer to `branch`: up to where this machine's entries are kept now, durably, and how it stands."""

    position: Position
    standing: Standing

    def to_map(self) -> dict[str, Any]:
        """Return the answer as a message."""
        return {"held": self.position.to_map(), "standing": str(self.standing)}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Branched:
        """Read the answer; for `read`."""
        return cls(Position.from_map(value["held"]), Standing(value["standing"]))


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
class SaleAsked:
    """Which sale a till asks for: its tag (`agent.journal.codes.sale_tag`) and, if the code says it, its entry."""

    tag: str
    entry: str | None

    def to_map(self) -> dict[str, Any]:
        """Return the question as a message."""
        return {"entry": self.entry, "tag": self.tag}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> SaleAsked:
        """Read the question; for `read`."""
        entry = value["entry"]
        return cls(str(value["tag"]), None if entry is None else str(entry))


@dataclass(frozen=True, slots=True)
class SaleTold:
    """A sale as headquarters holds it: canonical bytes of its entry and of the redemptions that it names.

    `returned` is what came back of it (line -> thousandths) by books that contain the asking till's epochs up to
    `upto`, without the entries (epoch, seq) in `quarantined`.
    """

    sale: bytes
    redemptions: tuple[bytes, ...]
    returned: Mapping[int, int]
    upto: tuple[Position, ...] = ()
    quarantined: tuple[tuple[str, int], ...] = ()

    def pack(self) -> bytes:
        """Return the answer: a canonical map, the sale, its redemptions, a line each."""
        said = {
            "quarantined": [list(place) for place in self.quarantined],
            "returned": [list(one) for one in sorted(self.returned.items())],
            "upto": [position.to_map() for position in self.upto],
        }
        return b"\n".join([encode(said), self.sale, *self.redemptions])

    @classmethod
    def unpack(cls, data: bytes) -> SaleTold | None:
        """Return the answer, None if headquarters does not have the sale; raises JournalError."""
        first, *entries = data.split(b"\n")

        def build(value: dict[str, Any]) -> SaleTold | None:
            if not entries:
                return None
            return cls(
                sale=entries[0],
                redemptions=tuple(entries[1:]),
                returned={int(line): int(quantity) for line, quantity in value["returned"]},
                upto=tuple(Position.from_map(position) for position in value["upto"]),
                quarantined=tuple((str(epoch), int(seq)) for epoch, seq in value["quarantined"]),
            )

        return read(first, build)


@dataclass(frozen=True, slots=True)
class SpendAsked:
    """How many units of a member's a till wants for the redemption `op`, asked by a journal that ends at `seq`.

    `day` is the business day, None while the till's clock is not confirmed: it says which lots wait or have ended.
    `instead`: what was promised for this op is not wanted any more.
    """

    op: str
    account: str
    unit: str
    units: int
    epoch: str
    seq: int
    day: str | None
    instead: str | None = None

    def to_map(self) -> dict[str, Any]:
        """Return the question as a message."""
        return asdict(self)

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> SpendAsked:
        """Read the question; for `read`."""
        units, seq = int(value["units"]), int(value["seq"])
        if units < 1 or seq < 0:
            raise ValueError(f"{units} units at entry {seq} are not to be had")
        op, account, unit, epoch = (str(value[name]) for name in ("op", "account", "unit", "epoch"))
        day, instead = (None if value[name] is None else str(value[name]) for name in ("day", "instead"))
        return cls(op, account, unit, units, epoch, seq, day, instead)


@dataclass(frozen=True, slots=True)
class SpendTold:
    """What headquarters promises for a redemption (lot -> units): nobody else may spend it.

    It counts for an entry of the asking epoch whose number is at most `PROMISE_ENTRIES` above the one it was asked at.
    """

    lots: Mapping[str, int]

    def to_map(self) -> dict[str, Any]:
        """Return the answer as a message."""
        return {"lots": [list(one) for one in sorted(self.lots.items())]}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> SpendTold:
        """Read the answer; for `read`."""
        return cls({str(lot): int(units) for lot, units in value["lots"]})


@dataclass(frozen=True, slots=True)
class Witness:
    """Entries of an epoch of headquarters' own journal that it has left, as a till keeps them.

    `entries` (canonical bytes, signature on the chain hash) follow `after` and lead to `held`, up to where the till has
    them; `delegations` are the root key's words for the keys that may have signed them.
    """

    after: Position
    held: Position
    delegations: tuple[bytes, ...] = ()
    entries: tuple[tuple[bytes, bytes], ...] = ()

    def pack(self) -> bytes:
        """Return the request: a canonical map and the entries, a line each, each followed by its signature."""
        delegations = [to_text(one) for one in self.delegations]
        said = {"after": self.after.to_map(), "delegations": delegations, "held": self.held.to_map()}
        lines = [line for data, signature in self.entries for line in (data, to_text(signature).encode())]
        return b"\n".join([encode(said), *lines])

    @classmethod
    def unpack(cls, data: bytes) -> Witness:
        """Read the request; raises JournalError."""
        first, *lines = data.split(b"\n")

        def build(value: dict[str, Any]) -> Witness:
            return cls(
                after=Position.from_map(value["after"]),
                held=Position.from_map(value["held"]),
                delegations=tuple(from_text(one) for one in value["delegations"]),
                entries=tuple(
                    (one, from_text(signature.decode())) for one, signature in zip(lines[::2], lines[1::2], strict=True)
                ),
            )

        return read(first, build)


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
