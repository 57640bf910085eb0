"""The published cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load(name: str) -> Any:
    """Return the cases of a file beside this one."""
    return json.loads((Path(__file__).parent / name).read_text())
