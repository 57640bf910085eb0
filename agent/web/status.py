"""The board that the rooms' state is shown on, so that web and the other rooms need not know each other."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agent.errors import TallyError


class StatusBoard:
    """Named sections, each read at the moment somebody asks. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sections: dict[str, Callable[[], object]] = {}

    def show(self, section: str, read: Callable[[], object]) -> None:
        """Show under `section` what `read` returns: JSON values, fresh at every call, from any thread."""
        with self._lock:
            self._sections[section] = read

    def read(self) -> dict[str, object]:
        """Return every section; one that cannot be read says why and hides none of the others."""
        with self._lock:
            sections = dict(self._sections)
        return {section: _read(read) for section, read in sections.items()}


def _read(read: Callable[[], object]) -> object:
    try:
        return read()
    except TallyError as error:
        return {"error": {"code": error.code, "message": str(error), "hint": error.hint}}
