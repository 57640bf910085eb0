"""Sealed profiles: personal data under a key per member, so that destroying the key destroys the data.

A profile is a canonical map sealed with AES-256-GCM (NIST SP 800-38D); the subject's id is the associated data, so a
record cannot be moved to another subject. Keys and nonces come in as values. To travel, a key is wrapped for the
receiver's X25519 key with HPKE (RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from agent.errors import JournalError
from agent.journal.entry import decode, encode

KEY_BYTES = 32
NONCE_BYTES = 12
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal(profile: Mapping[str, Any], *, subject: str, key: bytes, nonce: bytes) -> bytes:
    """Return nonce + ciphertext of a profile of `subject`; a nonce must never be used twice with one key."""
    return nonce + AESGCM(key).encrypt(nonce, encode(profile), subject.encode())


def unseal(sealed: bytes, *, subject: str, key: bytes) -> dict[str, Any]:
    """Return the profile; raises JournalError when key, subject and ciphertext do not belong together."""
    try:
        data = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], subject.encode())
    except (InvalidTag, ValueError) as error:
        raise JournalError(f"the sealed profile of {subject!r} does not open with this key") from error
    return decode(data)


def digest(sealed: bytes) -> str:
    """Return what an entry says of a sealed profile: the SHA-256 of its ciphertext, in hex."""
    return hashlib.sha256(sealed).hexdigest()


def wrap_key(key: bytes, receiver: X25519PublicKey) -> bytes:
    """Return a profile key that only the holder of `receiver`'s private key can unwrap."""
    return _SUITE.encrypt(key, receiver, info=b"tallystick profile key")


def unwrap_key(wrapped: bytes, private: X25519PrivateKey) -> bytes:
    """Return the profile key; raises JournalError when it was wrapped for somebody else."""
    try:
        return _SUITE.decrypt(wrapped, private, info=b"tallystick profile key")
    except (InvalidTag, ValueError) as error:
        raise JournalError("the profile key was wrapped for another receiver") from error
