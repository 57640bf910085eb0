"""The hearing: the use cases of a complaint, each whole, each safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from agent.counter.bench import Bench
from agent.counter.complaints import claiming, goodwill, looking, moving
from agent.counter.complaints.claiming import ClaimAsk
from agent.counter.complaints.goodwill import GoodwillAnswer, GoodwillAsk
from agent.counter.complaints.looking import FindSaleAsk, Past, Seen
from agent.counter.complaints.moving import MoveAnswer, MoveAsk
from agent.counter.giving_back.refunding import Behind
from agent.journal.codes import SaleCode
from agent.journal.wire.asking import SaleTold
from agent.ledger.ledger import Ledger


class Hearing:
    """What a counter does about complaints. Every method may be called from any thread; only a claim waits for the
    network.

    `bench` gives what a use case works on, under the ledger's lock; `ledger` the ledger that everything goes into now;
    `behind` is what a sale is taken back with, `elsewhere` asks headquarters for a sale (None: nobody can say), the
    ledger's lock not held; `recorded` is called after something was recorded.
    """

    def __init__(
        self,
        bench: Callable[[], AbstractContextManager[Bench]],
        *,
        ledger: Callable[[], Ledger],
        behind: Behind,
        elsewhere: Callable[[SaleCode], SaleTold | None],
        recorded: Callable[[], None],
    ) -> None:
        self._bench = bench
        self._ledger = ledger
        self._behind = behind
        self._elsewhere = elsewhere
        self._recorded = recorded

    def past(self, account: str) -> Past:
        """Return what a member did at this till lately."""
        with self._bench() as bench:
            return looking.past_of(bench, account)

    def find_sales(self, ask: FindSaleAsk) -> tuple[Seen, ...]:
        """Return the sales of this till that fit a receipt, or an amount and a day."""
        return looking.find_sales(self._ledger(), ask)

    def move(self, ask: MoveAsk, *, by: str) -> MoveAnswer:
        """Move a sale to the right member."""
        with self._bench() as bench:
            answer = moving.move(bench, ask, self._behind, by=by)
        self._recorded()
        return answer

    def claim(self, ask: ClaimAsk, *, by: str) -> MoveAnswer:
        """Credit a sale that was nobody's to a member; headquarters is asked whether that was done elsewhere."""
        with self._bench() as bench:
            code = claiming.code_to_ask_for(bench, ask, self._behind.guesses)
        told = None if code is None else self._elsewhere(code)
        with self._bench() as bench:
            answer = claiming.claim(bench, ask, replace(self._behind, told=told), by=by)
        self._recorded()
        return answer

    def give(self, ask: GoodwillAsk, *, by: str) -> GoodwillAnswer:
        """Give a member units out of goodwill."""
        with self._bench() as bench:
            answer = goodwill.give(bench, ask, self._behind.signing, by=by)
        self._recorded()
        return answer
