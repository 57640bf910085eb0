"""The till's own keys, made on the till and never leaving it: Ed25519 signs requests, X25519 opens profiles' keys.

The till signs its requests by the key it signs codes with: so headquarters knows it, and tells every till.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.errors import LedgerDamagedError

_SIGNING, _PROFILE = "sync.key", "profile.key"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class TillKeys:
    """The private keys of this till."""

    signing: Ed25519PrivateKey
    profile: X25519PrivateKey


def load_keys(folder: Path) -> TillKeys:
    """Read the keys beside the ledger; raises LedgerDamagedError when one is missing."""
    signing, profile = (_read(folder / name) for name in (_SIGNING, _PROFILE))
    return TillKeys(Ed25519PrivateKey.from_private_bytes(signing), X25519PrivateKey.from_private_bytes(profile))


def make_keys(folder: Path, *, signing: Ed25519PrivateKey) -> TillKeys:
    """Return the keys beside the ledger, put there now unless an enrolment that was cut short did so."""
    for name, key in ((_SIGNING, signing), (_PROFILE, X25519PrivateKey.generate())):
        if not (folder / name).exists():
            _write(folder / name, key.private_bytes_raw())
    return load_keys(folder)


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LedgerDamagedError(f"the till's key {path.name!r} cannot be read: {error}") from error
    if len(data) != _KEY_BYTES:
        raise LedgerDamagedError(f"the till's key {path.name!r} has {len(data)} bytes, not {_KEY_BYTES}")
    return data


def _write(path: Path, data: bytes) -> None:
    """Write a file that is whole or absent, readable by the agent alone."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
