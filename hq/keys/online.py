"""An online key in its file, `<role>.key`: a canonical map of the private key and the root key's delegation.

Both in one file, so that a rotation replaces them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import ConfigError, JournalError
from agent.journal.entry import INTEGER_MAX, encode
from agent.journal.trust import Delegation, Role
from agent.journal.wire.form import from_text, read, to_text
from hq.keys.files import ROOT_PUBLIC

_FINGERPRINT_CHARS = 16


@dataclass(frozen=True, slots=True)
class OnlineKey:
    """A key that speaks for headquarters; `delegation` is the root key's signed word for it."""

    private: Ed25519PrivateKey
    delegation: bytes

    def pack(self) -> bytes:
        """Return the key as its file holds it."""
        key = to_text(self.private.private_bytes_raw())
        return encode({"delegation": to_text(self.delegation), "key": key})


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What may be shown of an online key; the serial says when it was made (Unix ms), unless it was given by hand."""

    role: Role
    serial: int
    fingerprint: str


def file_of(folder: Path, role: Role) -> Path:
    """Return where a role's key lies."""
    return folder / f"{role}.key"


def delegate(root: Ed25519PrivateKey, role: Role, serial: int) -> OnlineKey:
    """Make a new key and the root key's word for it."""
    private = Ed25519PrivateKey.generate()
    return OnlineKey(private, Delegation(private.public_key().public_bytes_raw(), role, serial).sign(root))


def read_online(folder: Path, role: Role, *, root: bytes) -> OnlineKey:
    """Read a role's key; raises ConfigError when it is missing or the root key does not speak for it."""
    path = file_of(folder, role)

    def build(value: dict[str, Any]) -> OnlineKey:
        private = Ed25519PrivateKey.from_private_bytes(from_text(value["key"]))
        return OnlineKey(private, from_text(value["delegation"]))

    try:
        key = read(path.read_bytes(), build)
        delegation = Delegation.check(key.delegation, root=root, role=role)
    except (OSError, JournalError) as error:
        raise ConfigError(f"the key {str(path)!r} cannot be used: {error}") from error
    if delegation.key != key.private.public_key().public_bytes_raw():
        raise ConfigError(f"in {str(path)!r} the root key speaks for another key")
    return key


def read_root_public(folder: Path) -> bytes:
    """Read the public root key (32 bytes); raises ConfigError."""
    try:
        return (folder / ROOT_PUBLIC).read_bytes()
    except OSError as error:
        raise ConfigError(f"the public root key cannot be read: {error}") from error


def show(folder: Path) -> Iterator[KeyRow]:
    """Yield the online keys that lie in `folder`; one may be kept on another machine."""
    root = read_root_public(folder)
    for role in Role:
        if file_of(folder, role).exists():
            yield row_of(read_online(folder, role, root=root))


def row_of(key: OnlineKey) -> KeyRow:
    """Return what may be shown of a key."""
    delegation = Delegation.stated(key.delegation)
    return KeyRow(delegation.role, delegation.serial, fingerprint(delegation.key))


def fingerprint(public: bytes) -> str:
    """Return what people compare public keys by."""
    return public.hex()[:_FINGERPRINT_CHARS]


def next_serial(*, now_ms: int, before: int = 0, given: int | None = None) -> int:
    """Return the serial of a new delegation: the time, so that it is above any that a lost machine may have given.

    It is above `before` even if the clock went back; a `given` one must be, else ConfigError.
    """
    serial = max(now_ms, before + 1) if given is None else given
    if not before < serial <= INTEGER_MAX:
        raise ConfigError(f"serial {serial} must be above {before} and at most {INTEGER_MAX}")
    return serial
