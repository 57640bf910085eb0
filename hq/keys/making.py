"""Making keys: at the founding, at a rotation, and after a fire. The root key is read where its holder put it."""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import ConfigError, JournalError
from agent.journal.sealed import KEY_BYTES, NONCE_BYTES, seal, unseal
from agent.journal.trust import Delegation, Role
from agent.journal.wire.form import from_text, to_text
from hq.clock import now_ms
from hq.keys.files import PROFILE, ROOT_PUBLIC, SEARCH, pem, read_root, replace, write_new
from hq.keys.online import (
    KeyRow,
    delegate,
    file_of,
    fingerprint,
    next_serial,
    read_online,
    read_root_public,
    row_of,
)

_SUBJECT = "headquarters"


def make(folder: Path, *, root_file: Path) -> bytes:
    """Make every key: the online ones in `folder`, the root key in `root_file`; existing files are refused.

    Returns the keys that no later key can replace, sealed for the root key's holder: keep them with the books.
    """
    root, profile, search = Ed25519PrivateKey.generate(), X25519PrivateKey.generate(), secrets.token_bytes(KEY_BYTES)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new(root_file, pem(root))
    _write_all(folder, root, profile, search=search, serial=next_serial(now_ms=now_ms()))
    content = {"profile": to_text(profile.private_bytes_raw()), "search": to_text(search)}
    return seal(content, subject=_SUBJECT, key=_sealing_key(root), nonce=secrets.token_bytes(NONCE_BYTES))


def rotate(folder: Path, role: Role, *, root_file: Path, serial: int | None = None) -> KeyRow:
    """Put a new online key in the place of a role's, under a higher serial: what the old one signs is believed no more.

    The old key is destroyed. Raises ConfigError when `root_file` is not this headquarters' root key.
    """
    public, root = read_root_public(folder), read_root(root_file)
    if root.public_key().public_bytes_raw() != public:
        raise ConfigError(f"{str(root_file)!r} is not this headquarters' root key, {fingerprint(public)}")
    lost = not file_of(folder, role).exists()
    before = 0 if lost else Delegation.stated(read_online(folder, role, root=public).delegation).serial
    key = delegate(root, role, next_serial(now_ms=now_ms(), before=before, given=serial))
    replace(file_of(folder, role), key.pack())
    return row_of(key)


def recover(folder: Path, *, root_file: Path, sealed: bytes, serial: int | None = None) -> None:
    """Make `folder` anew after its loss: new online keys, and what `make` sealed as it was.

    Raises ConfigError when there are keys, or `root_file` does not open what was sealed.
    """
    root = read_root(root_file)
    try:
        content = unseal(sealed, subject=_SUBJECT, key=_sealing_key(root))
    except JournalError as error:
        raise ConfigError(f"{str(root_file)!r} is not the root key of the headquarters with these books") from error
    profile = X25519PrivateKey.from_private_bytes(from_text(content["profile"]))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    search = from_text(content["search"])
    _write_all(folder, root, profile, search=search, serial=next_serial(now_ms=now_ms(), given=serial))


def _write_all(folder: Path, root: Ed25519PrivateKey, profile: X25519PrivateKey, *, search: bytes, serial: int) -> None:
    write_new(folder / ROOT_PUBLIC, root.public_key().public_bytes_raw())
    write_new(folder / PROFILE, pem(profile))
    write_new(folder / SEARCH, search)
    for role in Role:
        write_new(file_of(folder, role), delegate(root, role, serial).pack())


def _sealing_key(root: Ed25519PrivateKey) -> bytes:
    """Return a key that only the root key's holder has (HKDF-SHA256, RFC 5869)."""
    hkdf = HKDF(hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"tallystick keys of headquarters 1")
    return hkdf.derive(root.private_bytes_raw())
