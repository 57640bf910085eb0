"""What is kept aside while the ledger can take nothing: lines of a file, each durable before anybody is told.

A line is the sealed content, why it could not be entered ("-" as long as nobody tried) and the op it is to be entered
under. The key comes of the keys' file, which is in memory by then, so a ledger that cannot be read is no hindrance.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import JournalError, NotKeptError, OpConflictError
from agent.journal.sealed import NONCE_BYTES, seal, unseal
from agent.ledger.selfcheck.place import sync_folder

ASIDE_FILE = "aside"  # beside the ledger
ASIDE_BYTES_MAX = 4 * 1024 * 1024  # some hundreds of long sales; a fraction of the ballast, in whose room they stand
_UNTRIED = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands: `refused` is the code of what it was refused with, None if nobody tried to enter it."""

    sealed: str
    refused: str | None
    op: str

    def to_bytes(self) -> bytes:
        """Return the line with its end."""
        return f"{self.sealed} {self.refused or _UNTRIED} {self.op}\n".encode()


class Aside:
    """The file of what is kept aside. Every method may be called from any thread."""

    def __init__(self, path: Path, *, key: bytes, bytes_max: int = ASIDE_BYTES_MAX) -> None:
        self._path = path
        self._key = key
        self._bytes_max = bytes_max
        self._lock = threading.Lock()

    def put(self, op: str, content: Mapping[str, Any]) -> None:
        """Keep `content` under `op`, durably; the same again changes nothing.

        Raises OpConflictError for other content under an op that is there, NotKeptError if the disk takes nothing.
        """
        with self._lock:
            for line in lines_of(self._path):
                if line.op == op:
                    if self._opened(line) != content:
                        raise OpConflictError(f"op {op!r} is kept aside for something else")
                    return
            sealed = seal(content, subject=op, key=self._key, nonce=secrets.token_bytes(NONCE_BYTES))
            self._append(Line(b64encode(sealed).decode(), None, op).to_bytes())

    def waiting(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return (op, content) of everything that is kept, the oldest first; what does not open is left alone."""
        with self._lock:
            opened = [(line.op, self._opened(line)) for line in lines_of(self._path)]
        return [(op, content) for op, content in opened if content is not None]

    def untried(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return (op, content) of what nobody tried to enter yet, the oldest first."""
        refused = {line.op for line in lines_of(self._path) if line.refused is not None}
        return [(op, content) for op, content in self.waiting() if op not in refused]

    def unreadable(self) -> list[str]:
        """Return the ops of what does not open: the till's keys are others since."""
        with self._lock:
            return [line.op for line in lines_of(self._path) if self._opened(line) is None]

    def settle(self, outcomes: Mapping[str, str | None]) -> None:
        """Drop the ops that were entered (None) and note of the others what they were refused with; raises OSError."""
        with self._lock:
            lines = lines_of(self._path)
            left = [Line(ln.sealed, outcomes.get(ln.op, ln.refused), ln.op) for ln in lines if not _done(ln, outcomes)]
            if left == lines:
                return
            if left:
                _replace(self._path, b"".join(line.to_bytes() for line in left))
            else:
                self._path.unlink()
            sync_folder(self._path.parent)

    def _opened(self, line: Line) -> Mapping[str, Any] | None:
        try:
            return unseal(b64decode(line.sealed), subject=line.op, key=self._key)
        except (JournalError, ValueError):
            return None

    def _append(self, line: bytes) -> None:
        try:
            opened = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NotKeptError(f"nothing can be kept aside: {error.strerror}") from error
        try:
            self._append_to(opened, line)
        finally:
            os.close(opened)

    def _append_to(self, opened: int, line: bytes) -> None:
        size = os.fstat(opened).st_size
        if size + len(line) > self._bytes_max:
            raise NotKeptError(f"{self._bytes_max} bytes of sales are kept aside already")
        torn = size > 0 and os.pread(opened, 1, size - 1) != b"\n"
        whole = b"\n" + line if torn else line
        try:
            if os.write(opened, whole) != len(whole):
                raise NotKeptError("there is no room to keep anything aside")
            os.fsync(opened)
            sync_folder(self._path.parent)
        except (OSError, NotKeptError) as error:
            with contextlib.suppress(OSError):  # a line that stays is entered, too: its op counts once
                os.ftruncate(opened, size)
            raise NotKeptError(f"nothing can be kept aside: {error}") from error


def lines_of(path: Path) -> list[Line]:
    """Read the lines without the key; one that a power cut tore was never acknowledged and is left out."""
    if not path.exists():
        return []
    found = [text.decode("ascii", "replace").split(" ", 2) for text in path.read_bytes().split(b"\n")[:-1]]
    return [Line(part[0], None if part[1] == _UNTRIED else part[1], part[2]) for part in found if len(part) == 3]


def _done(line: Line, outcomes: Mapping[str, str | None]) -> bool:
    return line.op in outcomes and outcomes[line.op] is None


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(path.name + ".new")
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(opened, "wb", closefd=False) as file:
            file.write(data)
        os.fsync(opened)
    finally:
        os.close(opened)
    beside.replace(path)
