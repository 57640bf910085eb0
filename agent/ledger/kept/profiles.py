"""Personal data on the till: sealed profiles, the keys they open with, and the tokens they are found by.

Keys live in a file of their own beside the ledger, so that a backup of the ledger is unreadable without them and a
member is forgotten by destroying one row. A token is a keyed hash (HMAC-SHA-256, first 16 bytes): who has the ledger
but not the keys can neither read a name nor test a guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import LedgerDamagedError, LedgerError
from agent.journal.sealed import KEY_BYTES, NONCE_BYTES, digest, seal, unseal

PHONE_DIGITS = 9  # what national and international ways of writing one number have in common
_TOKEN_BYTES = 16
_LOOKUP = "lookup"  # the row of the key that tokens are made with; no account is named so


_PREPARE = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "CREATE TABLE IF NOT EXISTS key (account TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT",
)


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A sealed profile that an entry is about to name, and the tokens it will be found by."""

    subject: str
    account: str
    sealed: bytes
    tokens: tuple[bytes, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of the ciphertext in hex, as the entry carries it."""
        return digest(self.sealed)


class Keys:
    """The keys' file: a key per account and the key of the search tokens. A write is durable before it returns."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        mode = "ro" if read_only else "rwc"
        self._lock = threading.RLock()
        self._conn = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            if not read_only:
                path.chmod(0o600)
                for statement in _PREPARE:
                    self._conn.execute(statement)
            lookup = self.get(_LOOKUP) if read_only else self.get_or_make(_LOOKUP)
        except sqlite3.DatabaseError as error:
            self._conn.close()
            raise LedgerDamagedError(f"keys {path.name!r} cannot be read: {error}") from error
        if lookup is None:
            self._conn.close()
            raise LedgerDamagedError(f"keys {path.name!r} holds no lookup key")
        self._lookup = lookup

    def close(self) -> None:
        """Close the file."""
        self._conn.close()

    def get(self, account: str) -> bytes | None:
        """Return an account's key, or None if it never had one or it was destroyed."""
        row = self._conn.execute("SELECT key FROM key WHERE account = ?", (account,)).fetchone()
        return None if row is None else bytes(row[0])

    def adopt(self, keys: Mapping[str, bytes]) -> None:
        """Keep the keys of accounts that have none here, in one commit; raises LedgerError if the disk refuses."""
        with self._lock:
            missing = [(account, key) for account, key in keys.items() if self.get(account) is None]
            if not missing:
                return
            try:
                self._conn.execute("BEGIN IMMEDIATE")
                self._conn.executemany("INSERT INTO key VALUES (?, ?)", missing)
                self._conn.execute("COMMIT")
            except sqlite3.Error as error:
                if self._conn.in_transaction:
                    self._conn.execute("ROLLBACK")
                raise LedgerError(f"the disk refused {len(missing)} new keys: {error}") from error

    def get_or_make(self, account: str) -> bytes:
        """Return the account's key, made now if it has none."""
        with self._lock:  # two threads may be here: the first key made stays, or a profile sealed with it is lost
            key = self.get(account)
            if key is None:
                key = secrets.token_bytes(KEY_BYTES)
                self.adopt({account: key})
            return key

    def token(self, kind: str, value: str) -> bytes:
        """Return what a card, phone or name token is found by on this till."""
        return hmac.digest(self._lookup, f"{kind}:{value}".encode(), hashlib.sha256)[:_TOKEN_BYTES]

    def seal(self, profile: Mapping[str, Any], *, subject: str, account: str) -> NewProfile:
        """Seal a profile of `subject` under the key of `account`, with the tokens it will be found by."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = seal(profile, subject=subject, key=self.get_or_make(account), nonce=nonce)
        return NewProfile(subject, account, sealed, self.tokens(profile))

    def unseal(self, sealed: bytes, *, subject: str, account: str) -> dict[str, Any] | None:
        """Return the profile, or None if the account's key is gone."""
        key = self.get(account)
        return None if key is None else unseal(sealed, subject=subject, key=key)

    def tokens(self, profile: Mapping[str, Any]) -> tuple[bytes, ...]:
        """Return every token a profile is found by."""
        found = [self.token("name", part) for part in name_parts(profile.get("name") or "")]
        if phone_digits(str(profile.get("phone") or "")):
            found.append(self.token("phone", phone_digits(str(profile["phone"]))))
        if profile.get("number"):
            found.append(self.token(str(profile["source"]), str(profile["number"])))
        return tuple(found)


def put_profile(conn: sqlite3.Connection, profile: NewProfile) -> None:
    """Write a profile and its search rows, in place of what the subject had before."""
    conn.execute(
        "INSERT OR REPLACE INTO profile (subject, account, sealed) VALUES (?, ?, ?)",
        (profile.subject, profile.account, profile.sealed),
    )
    conn.execute("DELETE FROM search WHERE subject = ?", (profile.subject,))
    conn.executemany(
        "INSERT OR REPLACE INTO search (token, subject, account) VALUES (?, ?, ?)",
        [(token, profile.subject, profile.account) for token in profile.tokens],
    )


def phone_digits(phone: str) -> str:
    """Return the digits of a phone number that do not depend on how its country is written."""
    return "".join(c for c in phone if c.isdigit())[-PHONE_DIGITS:]


def name_parts(name: str) -> Iterable[str]:
    """Return the words of a name without case and accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    return sorted(set("".join(c if c.isalnum() else " " for c in plain).split()))
