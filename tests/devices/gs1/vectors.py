"""The published cases beside these tests; each file names its source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def cases(file: str, key: str) -> list[dict[str, Any]]:
    """Return the cases that stand under `key` of `file`."""
    found: list[dict[str, Any]] = json.loads((Path(__file__).parent / file).read_text())[key]
    return found
