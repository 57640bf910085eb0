"""Where in a TOML file each key stands: tomllib gives no positions, so the keys are scanned once more.

A path is how one gets to a value in what tomllib returns: `("earn", 1, "most", "day")`. The scanner takes a document
that tomllib has read before (TOML 1.0.0), so it checks nothing again.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.errors import ProgrammeError

Path = tuple[str | int, ...]

_NAMED = re.compile(r"'(?:\[([a-z_]+)\]|([a-z][a-z0-9-]*))'")
_TOML_AT = re.compile(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)$")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_SCALAR = re.compile(
    r'''"""(?:\\.|[^\\])*?""""{0,2}|"(?:\\.|[^"\\])*"'''
    r"""|'{3}.*?'{3,5}|'[^']*'|[^\[\]{},#\n"']+""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Positions:
    """The lines (from 1) of a document's keys, tables and elements; `raw` is what tomllib read in it."""

    raw: Mapping[str, Any]
    lines: Mapping[Path, int]

    @classmethod
    def of(cls, text: str, raw: Mapping[str, Any]) -> Positions:
        """Scan a document, of which `raw` is what tomllib read."""
        return cls(raw, _Scanner(text).scan())

    def line(self, path: Path) -> int:
        """Return the line of a path; of what is not there, that of the table it would stand in."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def line_of_refusal(self, path: Path, message: str) -> int:
        """Return the line that a refusal is about: of `path`, else of the rule or table its message names first."""
        named = _NAMED.search(message)
        if not path and named is not None:
            path = self.path_of(named[2]) if named[1] is None else (named[1],)
        return self.line(path)

    def path_of(self, rule: str) -> Path:
        """Return the path of the table that has this id, the last one of several; the whole document if none has."""
        found: Path = ()
        for name, rows in self.raw.items():
            for number, row in enumerate(rows if isinstance(rows, list) else ()):
                if isinstance(row, dict) and row.get("id") == rule:
                    found = (name, number)
        return found


class _Scanner:
    """A cursor over a valid document. It notes the line of everything that has a path."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}  # of the tables of each array of tables

    def scan(self) -> dict[Path, int]:
        base: Path = ()
        while self._between() < len(self._text):
            if self._take("[["):
                base = self._header(array=True)
            elif self._take("["):
                base = self._header(array=False)
            else:
                self._pair(base)
        return self._lines

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        assert match is not None, f"not TOML at character {self._at}"
        self._at = match.end()
        return match[0]

    def _between(self) -> int:
        self._skip(_BETWEEN)
        return self._at

    def _take(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._at)
        self._at += len(mark) * found
        return found

    def _note(self, path: Path, at: int) -> Path:
        self._lines.setdefault(path, bisect_left(self._ends, at) + 1)
        return path

    def _header(self, *, array: bool) -> Path:
        """Read `a.b]` or `a.b]]`: a name on the way that is an array of tables means its last table."""
        start = self._at
        path: Path = ()
        *way, last = self._keys()
        for key in way:
            path = self._note((*path, key), start)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        path = self._note((*path, last), start)
        if array:
            number = self._counts[path] = self._counts.get(path, 0) + 1
            path = self._note((*path, number - 1), start)
        self._take("]]" if array else "]")
        return path

    def _keys(self) -> Iterator[str]:
        """Read a key, of several parts if it is dotted."""
        while True:
            self._skip(_BLANK)
            raw = self._skip(_KEY)
            yield _said(raw) if raw[0] in "\"'" else raw
            self._skip(_BLANK)
            if not self._take("."):
                return

    def _pair(self, base: Path) -> None:
        self._value(self._key_of(base))

    def _key_of(self, base: Path) -> Path:
        """Read a key and what separates it from its value."""
        start = self._at
        for key in self._keys():
            base = self._note((*base, key), start)
        self._take("=")
        self._skip(_BLANK)
        return base

    def _value(self, path: Path) -> None:
        """Pass over a value, noting what is in it. It may be nested deeper than functions may call each other."""
        inside: list[tuple[Path, int | None]] = []  # arrays with the number of their next value, and inline tables
        while True:
            if self._take("["):
                inside.append((path, 0))
            elif self._take("{"):
                inside.append((path, None))
            else:
                self._skip(_SCALAR)
            following = self._next(inside)
            if following is None:
                return
            path = following

    def _next(self, inside: list[tuple[Path, int | None]]) -> Path | None:
        """Close what ends here and return the path of the next value inside; None if the whole value is over."""
        while inside:
            self._between()
            self._take(",")
            self._between()
            if self._take("]") or self._take("}"):
                inside.pop()
                continue
            path, number = inside[-1]
            if number is None:
                return self._key_of(path)
            inside[-1] = (path, number + 1)
            return self._note((*path, number), self._at)
        return None


def _said(raw: str) -> str:
    """Return what a quoted key says: tomllib knows the escapes."""
    (key,) = tomllib.loads(f"{raw} = 0")
    return key


def read_toml(data: bytes) -> tuple[str, dict[str, Any]]:
    """Return a document as text and as tomllib reads it; raises ProgrammeError with the line of what is wrong."""
    try:
        text = data.decode()
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise ProgrammeError(
            "the programme is not valid TOML: it is not UTF-8", line=data.count(b"\n", 0, error.start) + 1
        ) from None
    except (ValueError, RecursionError) as error:  # not TOML, an endless number, nested without end
        at = _TOML_AT.search(str(error))
        line = None if at is None else int(at[1] or data.count(b"\n") + 1)
        said = _TOML_AT.sub("", str(error))
        raise ProgrammeError(f"the programme is not valid TOML: {said}", line=line) from error
