"""What a driver answers, believed only if it is of the kind that its category promises; FailureError if it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from agent.devices.categories import (
    DATA_MAX,
    DrawerState,
    Health,
    Input,
    Paper,
    PrinterStatus,
    Sign,
)
from agent.devices.supervision.calls.verdict import shown
from agent.errors import FailureError

T = TypeVar("T")


def as_input(answer: object) -> Input:
    """Return a read whose fields are what they should be and which is no longer than a read can be."""
    found = _of(Input, answer)
    _of(bytes, found.data)
    _of(bytes, found.application)
    _of(int, found.last_byte_ns)
    size = len(found.data) + len(found.application)
    if size > DATA_MAX:
        raise FailureError(f"the driver returned {size} bytes as one read, over the limit of {DATA_MAX}")
    return found


def as_health(answer: object) -> Health:
    """Return what a health check found, in words that carry no card."""
    found = _of(Health, answer)
    return Health(ok=_of(bool, found.ok), text=shown(_of(str, found.text)))


def as_status(answer: object) -> PrinterStatus:
    """Return what a printer says of itself."""
    found = _of(PrinterStatus, answer)
    for sign in (found.online, found.cover, found.cutter):
        _of(Sign, sign)
    _of(Paper, found.paper)
    return found


def as_drawer_state(answer: object) -> DrawerState:
    """Return whether a drawer is open."""
    return _of(DrawerState, answer)


def as_bytes(answer: object) -> bytes:
    """Return an encoded slip."""
    return _of(bytes, answer)


def asking(call: Callable[[], object], kind: Callable[[object], T]) -> Callable[[], T]:
    """Return a call that makes `call` and returns its answer as `kind` believes it."""
    return lambda: kind(call())


def _of(kind: type[T], answer: object) -> T:
    if not isinstance(answer, kind):
        article = "an" if kind.__name__[0] in "AEIOUaeiou" else "a"
        raise FailureError(f"the driver returned {type(answer).__name__[:40]} in place of {article} {kind.__name__}")
    return answer
