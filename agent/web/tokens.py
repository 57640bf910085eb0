"""Who may use the local API: named tokens, each with a scope.

Only SHA-256 sums are kept: 256 random bits need no slow hash. The one-time codes that let a screen in, and the sessions
they turn into, stand in the same file, so that a session outlives the agent and ends with its token. Agent and command
line both write it; a change counts from the next request on.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agent.errors import InvalidError, NotAllowedError, UnknownError
from agent.web.token_file import Book, Code, HeldToken, Scope, Session, TokenFile

__all__ = ["CODE_S", "SESSIONS_MAX", "Scope", "Token", "Tokens"]

CODE_S = 60  # how long a one-time code lets somebody in
SESSIONS_MAX = 8  # browsers that may be in on one token; the oldest goes first

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_SECRET_BYTES = 32
_Row = TypeVar("_Row", HeldToken, Code, Session)


@dataclass(frozen=True, slots=True)
class Token:
    """A token's name, which stands in the entries it causes, and its scope."""

    name: str
    scope: Scope


class Tokens:
    """The tokens of one till. Every method may be called from any thread, and beside another process."""

    def __init__(self, path: Path, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._file = TokenFile(path)
        self._mono_ns = mono_ns

    def add(self, scope: Scope, name: str) -> str:
        """Make a token and return its secret, which is kept nowhere.

        Raises InvalidError for a name that cannot be and NotAllowedError for one that is taken.
        """
        if not _NAME.fullmatch(name):
            raise InvalidError(
                f"token name {name[:40]!r} must be 1 to 32 letters, digits, - or _",
                hint="name the place or the program, never a person: the name stands in every entry",
            )
        with self._file.changing() as book:
            if _named(book, name):
                raise NotAllowedError(
                    f"there is a token {name!r} already", hint="revoke it first, or take another name"
                )
            secret = _new_secret()
            book.tokens.append(HeldToken(name, scope, _digest(secret)))
        return secret

    def replace(self, scope: Scope, name: str) -> str:
        """Make a token in place of the one with this name, if there is one; its sessions end."""
        if any(token.name == name for token in self.all()):
            self.revoke(name)
        return self.add(scope, name)

    def revoke(self, name: str) -> None:
        """Take a token back, with its codes and sessions; raises UnknownError."""
        with self._file.changing() as book:
            _require(book, name)
            book.tokens[:] = [row for row in book.tokens if row.name != name]
            book.codes[:] = [row for row in book.codes if row.name != name]
            book.sessions[:] = [row for row in book.sessions if row.name != name]

    def all(self) -> tuple[Token, ...]:
        """Return every token, in the order they were made."""
        return tuple(Token(row.name, row.scope) for row in self._file.read().tokens)

    def check(self, secret: str) -> Token | None:
        """Return whose secret this is, or None."""
        row = _matching(self._file.read().tokens, secret)
        return None if row is None else Token(row.name, row.scope)

    def one_time_code(self, name: str) -> str:
        """Return a code that lets one browser in, once, within CODE_S seconds, on a token of a page's scope.

        Raises UnknownError when there is no such token and NotAllowedError when it is of another scope.
        """
        code = _new_secret()
        with self._file.changing() as book:
            held = _require(book, name)
            if held.scope not in {Scope.SCREEN, Scope.DISPLAY}:
                raise NotAllowedError(f"token {name!r} is of scope {held.scope}: only a page is let in by a code")
            book.codes[:] = [row for row in book.codes if self._is_open(row)]
            book.codes.append(Code(name, _digest(code), self._now_ms() + CODE_S * 1000))
        return code

    def enter(self, code: str) -> str | None:
        """Turn a one-time code into a session and return its secret, or None if the code is used up or too old."""
        if _matching(self._file.read().codes, code) is None:
            return None
        with self._file.changing() as book:
            row = _matching(book.codes, code)
            if row is None:
                return None
            book.codes.remove(row)
            if not self._is_open(row):
                return None
            secret = _new_secret()
            book.sessions.append(Session(row.name, _digest(secret)))
            for old in [session for session in book.sessions if session.name == row.name][:-SESSIONS_MAX]:
                book.sessions.remove(old)
        return secret

    def check_session(self, secret: str) -> Token | None:
        """Return on whose token this session came in, or None."""
        book = self._file.read()
        row = _matching(book.sessions, secret)
        held = None if row is None else _named(book, row.name)
        return None if held is None else Token(held.name, held.scope)

    def _now_ms(self) -> int:
        return self._mono_ns() // 1_000_000

    def _is_open(self, code: Code) -> bool:
        """The boot clock cannot be set back; after a restart of the PC an old code lies too far ahead of it."""
        return 0 < code.until_ms - self._now_ms() <= CODE_S * 1000


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _matching(rows: Sequence[_Row], secret: str) -> _Row | None:
    """Look at every row, whichever matches, so that the time says nothing."""
    digest = _digest(secret)
    found = None
    for row in rows:
        if hmac.compare_digest(row.sha256, digest):
            found = row
    return found


def _named(book: Book, name: str) -> HeldToken | None:
    return next((row for row in book.tokens if row.name == name), None)


def _require(book: Book, name: str) -> HeldToken:
    held = _named(book, name)
    if held is None:
        raise UnknownError(f"there is no token {name[:40]!r}", hint="`tally token list` shows them")
    return held
