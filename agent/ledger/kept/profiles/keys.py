"""The keys' file: what profiles are sealed with and what they are found by.

Keys live in a file of their own beside the ledger, so that a backup of the ledger is unreadable without them and a
member is forgotten by destroying one row. A token is a keyed hash (HMAC-SHA-256): who has the ledger but not the keys
can neither read a name nor test a guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import LedgerDamagedError, LedgerDownError, LedgerError
from agent.journal.sealed import KEY_BYTES, NONCE_BYTES, digest, seal, unseal
from agent.ledger.disk.settling import settle, settle_wal
from agent.ledger.disk.trouble import trouble_of
from agent.ledger.kept.profiles.forms import forms_of
from agent.ledger.kept.profiles.names import Form
from agent.ledger.selfcheck.place import sync_folder

_TOKEN_BYTES = 16
_NAME_TOKEN_BYTES = 8  # there are many of a name, and whom they lead to is looked at by a person
_NAME_FORMS = frozenset(Form)
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
        self._path = path
        self._read_only = read_only
        self._lock = threading.RLock()
        self._closed = False
        self._conn: sqlite3.Connection | None = None
        try:
            if not read_only:
                settle(path)
            lookup = self.get(_LOOKUP) if read_only else self.get_or_make(_LOOKUP)
        except OSError as error:
            raise trouble_of(f"keys {path.name!r}", error) from error
        except LedgerError:
            self.close()
            raise
        if lookup is None:
            self.close()
            raise LedgerDamagedError(f"keys {path.name!r} holds no lookup key")
        self._lookup = lookup

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self._leave()

    def _leave(self) -> None:
        """Leave a connection: the next use takes a new one."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _connected(self) -> sqlite3.Connection:
        """Return the connection; after an error of the disk a new one, which sees only what is durable."""
        if self._closed:
            raise LedgerError(f"keys {self._path.name!r} are closed")
        if self._conn is None:
            if not self._read_only:
                settle_wal(self._path)
            self._conn = _connect(self._path, read_only=self._read_only)
            if not self._read_only:
                sync_folder(self._path.parent)  # SQLite syncs its WAL's name without asking how that went
        return self._conn

    def get(self, account: str) -> bytes | None:
        """Return an account's key, or None if it never had one or it was destroyed; raises LedgerError."""
        with self._lock:
            try:
                row = self._connected().execute("SELECT key FROM key WHERE account = ?", (account,)).fetchone()
            except (sqlite3.DatabaseError, OSError) as error:
                self._leave()
                raise trouble_of(f"keys {self._path.name!r}", error) from error
        return None if row is None else bytes(row[0])

    def adopt(self, keys: Mapping[str, bytes]) -> None:
        """Keep the keys of accounts that have none here, in one commit; raises LedgerError if the disk refuses."""
        with self._lock:
            missing = [(account, key) for account, key in keys.items() if self.get(account) is None]
            self._write("INSERT INTO key VALUES (?, ?)", missing)

    def destroy(self, accounts: Iterable[str]) -> None:
        """Destroy the keys of accounts, in one commit; raises LedgerError if the disk refuses."""
        with self._lock:
            self._write("DELETE FROM key WHERE account = ?", [(account,) for account in accounts])

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        try:
            conn = self._connected()
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany(statement, rows)
            conn.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._leave()  # whether it was written is unknown: the next look sees what is durable
            raise LedgerDownError(f"the disk refused a change of {len(rows)} keys: {error}") from error

    def wipe(self) -> bool:
        """Write the file anew without anything that was destroyed; False if somebody is reading it now: try again.

        A page of SQLite may keep a copy of a row that moved to another page, whatever `secure_delete` says; VACUUM
        leaves none.
        """
        with self._lock:
            try:
                conn = self._connected()
                conn.execute("PRAGMA busy_timeout = 0")
                conn.execute("VACUUM")
                busy = bool(conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
                conn.execute("PRAGMA busy_timeout = 5000")
            except (sqlite3.Error, OSError) as error:
                self._leave()
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                    return False
                raise LedgerDownError(f"the disk refused to write keys {self._path.name!r} anew: {error}") from error
        return not busy

    def get_or_make(self, account: str) -> bytes:
        """Return the account's key, made now if it has none."""
        with self._lock:  # two threads may be here: the first key made stays, or a profile sealed with it is lost
            key = self.get(account)
            if key is None:
                key = secrets.token_bytes(KEY_BYTES)
                self.adopt({account: key})
            return key

    def file_key(self, name: str) -> bytes:
        """Return the key (32 bytes) that a file of this till is sealed with; it needs no disk."""
        return hmac.digest(self._lookup, f"file:{name}".encode(), hashlib.sha256)

    def token(self, kind: str, form: str) -> bytes:
        """Return what a form of a card, phone number, e-mail address or name is found by on this till."""
        size = _NAME_TOKEN_BYTES if kind in _NAME_FORMS else _TOKEN_BYTES
        return hmac.digest(self._lookup, f"{kind}:{form}".encode(), hashlib.sha256)[:size]

    def seal(self, profile: Mapping[str, Any], *, subject: str, account: str) -> NewProfile:
        """Seal a profile of `subject` under the key of `account`, with the tokens it will be found by."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = seal(profile, subject=subject, key=self.get_or_make(account), nonce=nonce)
        return NewProfile(subject, account, sealed, self.tokens(profile))

    def unseal(self, sealed: bytes, *, subject: str, account: str) -> dict[str, Any] | None:
        """Return the profile, or None if there is nothing in it or the account's key is gone."""
        key = self.get(account) if sealed else None
        return None if key is None else unseal(sealed, subject=subject, key=key)

    def tokens(self, profile: Mapping[str, Any]) -> tuple[bytes, ...]:
        """Return every token a profile is found by."""
        return tuple(self.token(kind, form) for kind, form in forms_of(profile))


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    conn = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    if read_only:
        return conn
    try:
        path.chmod(0o600)
        for statement in _PREPARE:
            conn.execute(statement)
    except BaseException:
        conn.close()
        raise
    return conn
