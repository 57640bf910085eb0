"""The tokens' file: SHA-256 sums of secrets, written whole under a lock, read again when it was replaced."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from agent.errors import ConfigError


class Scope(StrEnum):
    """What a token may do."""

    POS = "pos"  # point-of-sale software: members, sales, redemptions, refunds
    SCREEN = "screen"  # the cashier's page: the same, and entering by a one-time URL
    DISPLAY = "display"  # the customer's display: looks, touches nothing
    SUPERVISOR = "supervisor"  # everything


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token; `sha256` is of its secret, in hex."""

    name: str
    scope: Scope
    sha256: str


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code for the token `name`, good until the boot clock (monotone, ms) says `until_ms`."""

    name: str
    sha256: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that came in by a code of the token `name`."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Book:
    """What the file holds, each list in the order things were made."""

    tokens: list[HeldToken] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    @classmethod
    def from_json(cls, value: dict[str, list[dict[str, Any]]]) -> Book:
        """Read a book; raises KeyError, TypeError or ValueError for another shape."""
        return cls(
            [HeldToken(row["name"], Scope(row["scope"]), row["sha256"]) for row in value["tokens"]],
            [Code(**row) for row in value["codes"]],
            [Session(**row) for row in value["sessions"]],
        )


class TokenFile:
    """The file at `path`, readable by its owner only. Safe from any thread and beside another process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._cached: tuple[tuple[int, int, int], Book] | None = None

    def read(self) -> Book:
        """Return what the file says now; nobody changes it. Raises ConfigError when it is not ours."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return Book()
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        with self._lock:
            if self._cached is None or self._cached[0] != seen:
                self._cached = (seen, self._load())
            return self._cached[1]

    @contextmanager
    def changing(self) -> Iterator[Book]:
        """Give the content to change; it is written whole, or not at all if the change fails."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            book = self._load() if self._path.exists() else Book()
            yield book
            self._write(book)
        finally:
            os.close(lock)

    def _load(self) -> Book:
        try:
            return Book.from_json(orjson.loads(self._path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            hint = "remove the file and make new tokens: `tally token add`"
            raise ConfigError(f"{self._path.name} cannot be used: {type(error).__name__}", hint=hint) from None

    def _write(self, book: Book) -> None:
        new = self._path.with_name(self._path.name + ".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps(asdict(book)))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
