"""What would be done anew for every seed, and is done once: a process runs thousands of seeds.

Nothing here changes what happens in a simulation: a programme is what its bytes say, and an engine of SQLAlchemy that
was disposed of has no connections, but knows how each statement is written.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from agent.ledger.kept import programmes
from agent.loyalty.programme import load
from hq.books import settling
from hq.database import sqlite

_engine = functools.cache(sqlite._engine)
_load = functools.lru_cache(maxsize=16)(load)


@contextmanager
def thrifty() -> Iterator[None]:
    """Keep engines and programmes from one seed of this process to the next; look for garbage between seeds only."""
    gc.collect(1)
    gc.disable()
    try:
        with (
            mock.patch.object(sqlite, "_engine", _engine),
            mock.patch.object(programmes, "load", _load),
            mock.patch.object(settling, "load", _load),
        ):
            yield
    finally:
        gc.enable()
