"""What a cashier looks up for a customer: pages of the shop's policies, notes on articles.

A TOML file that IT or headquarters' people edit; config/policies.toml shows it. It is read again when it has changed:
nobody restarts a till for a new returns policy.
"""

from __future__ import annotations

import logging
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.errors import ConfigError

_BYTES_MAX = 1024 * 1024
_TITLE_MAX = 60
_TEXT_MAX = 4000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: a title, and paragraphs."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Policies:
    """The shop's pages, and what to know of an article (by the name it is sold under)."""

    pages: tuple[Page, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)


class PolicyFile:
    """The file, which may change while the agent runs; a version that cannot be used leaves the last good one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._last = Policies()

    def read(self) -> Policies:
        """Return what the file says now; nothing if till.toml names none."""
        if self._path is None:
            return self._last
        try:
            known = self._path.stat()
            if (known.st_mtime_ns, known.st_size) != self._seen:
                self._last = read_policies(self._path)
                self._seen = (known.st_mtime_ns, known.st_size)
        except (OSError, ConfigError) as error:
            log.warning("policies=%s are as they were: %s", self._path, error)
        return self._last


def read_policies(path: Path) -> Policies:
    """Read a file of policies; raises ConfigError naming what is wrong in it."""
    try:
        data = path.read_bytes()
        raw = tomllib.loads(data.decode()) if len(data) <= _BYTES_MAX else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"policies {path.name!r} cannot be read: {error}") from error
    if len(data) > _BYTES_MAX:
        raise ConfigError(f"policies {path.name!r} has {len(data)} bytes, at most {_BYTES_MAX} are allowed")
    for key in raw:
        if key not in {"page", "notes"}:
            raise ConfigError(f"{path.name}: unknown key {key!r}; known are [[page]] and [notes]")
    pages, notes = raw.get("page", []), raw.get("notes", {})
    if not isinstance(pages, list) or not isinstance(notes, dict):
        raise ConfigError(f"{path.name}: pages stand under [[page]], notes under [notes]")
    told = {article: _text(note, f"{path.name}: [notes] {article}", _TEXT_MAX) for article, note in notes.items()}
    return Policies(tuple(_page(page, path.name) for page in pages), told)


def _page(value: Any, name: str) -> Page:
    if not isinstance(value, dict) or set(value) != {"title", "text"}:
        raise ConfigError(f"{name}: a [[page]] has a title and a text, and nothing else")
    where = f"{name}: [[page]]"
    return Page(_text(value["title"], f"{where} title", _TITLE_MAX), _text(value["text"], f"{where} text", _TEXT_MAX))


def _text(value: Any, where: str, most: int) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= most:
        raise ConfigError(f"{where} must be a text of 1 to {most} characters")
    return value.strip()
