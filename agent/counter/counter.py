"""The counter itself: one use case after the other, each whole, each safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent.counter import acting, selling
from agent.counter.answers import (
    ActionAnswer,
    EnrolAnswer,
    EntryRef,
    LinkAnswer,
    MemberView,
    RedemptionAnswer,
    RefundAnswer,
    RefundPreview,
    SaleAnswer,
)
from agent.counter.asks import ActionAsk, EnrolAsk, LinkAsk, RedeemAsk, RefundAsk, SaleAsk, UndoAsk, VoucherAsk
from agent.counter.bench import Bench
from agent.counter.drawing import close_day
from agent.counter.giving_back import refunding
from agent.counter.joining import enrolling, identifying, linking
from agent.counter.shelf import Shelf
from agent.counter.spending import redeeming, vouchers
from agent.counter.spending.vouchers import Guesses
from agent.errors import NotAllowedError
from agent.ledger.ledger import Ledger
from agent.loyalty.articles import Articles
from agent.loyalty.cards import Source
from agent.loyalty.programme import Programme


class Counter:
    """The use cases of a till. Every method may be called from any thread; none waits for the network.

    `articles` is the till's table of articles, if it has one.
    `recorded` is called after something was durably recorded, outside the ledger's lock: the spool and the sync wake.
    Every use case raises a RefusalError when it says no (nothing was written) and a LedgerError when the ledger cannot
    be trusted to have it.
    """

    def __init__(
        self,
        ledger: Ledger,
        programme: Programme | None,
        *,
        recorded: Callable[[], None],
        articles: Articles | None = None,
    ) -> None:
        self.shelf = Shelf(articles)
        self._guesses = Guesses()
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
            yield Bench(self._ledger, programme, self.shelf)

    def identify(self, number: str, source: Source, *, by: str, tap: int | None = None) -> MemberView:
        """Return whose card it is; a new card in the programme's ranges begins to earn at once.

        `tap` is the counter of a chip that proved itself; raises NotAllowedError for one that this till has seen.
        """
        with self._bench() as bench:
            before = self._ledger.identity.seq
            view = identifying.identify_card(bench, number, source, by=by, tap=tap)
            opened = self._ledger.identity.seq != before
        if opened:
            self._recorded()
        return view

    def find_by_phone(self, phone: str) -> list[MemberView]:
        """Return the members with this phone number."""
        with self._bench() as bench:
            return identifying.find_by_phone(bench, phone)

    def find_by_name(self, name: str) -> list[MemberView]:
        """Return the members whose name has all these words."""
        with self._bench() as bench:
            return identifying.find_by_name(bench, name)

    def member(self, account: str) -> MemberView:
        """Return a member by account."""
        with self._bench() as bench:
            return identifying.member(bench, account)

    def enrol(self, ask: EnrolAsk, *, source: Source = Source.NUMBER, by: str) -> EnrolAnswer:
        """Make a member."""
        with self._bench() as bench:
            answer = enrolling.enrol(bench, ask, source, by=by)
        self._recorded()
        return answer

    def link(self, ask: LinkAsk, *, source: Source = Source.NUMBER, by: str) -> LinkAnswer:
        """Add a card, or a person without one, to a member's account."""
        with self._bench() as bench:
            answer = linking.link(bench, ask, source, by=by)
        self._recorded()
        return answer

    def act(self, ask: ActionAsk, *, by: str) -> ActionAnswer:
        """Record something that a member did besides buying."""
        with self._bench() as bench:
            answer = acting.act(bench, ask, by=by)
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
            answer = redeeming.redeem(bench, ask, by=by)
        self._recorded()
        return answer

    def spend_voucher(self, ask: VoucherAsk, *, by: str) -> RedemptionAnswer:
        """Take a voucher by its code."""
        with self._bench() as bench:
            answer = vouchers.spend_voucher(bench, ask, self._guesses, by=by)
        self._recorded()
        return answer

    def preview_refund(self, ask: RefundAsk) -> RefundPreview:
        """Say what a refund would come to, without recording it; the ask's op is not used up."""
        with self._bench() as bench:
            return refunding.preview_refund(bench, ask, self._guesses)

    def refund(self, ask: RefundAsk, *, by: str) -> RefundAnswer:
        """Take goods back."""
        with self._bench() as bench:
            answer = refunding.refund(bench, ask, self._guesses, by=by)
        self._recorded()
        return answer

    def undo(self, ask: UndoAsk, *, by: str) -> RefundAnswer:
        """Give a redemption back."""
        with self._bench() as bench:
            answer = refunding.undo(bench, ask, by=by)
        self._recorded()
        return answer

    def close_game_day(self, *, by: str) -> EntryRef | None:
        """Show the seed of the games' day, so that anybody can check its draws; None if nothing was drawn."""
        with self._bench() as bench:
            closed = close_day(bench, by=by)
        if closed is None:
            return None
        self._recorded()
        return EntryRef.of(closed)
