"""The keys a serving headquarters holds.

root.pub         the public root key; the private one is kept off the machine
feed.key         Ed25519, signs answers, the feed and headquarters' own entries
programme.key    Ed25519, signs programme files
release.key      Ed25519, signs releases of the software; not needed to serve
profile.key      X25519, opens the keys of sealed profiles
search.key       32 bytes, keys the fingerprints of card numbers
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.errors import ConfigError
from agent.journal.trust import Role
from hq.keys.files import PROFILE, SEARCH
from hq.keys.online import OnlineKey, read_online, read_root_public


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys headquarters works with. `root` is the public root key (32 bytes)."""

    root: bytes
    feed: OnlineKey
    programme: OnlineKey
    profile: X25519PrivateKey
    search: bytes

    def fingerprint(self, number: str, source: str) -> bytes:
        """Return what a card's number is recognised by; without the search key it says nothing."""
        return hmac.digest(self.search, f"{source}:{number}".encode(), hashlib.sha256)


def load(folder: Path) -> Keys:
    """Read the keys; raises ConfigError when one is missing or the root key does not speak for it."""
    root = read_root_public(folder)
    feed, programme = (read_online(folder, role, root=root) for role in (Role.FEED, Role.PROGRAMME))
    try:
        profile = load_pem_private_key((folder / PROFILE).read_bytes(), None)
        search = (folder / SEARCH).read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigError(f"the keys in {str(folder)!r} cannot be used: {error}") from error
    if not isinstance(profile, X25519PrivateKey):
        raise ConfigError(f"{PROFILE} must be an X25519 key")
    return Keys(root, feed, programme, profile, search)
