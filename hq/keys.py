"""Headquarters' keys: a root key that is kept off the machine, and the online keys it speaks for.

root.key         Ed25519, signs delegations and nothing else; `tally-hq init` writes it once, to be taken away
online.key       Ed25519, signs answers, the feed and headquarters' own entries
delegation.json  the root key's word for the online key, as `agent.journal.trust.Delegation` signs it
profile.key      X25519, opens the keys of sealed profiles
search.key       32 bytes, keys the fingerprints of card numbers
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from agent.errors import ConfigError, JournalError
from agent.journal.trust import FEED_ROLE, PROGRAMME_ROLE, Delegation

_ONLINE, _DELEGATION, _ROOT_PUBLIC = "online.key", "delegation.json", "root.pub"
_PROFILE, _SEARCH = "profile.key", "search.key"
_SEARCH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys headquarters works with. `root` is the public root key (32 bytes), `delegation` its signed word."""

    root: bytes
    delegation: bytes
    online: Ed25519PrivateKey
    profile: X25519PrivateKey
    search: bytes

    def fingerprint(self, number: str, source: str) -> bytes:
        """Return what a card's number is recognised by; without the search key it says nothing."""
        return hmac.digest(self.search, f"{source}:{number}".encode(), hashlib.sha256)


def make(folder: Path, *, root_file: Path) -> None:
    """Make every key: the online ones in `folder`, the root key in `root_file`; existing files are refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    root, online = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    delegation = Delegation(online.public_key().public_bytes_raw(), (FEED_ROLE, PROGRAMME_ROLE), 1)
    _write(root_file, _pem(root))
    _write(folder / _ROOT_PUBLIC, root.public_key().public_bytes_raw())
    _write(folder / _DELEGATION, delegation.sign(root))
    _write(folder / _ONLINE, _pem(online))
    _write(folder / _PROFILE, _pem(X25519PrivateKey.generate()))
    _write(folder / _SEARCH, secrets.token_bytes(_SEARCH_BYTES))


def load(folder: Path) -> Keys:
    """Read the keys; raises ConfigError when one is missing or the delegation is not for the online key."""
    try:
        online = load_pem_private_key((folder / _ONLINE).read_bytes(), None)
        profile = load_pem_private_key((folder / _PROFILE).read_bytes(), None)
        root, signed = (folder / _ROOT_PUBLIC).read_bytes(), (folder / _DELEGATION).read_bytes()
        delegation = Delegation.check(signed, root=root)
        search = (folder / _SEARCH).read_bytes()
    except (OSError, ValueError, JournalError) as error:
        raise ConfigError(f"the keys in {str(folder)!r} cannot be used: {error}") from error
    if not isinstance(online, Ed25519PrivateKey) or not isinstance(profile, X25519PrivateKey):
        raise ConfigError(f"{_ONLINE} must be an Ed25519 key and {_PROFILE} an X25519 key")
    if delegation.key != online.public_key().public_bytes_raw():
        raise ConfigError(f"{_DELEGATION} speaks for another key than {_ONLINE}")
    return Keys(root, signed, online, profile, search)


def _pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"there is a key already at {str(path)!r}; it is never overwritten") from None
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(fd)
