"""A disk with as much room as a test says."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.ledger.disk import ballast

BALLAST = 1024 * 1024


@contextmanager
def full_disk() -> Iterator[None]:
    """Let nothing be free beside the ballast, in here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ballast, "_free", lambda _folder: 0)
        yield
