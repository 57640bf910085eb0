"""Slips after their sale. A copy is a slip job of its own: it says what the first one said and makes no voucher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent.errors import InvalidError, NotAllowedError, Said, UnknownError
from agent.ledger.kept.slip_queue import SlipJob, SlipQueue
from agent.ledger.ledger import Ledger

COPIES_MAX: Final = 99
_PRINTED: Final = frozenset({"confirmed", "unconfirmed"})


@dataclass(frozen=True, slots=True)
class SlipAnswer:
    """A slip as it stands: its receipt (`op`), its kind, which copy it is (0: none), and its state."""

    op: str
    kind: str
    copy: int
    state: str


def came_out(ledger: Ledger, op: str, *, whole: bool) -> SlipAnswer:
    """Take the cashier's word on a slip of which nobody knows: it came out `whole`, or it is printed again.

    Asked again, or about a slip that nobody doubts, it changes nothing.
    """
    queue = SlipQueue(ledger)
    job = next((doubt for doubt in queue.doubtful_slips() if doubt.facts.get("op") == op), None)
    if job is None:
        return _answer(op, _last(queue, op))
    queue.mark_slips({job.id: "confirmed" if whole else "again"})
    return _answer(op, queue.slip(job.id))


def copy(ledger: Ledger, op: str, *, number: int) -> SlipAnswer:
    """Print copy `number` of a slip, which is the next one; a copy that is there already is not made twice."""
    queue = SlipQueue(ledger)
    with ledger.reading():
        last = _last(queue, op)
        if not 1 <= number <= min(last.copy + 1, COPIES_MAX):
            raise InvalidError(
                f"copy is {number} but must be from 1 to {min(last.copy + 1, COPIES_MAX)}", said=Said("slip_copy")
            )
        if number <= last.copy:
            return _answer(op, last)
        if last.is_emptied:
            raise NotAllowedError(
                f"what the slip of {op!r} said is gone",
                said=Said("slip_gone"),
                hint="the journal has the sale: look it up",
            )
        if last.state == "doubtful":
            raise NotAllowedError(
                f"nobody has said whether the slip of {op!r} came out",
                said=Said("slip_unsaid"),
                hint="look, and answer first",
            )
        if last.state not in _PRINTED:
            raise NotAllowedError(
                f"the slip of {op!r} is {last.state}", said=Said("slip_under_way"), hint="look at the printer"
            )
        return _answer(op, queue.copy_slip(last))


def _last(queue: SlipQueue, op: str) -> SlipJob:
    job = queue.last_slip_of(op)
    if job is None:
        raise UnknownError(f"no slip belongs to {op!r} on this till", said=Said("no_slip"))
    return job


def _answer(op: str, job: SlipJob | None) -> SlipAnswer:
    assert job is not None
    return SlipAnswer(op, job.kind, job.copy, job.state)
