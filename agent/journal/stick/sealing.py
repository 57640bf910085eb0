"""A file of whole frames under one signature (Ed25519).

A canonical map (`entry.encode`) and a newline; then frames, each a four-byte big-endian length and that many bytes;
then 64 bytes: the signature on a context and the SHA-256 of all that stands before it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.errors import JournalError
from agent.journal.entry import decode, encode

STICK_BYTES_MAX = 256 * 1024 * 1024  # of a file: what both sides must be ready to hold
FRAME_BYTES_MAX = 16 * 1024 * 1024
_CONTEXT = b"tallystick stick 1\n"
_LENGTH = struct.Struct(">I")
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file as it was read: nothing in it is believed before `check`."""

    head: dict[str, Any]
    frames: tuple[bytes, ...]
    digest: bytes
    signature: bytes

    def check(self, key: bytes) -> None:
        """Raise JournalError unless the file is signed by this key (32 bytes)."""
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(self.signature, _CONTEXT + self.digest)
        except (InvalidSignature, ValueError) as error:
            raise JournalError("the stick's signature does not fit the key and what stands on it") from error


def seal(head: Mapping[str, Any], frames: Iterable[bytes], key: Ed25519PrivateKey) -> bytes:
    """Return the file."""
    content = encode(head) + b"\n" + b"".join(_LENGTH.pack(len(frame)) + frame for frame in frames)
    return content + key.sign(_CONTEXT + hashlib.sha256(content).digest())


def open_sealed(data: bytes) -> Sealed:
    """Read a file; raises JournalError when it was cut, is too large or is none."""
    if len(data) > STICK_BYTES_MAX:
        raise JournalError(f"the file has {len(data)} bytes, at most {STICK_BYTES_MAX} are allowed on a stick")
    content, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
    head, newline, _ = content.partition(b"\n")
    if not newline:
        raise JournalError("the file is no stick of a till or of headquarters")
    frames = tuple(_frames(content, len(head) + 1))
    return Sealed(decode(head), frames, hashlib.sha256(content).digest(), signature)


def _frames(content: bytes, at: int) -> Iterator[bytes]:
    while at < len(content):
        if at + _LENGTH.size > len(content):
            raise JournalError(f"the stick ends inside the length of a frame at byte {at}")
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        if length > FRAME_BYTES_MAX or at + length > len(content):
            raise JournalError(f"the frame at byte {at} says {length} bytes, {len(content) - at} are there")
        yield content[at : at + length]
        at += length
