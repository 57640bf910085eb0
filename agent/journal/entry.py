"""The entry: one thing that happened, and its one canonical encoding (RFC 8785).

Entries hold strings, integers within +-(2**53 - 1), booleans, null, lists and maps with ASCII keys, never floats. For
these `orjson` with sorted keys gives the bytes RFC 8785 asks for; `rfc8785` is the oracle in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from agent.errors import EntryTooLargeError, InvalidError, JournalError, NotCanonicalError

FORMAT_VERSION = 1
ENTRY_BYTES_MAX = 512 * 1024  # below headquarters' own limit, checked before the acknowledgement
INTEGER_MAX = 2**53 - 1  # RFC 8785 section 3.2.2.3: what every JSON reader can hold exactly
DEPTH_MAX = 8
OP_PATTERN = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,62}[\x21-\x7e])?")

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER

# Ledger accounts that are not a member's. What a member holds stands in `account:<id>`; what a till itself counts
# (the draws it made, the prizes it gave) in `till:<id>`, in lots as well.
ISSUANCE = "issuance"
REDEEMED = "redeemed"
EXPIRED = "expired"
ADJUSTED = "adjusted"
ON_CHIP = "on-chip"
MEMBER_PREFIX = "account:"
TILL_PREFIX = "till:"
VOUCHERS_PREFIX = "vouchers:"  # vouchers are their bearers': a lot for each serial, by the shop that issued it


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a movement: `amount` (integer, signed) of `unit` on a ledger account.

    A posting on a member's or a till's account names its lot and repeats the lot's last day (`YYYY-MM-DD` or null), so
    that folding entries in any order gives the same lots.
    """

    unit: str
    account: str
    amount: int
    lot: str | None = None
    expires: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could be written and never be read again; raises JournalError."""
        lot, expires = self.lot, self.expires
        if not (
            isinstance(self.unit, str)
            and isinstance(self.account, str)
            and type(self.amount) is int
            and (lot is None or isinstance(lot, str))
            and (expires is None or isinstance(expires, str))
        ):
            raise JournalError(f"{self!r} has a field of the wrong type")
        if lot is None and self.account.startswith((MEMBER_PREFIX, TILL_PREFIX, VOUCHERS_PREFIX)):
            raise JournalError(f"posting on {self.account!r} names no lot")

    def to_map(self) -> dict[str, Any]:
        """Return the posting as it stands in an entry."""
        if self.lot is None:
            return {"account": self.account, "amount": self.amount, "unit": self.unit}
        return {
            "account": self.account,
            "amount": self.amount,
            "expires": self.expires,
            "lot": self.lot,
            "unit": self.unit,
        }

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Posting:
        """Read a posting from an entry; raises JournalError when a field is missing or of another type."""
        try:
            return cls(value["unit"], value["account"], value["amount"], value.get("lot"), value.get("expires"))
        except (KeyError, TypeError, AttributeError) as error:
            raise JournalError(f"posting {value!r} lacks a field") from error


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What the till's clocks said. No order, id or balance depends on it.

    `wall_ms` is Unix time, `mono_ms` counts since boot `boot`, `offset_min` is the shop zone's offset from UTC,
    `hq_ms` the last time heard from headquarters and `hq_age_ms` how long ago that was on the monotone clock.
    """

    wall_ms: int
    mono_ms: int
    boot: str
    offset_min: int
    hq_ms: int | None
    hq_age_ms: int | None
    confirmed: bool

    def to_map(self) -> dict[str, Any]:
        """Return the reading as it stands in an entry."""
        return {
            "boot": self.boot,
            "confirmed": self.confirmed,
            "hq_age_ms": self.hq_age_ms,
            "hq_ms": self.hq_ms,
            "mono_ms": self.mono_ms,
            "offset_min": self.offset_min,
            "wall_ms": self.wall_ms,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened at a till, or at headquarters, without any personal data.

    `op` is what the caller named it (1-64 printable ASCII characters, unique per till for ever), `day` the shop's
    business day, `by` the name of the token or device that caused it, `profiles` the sealed records it names as
    (subject id, SHA-256 of the ciphertext in hex).
    """

    till: str
    epoch: str
    seq: int
    id: str
    op: str
    kind: str
    day: str
    clock: Mapping[str, Any]
    by: str
    staff: str | None = None
    programme: str | None = None
    postings: tuple[Posting, ...] = ()
    profiles: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    v: int = FORMAT_VERSION

    def to_map(self) -> dict[str, Any]:
        """Return the entry as a JSON map, every field present."""
        return {
            "body": self.body,
            "by": self.by,
            "clock": self.clock,
            "day": self.day,
            "epoch": self.epoch,
            "id": self.id,
            "kind": self.kind,
            "op": self.op,
            "postings": [posting.to_map() for posting in self.postings],
            "profiles": [list(profile) for profile in self.profiles],
            "programme": self.programme,
            "seq": self.seq,
            "staff": self.staff,
            "till": self.till,
            "v": self.v,
        }


def ledger_account(holder: str) -> str:
    """Return the ledger account of a member's account or of a till (`till:<id>`, which is one already)."""
    return holder if holder.startswith((TILL_PREFIX, VOUCHERS_PREFIX)) else MEMBER_PREFIX + holder


def check_op(op: str) -> str:
    """Return `op` if it is 1-64 printable ASCII characters with no space at either end; raises InvalidError."""
    if not OP_PATTERN.fullmatch(op):
        raise InvalidError(f"op {op[:80]!r} must be 1 to 64 printable ASCII characters, no space at either end")
    return op


def encode(value: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a map; raises JournalError for what an entry may not hold."""
    _check_value(value, 0)
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise JournalError(f"cannot encode an entry: {error}") from error


def encode_entry(entry: Entry) -> bytes:
    """Return the canonical bytes of an entry, which `decode_entry` will take.

    Raises EntryTooLargeError over ENTRY_BYTES_MAX and JournalError for a field of the wrong type.
    """
    value = entry.to_map()
    _check_fields(value)
    data = encode(value)
    if len(data) > ENTRY_BYTES_MAX:
        raise EntryTooLargeError(f"entry {entry.op!r} has {len(data)} bytes, at most {ENTRY_BYTES_MAX} are allowed")
    return data


def decode(data: bytes) -> dict[str, Any]:
    """Return the map that `data` is the canonical form of.

    Raises NotCanonicalError when another form of the same value would have other bytes (duplicate keys, white space,
    floats, integers out of range), or when it is no JSON map at all.
    """
    if len(data) > ENTRY_BYTES_MAX:
        raise EntryTooLargeError(f"entry has {len(data)} bytes, at most {ENTRY_BYTES_MAX} are allowed")
    try:
        value = orjson.loads(data)
        if not isinstance(value, dict):
            raise NotCanonicalError(f"expected a map, got {type(value).__name__}")
        canonical = encode(value)
    except (orjson.JSONDecodeError, JournalError) as error:
        raise NotCanonicalError(f"not canonical JSON: {error}") from error
    if canonical != data:
        raise NotCanonicalError("the bytes differ from the canonical form of what they say")
    return value


def decode_entry(data: bytes) -> Entry:
    """Return the entry that `data` is the canonical form of; a kind we do not know is still an entry.

    Raises NotCanonicalError, or JournalError when a field is missing or of the wrong type.
    """
    value = decode(data)
    try:
        fields = {name: value[name] for name in _FIELDS}
        if not isinstance(value["postings"], list) or not isinstance(value["profiles"], list):
            raise TypeError("postings and profiles are lists")
        postings = tuple(Posting.from_map(posting) for posting in value["postings"])
        profiles = tuple(_named_profile(pair) for pair in value["profiles"])
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"entry lacks a field or has one of the wrong shape: {error}") from error
    _check_fields(value)
    return Entry(**fields, postings=postings, profiles=profiles)


def _check_fields(value: Mapping[str, Any]) -> None:
    for name, kind in _FIELDS.items():
        if not isinstance(value[name], kind) or isinstance(value[name], bool):
            raise JournalError(f"entry field {name!r} is {value[name]!r}")


def _named_profile(pair: object) -> tuple[str, str]:
    match pair:
        case [str(subject), str(digest)]:
            return subject, digest
    raise TypeError(f"profile {pair!r} is not a subject and a digest")


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "till": str,
    "epoch": str,
    "seq": int,
    "id": str,
    "op": str,
    "kind": str,
    "day": str,
    "clock": dict,
    "by": str,
    "staff": (str, type(None)),
    "programme": (str, type(None)),
    "body": dict,
    "v": int,
}


def _check_value(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise JournalError(f"integer {value} is outside +-(2^53 - 1)")
    elif depth > DEPTH_MAX:
        raise JournalError(f"nested deeper than {DEPTH_MAX}")
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise JournalError(f"key {key!r} is not an ASCII string")
            _check_value(item, depth + 1)
    elif kind is list or kind is tuple:
        for item in value:
            _check_value(item, depth + 1)
    else:
        raise JournalError(f"{value!r} is a {kind.__name__}; entries hold strings, integers, booleans, lists and maps")
