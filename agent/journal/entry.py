"""The entry: one thing that happened, and its one canonical encoding (RFC 8785).

Entries hold strings, integers within +-(2**53 - 1), booleans, null, lists and maps with ASCII keys, never floats. For
these `orjson` with sorted keys gives the bytes RFC 8785 asks for; `rfc8785` is the oracle in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

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
            type(self.unit) is str
            and type(self.account) is str
            and type(self.amount) is int
            and (lot is None or type(lot) is str)
            and (expires is None or type(expires) is str)
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

    `wall_ms` is Unix time, `mono_ms` counts since boot `boot`, `zone` is the shop's (a name of the IANA database) and
    `offset_min` its offset from UTC, `hq_ms` the last time heard from headquarters and `hq_age_ms` how long ago that
    was by `mono_ms` (None: before this boot). `confirmed` is the quality: headquarters' time of this boot agrees, or,
    with `hq_age_ms` None, the till stands alone and believes its clock. The first entries had no `zone`.
    """

    wall_ms: int
    mono_ms: int
    boot: str
    zone: str
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
            "zone": self.zone,
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
    _check_values(value.values(), 0)
    return _encode(value)


def _encode(value: Mapping[str, Any]) -> bytes:
    try:
        data = orjson.dumps(value, option=_OPTIONS)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise JournalError(f"cannot encode an entry, whose integers are within +-{INTEGER_MAX}: {error}") from error
    if not data.isascii():
        _check_keys(value)
    return data


def encode_entry(entry: Entry) -> bytes:
    """Return the canonical bytes of an entry, which `decode_entry` will take.

    Raises EntryTooLargeError over ENTRY_BYTES_MAX and JournalError for a field of the wrong type.
    """
    value = entry.to_map()
    _fields(value)
    _check_values((entry.body, entry.clock, value["profiles"]), 0)  # a posting sees to itself
    data = _encode(value)
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
        fields = _fields(value)
        if not isinstance(value["postings"], list) or not isinstance(value["profiles"], list):
            raise TypeError("postings and profiles are lists")
        postings = tuple(Posting.from_map(posting) for posting in value["postings"])
        profiles = tuple(_named_profile(pair) for pair in value["profiles"])
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"entry lacks a field or has one of the wrong shape: {error}") from error
    return Entry(**fields, postings=postings, profiles=profiles)


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain fields of an entry; raises JournalError for one of the wrong type."""
    fields = {}
    for name, kinds in _FIELDS.items():
        what = value[name]
        if type(what) not in kinds:
            raise JournalError(f"entry field {name!r} is {what!r}")
        fields[name] = what
    return fields


def _named_profile(pair: object) -> tuple[str, str]:
    match pair:
        case [str(subject), str(digest)]:
            return subject, digest
    raise TypeError(f"profile {pair!r} is not a subject and a digest")


_TEXT: Final = frozenset((str,))
_TEXT_OR_NONE: Final = frozenset((str, type(None)))
_NUMBER: Final = frozenset((int,))
_MAP: Final = frozenset((dict,))
_FIELDS: Final = {
    "till": _TEXT,
    "epoch": _TEXT,
    "seq": _NUMBER,
    "id": _TEXT,
    "op": _TEXT,
    "kind": _TEXT,
    "day": _TEXT,
    "clock": _MAP,
    "by": _TEXT,
    "staff": _TEXT_OR_NONE,
    "programme": _TEXT_OR_NONE,
    "body": _MAP,
    "v": _NUMBER,
}


_LEAVES: Final = frozenset((str, int, bool, type(None)))
_CONTAINERS: Final = frozenset((dict, list, tuple))


def _check_values(values: Iterable[Any], depth: int) -> None:
    """Refuse what an entry may not hold; that integers are in range and keys are strings, orjson sees to.

    Every sale and every entry that is verified comes through here, so what all of a container is, is asked at once.
    """
    for value in values:
        kind = type(value)
        if kind in _LEAVES:
            continue
        if kind not in _CONTAINERS:
            what = "entries hold strings, integers, booleans, lists and maps"
            raise JournalError(f"{value!r} is a {kind.__name__}; {what}")
        if depth == DEPTH_MAX:
            raise JournalError(f"nested deeper than {DEPTH_MAX}")
        inside = value.values() if kind is dict else value
        if not _LEAVES.issuperset(map(type, inside)):
            _check_values(inside, depth + 1)


def _check_keys(value: Any) -> None:
    """Refuse keys of other letters than ASCII, for which RFC 8785 has another order than orjson."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not key.isascii():
                raise JournalError(f"key {key!r} is not an ASCII string")
            _check_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_keys(item)
