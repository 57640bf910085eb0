"""Where fuzzing begins: every string of the published cases beside the tests, as it stands and, if hex, as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.fuzz.wires import in_pieces

TESTS: Final = Path(__file__).parents[1]
FOLDERS: Final = ("devices", "drivers")
LENGTH_MAX: Final = 4096


def seeds() -> list[bytes]:
    """Return the cases' strings, each once, bare and as an input in pieces."""
    found = {seed for path in _files() for text in _strings(json.loads(path.read_text())) for seed in _bytes_of(text)}
    return sorted(form for seed in found if 0 < len(seed) <= LENGTH_MAX for form in (seed, in_pieces([seed, b""])))


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (TESTS / folder).rglob("*.json")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _bytes_of(text: str) -> Iterator[bytes]:
    yield text.encode("latin-1", errors="ignore")
    try:
        yield bytes.fromhex(text)
    except ValueError:
        return
