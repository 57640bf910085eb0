"""What the doctor says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether all is well, what was seen, and the next action if not."""

    check: str
    ok: bool
    text: str
    hint: str = ""
