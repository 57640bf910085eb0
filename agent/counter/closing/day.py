"""The till's day: the use cases of its reports, its games and its cash drawer, each whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from agent.counter.answers import EntryRef
from agent.counter.bench import Bench
from agent.counter.closing import reporting
from agent.counter.closing.drawers import Opening, record_opening
from agent.counter.closing.reporting import ClosureAnswer, ClosureAsk
from agent.counter.drawing import close_day
from agent.ledger.ledger import Ledger


class TillDay:
    """What a counter does about the day as a whole. Every method may be called from any thread.

    `bench` gives what a use case works on, under the ledger's lock; `ledger` the ledger that everything goes into now;
    `recorded` is called after something was recorded.
    """

    def __init__(
        self,
        bench: Callable[[], AbstractContextManager[Bench]],
        *,
        ledger: Callable[[], Ledger],
        recorded: Callable[[], None],
    ) -> None:
        self._bench = bench
        self._ledger = ledger
        self._recorded = recorded

    def close(self, ask: ClosureAsk, *, by: str) -> ClosureAnswer:
        """Make an X or a Z report; selling goes on while the entries since the last Z are counted."""
        with self._bench() as bench:
            count = reporting.Count(bench.ledger)
        count.go_on()
        with self._bench() as bench:
            answer = reporting.close(bench, ask, count, by=by)
        self._recorded()
        return answer

    def last_closure(self, number: int | None = None) -> ClosureAnswer:
        """Return the last Z report, or the one of a number; raises UnknownError if there is none."""
        return reporting.last_z(self._ledger(), number)

    def close_games(self, *, by: str) -> EntryRef | None:
        """Show the seed of the games' day, so that anybody can check its draws; None if nothing was drawn."""
        with self._bench() as bench:
            closed = close_day(bench, by=by)
        if closed is None:
            return None
        self._recorded()
        return EntryRef.of(closed)

    def drawer_opened(self, opening: Opening, *, by: str) -> EntryRef:
        """Record that the cash drawer was opened; a till without a programme does so too."""
        recorded = record_opening(self._ledger(), opening, by=by)
        self._recorded()
        return EntryRef.of(recorded)
