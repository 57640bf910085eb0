"""Key files: whole or absent, readable by headquarters alone, never overwritten unless that is what is asked."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from agent.errors import ConfigError

ROOT_PUBLIC, PROFILE, SEARCH = "root.pub", "profile.key", "search.key"


def write_new(path: Path, data: bytes) -> None:
    """Write a key; raises ConfigError when there is one already."""
    try:
        _write(path, data)
    except FileExistsError:
        raise ConfigError(f"there is a key already at {str(path)!r}; it is never overwritten") from None


def replace(path: Path, data: bytes) -> None:
    """Put a key in the place of another; a crash leaves the one or the other."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    _write(part, data)
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    """Return a private key as PEM (RFC 7468, PKCS #8)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_root(path: Path) -> Ed25519PrivateKey:
    """Read the root key where its holder put it; raises ConfigError."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"the root key {str(path)!r} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"the root key {str(path)!r} must be an Ed25519 key")
    return key


def _write(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
