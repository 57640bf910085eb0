"""`sync_growth`: what sending costs when headquarters holds much already."""

from __future__ import annotations

from pathlib import Path

from rows.line.backlog import Backlog
from rows.row import Row, paired

HELD = (10_000, 100_000, 1_000_000)
PAIRS = 5


def sync_growth(folder: Path) -> list[Row]:
    """Entries a second at the most entries that headquarters holds, against the fewest; each size in turn."""
    backlog = Backlog(folder / "growth")
    few, some, many = (backlog.holding(held) for held in HELD)

    def sent_to(file: Path) -> float:
        return backlog.send(folder / "growing", to=file).per_s

    return [
        paired("sync_growth_1e5", "entries/s", lambda _: sent_to(some), lambda _: sent_to(few), pairs=PAIRS),
        paired("sync_growth", "entries/s", lambda _: sent_to(many), lambda _: sent_to(few), pairs=PAIRS),
    ]
