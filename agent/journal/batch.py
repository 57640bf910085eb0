"""Framing: how a batch of whole entries, and the sealed profiles they name, becomes bytes and back.

A batch is a sequence of frames. A frame is a one-byte type, a four-byte big-endian length and that many bytes:

    0x01  an entry's canonical bytes
    0x02  a sealed profile that the entry before it names: a canonical map {key, sealed, subject}, base64 inside

No frame is ever split (promise S6). Compression (zstd, RFC 8878) is the carrier's business.
"""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.errors import JournalError
from agent.journal.entry import ENTRY_BYTES_MAX, decode, encode

_HEADER = struct.Struct(">BI")
_ENTRY, _PROFILE = 1, 2
ENTRIES_MAX = 1000  # entries in one batch
BATCH_BYTES_MAX = 16 * 1024 * 1024  # of an uncompressed batch: what a receiver must be ready to hold


@dataclass(frozen=True, slots=True)
class SealedProfile:
    """A profile on its way: ciphertext, and its key wrapped for the receiver (HPKE, RFC 9180), or None if destroyed."""

    subject: str
    sealed: bytes
    wrapped_key: bytes | None


@dataclass(frozen=True, slots=True)
class BatchItem:
    """An entry's canonical bytes and the sealed profiles it names."""

    data: bytes
    profiles: tuple[SealedProfile, ...] = ()


def pack(items: Iterable[BatchItem]) -> bytes:
    """Return the frames of `items`, in order."""
    return b"".join(_frames(items))


def _frames(items: Iterable[BatchItem]) -> Iterator[bytes]:
    for item in items:
        yield _HEADER.pack(_ENTRY, len(item.data)) + item.data
        for profile in item.profiles:
            data = encode(_to_map(profile))
            yield _HEADER.pack(_PROFILE, len(data)) + data


def unpack(data: bytes) -> list[BatchItem]:
    """Return the items of a batch; raises JournalError for a cut, oversized or misplaced frame."""
    items: list[tuple[bytes, list[SealedProfile]]] = []
    at = 0
    while at < len(data):
        if at + _HEADER.size > len(data):
            raise JournalError(f"batch ends inside a frame header at byte {at}")
        kind, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        payload = data[at : at + length]
        if length > ENTRY_BYTES_MAX or len(payload) < length:
            raise JournalError(f"frame at byte {at} says {length} bytes, {len(payload)} are there")
        at += length
        if kind == _ENTRY and len(items) < ENTRIES_MAX:
            items.append((payload, []))
        elif kind == _PROFILE and items:
            items[-1][1].append(_from_map(payload))
        else:
            raise JournalError(f"frame of type {kind} is not expected at byte {at}")
    return [BatchItem(payload, tuple(profiles)) for payload, profiles in items]


def _to_map(profile: SealedProfile) -> dict[str, str | None]:
    key = None if profile.wrapped_key is None else b64encode(profile.wrapped_key).decode()
    return {"key": key, "sealed": b64encode(profile.sealed).decode(), "subject": profile.subject}


def _from_map(data: bytes) -> SealedProfile:
    value = decode(data)
    try:
        key = None if value["key"] is None else b64decode(value["key"], validate=True)
        return SealedProfile(str(value["subject"]), b64decode(value["sealed"], validate=True), key)
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"profile frame of the wrong shape: {error!r}") from error
