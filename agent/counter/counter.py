"""The counter itself: one use case after the other, each whole, each safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent.counter import giving_back, joining, selling
from agent.counter.answers import EnrolAnswer, MemberView, RedemptionAnswer, RefundAnswer, SaleAnswer
from agent.counter.asks import EnrolAsk, RedeemAsk, RefundAsk, SaleAsk, UndoAsk
from agent.counter.bench import Bench
from agent.errors import NotAllowedError
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.loyalty.programme import Programme


class Counter:
    """The use cases of a till. Every method may be called from any thread; none waits for the network.

    `recorded` is called after something was durably recorded, outside the ledger's lock: the spool and the sync wake.
    Every use case raises a RefusalError when it says no (nothing was written) and a LedgerError when the ledger cannot
    be trusted to have it.
    """

    def __init__(self, ledger: Ledger, programme: Programme | None, *, recorded: Callable[[], None]) -> None:
        self._ledger = ledger
        self._programme = programme
        self._recorded = recorded

    @property
    def programme(self) -> Programme | None:
        """The programme in force."""
        return self._programme

    def use(self, programme: Programme) -> None:
        """Put a programme into force; what was judged stays judged."""
        self._programme = programme

    def require_programme(self) -> Programme:
        """Return the programme in force; raises NotAllowedError if there is none yet."""
        if self._programme is None:
            raise NotAllowedError("this till has no programme yet", hint="sell without loyalty and call your IT")
        return self._programme

    @contextmanager
    def _bench(self) -> Iterator[Bench]:
        programme = self.require_programme()
        with self._ledger.reading():
            yield Bench(self._ledger, programme)

    def identify(self, number: str, source: Source, *, by: str, tap: int | None = None) -> MemberView:
        """Return whose card it is; a new card in the programme's ranges begins to earn at once.

        `tap` is the counter of a chip that proved itself; raises NotAllowedError for one that this till has seen.
        """
        with self._bench() as bench:
            before = self._ledger.identity.seq
            view = joining.identify_card(bench, number, source, by=by, tap=tap)
            opened = self._ledger.identity.seq != before
        if opened:
            self._recorded()
        return view

    def find_by_phone(self, phone: str) -> list[MemberView]:
        """Return the members with this phone number."""
        with self._bench() as bench:
            return joining.find_by_phone(bench, phone)

    def find_by_name(self, name: str) -> list[MemberView]:
        """Return the members whose name has all these words."""
        with self._bench() as bench:
            return joining.find_by_name(bench, name)

    def member(self, account: str) -> MemberView:
        """Return a member by account."""
        with self._bench() as bench:
            return joining.member(bench, account)

    def enrol(self, ask: EnrolAsk, *, source: Source = Source.NUMBER, by: str) -> EnrolAnswer:
        """Make a member."""
        with self._bench() as bench:
            answer = joining.enrol(bench, ask, source, by=by)
        self._recorded()
        return answer

    def preview(self, ask: SaleAsk) -> SaleAnswer:
        """Judge a sale without recording it; the ask's op is not used up."""
        with self._bench() as bench:
            return selling.preview(bench, ask)

    def sell(self, ask: SaleAsk, *, by: str) -> SaleAnswer:
        """Judge and record a sale."""
        with self._bench() as bench:
            answer = selling.sell(bench, ask, by=by)
        self._recorded()
        return answer

    def redeem(self, ask: RedeemAsk, *, by: str) -> RedemptionAnswer:
        """Take units for a reward."""
        with self._bench() as bench:
            answer = selling.redeem(bench, ask, by=by)
        self._recorded()
        return answer

    def refund(self, ask: RefundAsk, *, by: str) -> RefundAnswer:
        """Take goods back."""
        with self._bench() as bench:
            answer = giving_back.refund(bench, ask, by=by)
        self._recorded()
        return answer

    def undo(self, ask: UndoAsk, *, by: str) -> RefundAnswer:
        """Give a redemption back."""
        with self._bench() as bench:
            answer = giving_back.undo(bench, ask, by=by)
        self._recorded()
        return answer
