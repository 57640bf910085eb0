"""Whose word counts (Ed25519): the root key's for online keys, an online key's for what its role lets it say.

The root key delegates to one online key a role. A stolen feed key publishes no programme, and of every key the root
key can make an end: a newer delegation of the role, of a higher serial.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.errors import JournalError
from agent.journal.entry import encode
from agent.journal.wire.form import from_text, read, to_text

_DELEGATION_CONTEXT = b"tallystick delegation 1\n"
_ENTRY_CONTEXT = b"tallystick entry 1\n"
_PROGRAMME_CONTEXT = b"tallystick programme 1\n"


class Role(StrEnum):
    """What an online key may sign."""

    FEED = "feed"  # answers, feed pages, rights and headquarters' own entries
    PROGRAMME = "programme"  # programme files
    RELEASE = "release"  # releases of the software


@dataclass(frozen=True, slots=True)
class Delegation:
    """The root key's word that an online key (Ed25519, 32 bytes) speaks for headquarters in a role.

    Of two delegations of a role the one with the higher `serial` holds.
    """

    key: bytes
    role: Role
    serial: int

    def sign(self, root: Ed25519PrivateKey) -> bytes:
        """Return the delegation as a message signed by the root key."""
        stated = self.to_map()
        signature = root.sign(_DELEGATION_CONTEXT + encode(stated))
        return encode({"delegation": stated, "signature": to_text(signature)})

    def to_map(self) -> dict[str, Any]:
        """Return what the root key signs."""
        return {"key": to_text(self.key), "role": str(self.role), "serial": self.serial}

    @classmethod
    def check(cls, signed: bytes, *, root: bytes, role: Role) -> Delegation:
        """Return the delegation that the root key (32 bytes) signed for `role`; raises JournalError when it did not."""
        delegation, signature = _unpack(signed)
        _verify(root, signature, _DELEGATION_CONTEXT + encode(delegation.to_map()))
        if delegation.role is not role:
            raise JournalError(f"the key is delegated for the role '{delegation.role}', not for '{role}'")
        return delegation

    @classmethod
    def stated(cls, signed: bytes) -> Delegation:
        """Return what a delegation says whose signature was checked before; raises JournalError."""
        return _unpack(signed)[0]


def _unpack(signed: bytes) -> tuple[Delegation, bytes]:
    def build(value: dict[str, Any]) -> tuple[Delegation, bytes]:
        stated = value["delegation"]
        delegation = Delegation(from_text(stated["key"]), Role(stated["role"]), int(stated["serial"]))
        return delegation, from_text(value["signature"])

    return read(signed, build)


def sign_entry(digest: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return headquarters' signature (64 bytes) on the chain hash of one of its own entries."""
    return key.sign(_ENTRY_CONTEXT + digest)


def check_entry(digest: bytes, signature: bytes, *, key: bytes) -> None:
    """Raise JournalError unless `signature` is headquarters' on the chain hash of its entry."""
    _verify(key, signature, _ENTRY_CONTEXT + digest)


def sign_programme(data: bytes, key: Ed25519PrivateKey, *, shop: str, number: int) -> bytes:
    """Return headquarters' signature (64 bytes) on a programme file that is in force in `shop` from `number` on.

    Of two words by the same key the one with the higher number holds.
    """
    return key.sign(_programme_signed(data, shop, number))


def check_programme(data: bytes, signature: bytes, *, key: bytes, shop: str, number: int) -> None:
    """Raise JournalError unless `signature` is headquarters' on this programme file, for this shop and number."""
    _verify(key, signature, _programme_signed(data, shop, number))


def _programme_signed(data: bytes, shop: str, number: int) -> bytes:
    stated = {"number": number, "programme": hashlib.sha256(data).hexdigest(), "shop": shop}
    return _PROGRAMME_CONTEXT + encode(stated)


def _verify(key: bytes, signature: bytes, data: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError) as error:
        raise JournalError("the signature does not fit the key and what it is said to sign") from error
