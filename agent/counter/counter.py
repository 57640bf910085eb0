"""The counter itself: one use case after the other, each whole, each safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

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
from agent.counter.aside.keeping import KeptAside, Noted, aside_of, enter_all, keep
from agent.counter.asks import ActionAsk, EnrolAsk, LinkAsk, RedeemAsk, RefundAsk, SaleAsk, UndoAsk, VoucherAsk
from agent.counter.bench import Bench
from agent.counter.closing.day import TillDay
from agent.counter.complaints.hearing import Hearing
from agent.counter.details import pins
from agent.counter.details.desk import MemberDesk
from agent.counter.finding import proving, searching
from agent.counter.finding.proving import PinToTry
from agent.counter.finding.searching import FindAsk, Searches
from agent.counter.finding.shown import Shown
from agent.counter.giving_back import refunding
from agent.counter.giving_back.refunding import Behind
from agent.counter.giving_back.sold import SalesElsewhere
from agent.counter.giving_back.voiding import VoidAsk
from agent.counter.joining import enrolling, erasing, identifying, linking
from agent.counter.joining.erasing import EraseAnswer, EraseAsk
from agent.counter.reprinting import copies
from agent.counter.reprinting.copies import SlipAnswer
from agent.counter.shelf import Shelf
from agent.counter.spending import redeeming, vouchers
from agent.counter.spending.between import Asked, Leave, Promises, to_ask
from agent.counter.spending.here import Way
from agent.counter.spending.vouchers import Guesses
from agent.counter.staff.approving import Approvable
from agent.counter.staff.naming import StaffAnswer, StaffAsk, name_staff
from agent.counter.staff.signing import Signing
from agent.counter.staff.training import TrainingAnswer, TrainingAsk, record_training
from agent.counter.watching.reading import notes_of
from agent.errors import LedgerError, NotAllowedError, OutcomeUnknownError, Said
from agent.journal.codes import SaleCode
from agent.journal.wire.asking import SaleTold
from agent.ledger.ledger import Ledger
from agent.loyalty.articles import Articles
from agent.loyalty.cards import Source
from agent.loyalty.programme import Programme
from agent.loyalty.programme.supervision import Supervision
from agent.loyalty.radar.detecting import Note


class Counter:
    """The use cases of a till. Every method may be called from any thread; none waits for the network, but a refund by
    a slip of another till, a claim and a redemption: `elsewhere` is asked once for the sale, `promises` once for the
    units, the ledger's lock not held.

    `articles` is the till's table of articles, if it has one, `goods_on_label` names the goods of a price or weight
    label (see `Shelf`); `training` opens the ledger that training goes into.
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
        goods_on_label: Callable[[str], str | None] | None = None,
        elsewhere: SalesElsewhere | None = None,
        promises: Promises | None = None,
        training: Callable[[], Ledger] | None = None,
    ) -> None:
        self.shelf = Shelf(articles, goods_on_label=goods_on_label)
        self.signing = Signing(ledger)
        self._guesses = Guesses()
        self._searches = Searches()
        self._shown = Shown()
        self._elsewhere = elsewhere
        self._promises = promises
        self._asked = Asked()
        self._own = ledger
        self._training = training
        self._ledger = ledger
        self._aside = aside_of(ledger)
        self._programme = programme
        self._recorded = recorded
        self.desk = MemberDesk(self._bench, recorded=recorded, approved=self._approved)
        self.day = TillDay(self._bench, ledger=self._now, recorded=recorded)
        self.hearing = Hearing(
            self._bench, ledger=self._now, behind=self._behind(None), elsewhere=self._tell, recorded=recorded
        )

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
            raise NotAllowedError(
                "this till has no programme yet",
                said=Said("no_programme"),
                hint="sell without loyalty and call your IT",
            )
        return self._programme

    def _now(self) -> Ledger:
        """Return the ledger that everything goes into now: in training it is not the till's own."""
        return self._ledger

    @contextmanager
    def _bench(self) -> Iterator[Bench]:
        programme = self.require_programme()
        ledger = self._ledger
        with ledger.reading():
            yield Bench(ledger, programme, self.shelf, self._shown, self._way)

    @property
    def _way(self) -> Way:
        asks = self._promises is not None and not self.is_training
        return Way(asks=asks, by_stick=self._promises is not None and self._promises.by_stick)

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

    def find(self, ask: FindAsk, *, by: str) -> list[MemberView]:
        """Return the members who answer to a phone number, an e-mail address or words of a name."""
        with self._bench() as bench:
            return searching.find(bench, ask, self._searches, by=by)

    def member(self, account: str, card: str | None = None) -> MemberView:
        """Return a member by account, and the id of the card he shows."""
        with self._bench() as bench:
            return identifying.member(bench, account, card)

    def number_of(self, card: str) -> tuple[str, Source]:
        """Return the number of a card that was read here of late, by its id."""
        with self._bench() as bench:
            return identifying.number_of(bench, card)

    def enrol(self, ask: EnrolAsk, *, source: Source = Source.NUMBER, by: str) -> EnrolAnswer:
        """Make a member."""
        pin = None if ask.pin is None else pins.hashed(ask.pin)
        with self._bench() as bench:
            answer = enrolling.enrol(bench, ask, source, by=by, pin=pin)
        self._recorded()
        return answer

    def link(self, ask: LinkAsk, *, source: Source = Source.NUMBER, by: str) -> LinkAnswer:
        """Add a card, or a person without one, to a member's account."""
        with self._bench() as bench:
            answer = linking.link(bench, ask, source, by=by)
        self._recorded()
        return answer

    def slip_came_out(self, op: str, *, whole: bool) -> SlipAnswer:
        """Take the cashier's word on a slip of which nobody knows; one that did not come out is printed again."""
        answer = copies.came_out(self._ledger, op, whole=whole)
        self._recorded()
        return answer

    def copy_slip(self, op: str, *, number: int) -> SlipAnswer:
        """Print copy `number` of a slip, which is the next one."""
        answer = copies.copy(self._ledger, op, number=number)
        self._recorded()
        return answer

    def leave(self, ask: EraseAsk, *, by: str) -> EraseAnswer:
        """Let a member leave the programme: he is erased, which a supervisor approves."""
        return self.erase(ask, by=by, approved_by=self._approved(Approvable.LEAVE, ask.op))

    def _approved(self, action: Approvable, op: str) -> str | None:
        return self.signing.require(self.require_programme().supervision, action, op=op)

    def erase(self, ask: EraseAsk, *, by: str, approved_by: str | None = None) -> EraseAnswer:
        """Erase a member for good."""
        with self._bench() as bench:
            recorded, repeated = erasing.erase(bench, ask, by=by, approved_by=approved_by)
        self._recorded()
        return erasing.finish(self._ledger, recorded, repeated=repeated)

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

    def sell_or_keep(self, ask: SaleAsk, *, by: str) -> SaleAnswer | KeptAside:
        """Record a sale, or keep it aside when the ledger cannot take it: then it was sold without loyalty.

        A commit whose outcome is unknown is asked for once more, on the connection that was taken anew. Raises
        NotKeptError if the sale cannot be kept aside either.
        """
        try:
            try:
                return self.sell(ask, by=by)
            except OutcomeUnknownError:
                return self.sell(ask, by=by)
        except LedgerError as error:
            clock = self._ledger.clock
            at = clock.local(clock.read().wall_ms).replace(tzinfo=None, microsecond=0).isoformat()
            return keep(self._aside, Noted(ask, by, at), error)

    def enter_aside(self) -> None:
        """Enter what was kept aside; what is refused stays, listed with its reason.

        Raises LedgerError, and leaves the rest, when the ledger can take nothing.
        """
        enter_all(self._aside, self._enter)

    def _enter(self, noted: Noted) -> None:
        with self._bench() as bench:
            selling.sell(bench, noted.ask, by=noted.by, noted_at=noted.at)
        self._recorded()

    def redeem(self, ask: RedeemAsk, *, by: str) -> RedemptionAnswer:
        """Take units for a reward."""
        proof = self._proof(ask)
        leave = self._leave(ask)
        with self._bench() as bench:
            account = self._ledger.resolve(ask.account)
            leave = replace(leave, counts=self._asked.is_last(account, ask.op))
            answer = redeeming.redeem(bench, ask, leave, proof, by=by)
            self._asked.done(account)
        self._recorded()
        return answer

    def _proof(self, ask: RedeemAsk) -> str | None:
        """Return what shows that it is the member who spends; a PIN is looked at without the ledger's lock."""
        with self._bench() as bench:
            proof = proving.look(bench, ask)
        if not isinstance(proof, PinToTry):
            return proof
        right = proving.is_right(proof)
        with self._bench() as bench:
            return proving.try_pin(bench, proof, right=right)

    def _leave(self, ask: RedeemAsk) -> Leave:
        """Ask whether units may be spent, if their policy says so; a till that stands alone asks nobody."""
        if self._promises is None or self.is_training:
            return Leave()
        with self._bench() as bench:
            asked = to_ask(bench, ask, self._asked)
        told = None if asked is None else self._promises.spend(asked)
        return Leave(asked, told, by_stick=self._promises.by_stick)

    def spend_voucher(self, ask: VoucherAsk, *, by: str) -> RedemptionAnswer:
        """Take a voucher by its code."""
        with self._bench() as bench:
            answer = vouchers.spend_voucher(bench, ask, self._guesses, by=by)
        self._recorded()
        return answer

    def preview_refund(self, ask: RefundAsk) -> RefundPreview:
        """Say what a refund would come to, without recording it; the ask's op is not used up."""
        told = self._told(ask)
        with self._bench() as bench:
            return refunding.preview_refund(bench, ask, self._behind(told))

    def refund(self, ask: RefundAsk, *, by: str) -> RefundAnswer:
        """Take goods back."""
        told = self._told(ask)
        with self._bench() as bench:
            answer = refunding.refund(bench, ask, self._behind(told), by=by)
        self._recorded()
        return answer

    def void(self, ask: VoidAsk, *, by: str) -> RefundAnswer:
        """Undo a sale as a whole."""
        with self._bench() as bench:
            answer = refunding.void(bench, ask, self._behind(None), by=by)
        self._recorded()
        return answer

    def _behind(self, told: SaleTold | None) -> Behind:
        return Behind(self.signing, self._guesses, told)

    def _told(self, ask: RefundAsk) -> SaleTold | None:
        """Ask for the sale elsewhere that a refund is of, if it is of one."""
        with self._bench() as bench:
            code = refunding.code_to_ask_for(bench, ask, self._guesses)
        return None if code is None else self._tell(code)

    def _tell(self, code: SaleCode) -> SaleTold | None:
        return None if self._elsewhere is None or self.is_training else self._elsewhere.sale(code)

    def undo(self, ask: UndoAsk, *, by: str) -> RefundAnswer:
        """Give a redemption back."""
        with self._bench() as bench:
            answer = refunding.undo(bench, ask, by=by)
        self._recorded()
        return answer

    def name_staff(self, ask: StaffAsk, *, by: str) -> StaffAnswer:
        """Add somebody to the staff, reset a PIN, or let somebody go; a till without a programme does so too."""
        approved_by = self.signing.require(Supervision(), Approvable.STAFF, op=ask.op)
        answer = name_staff(self._own, ask, by=by, approved_by=approved_by)
        self._recorded()
        return answer

    def radar(self) -> tuple[Note, ...]:
        """Return what a supervisor should look at, of the last days at this till; never for a customer's eyes."""
        return notes_of(self._ledger, self.require_programme().radar)

    @property
    def is_training(self) -> bool:
        """Whether everything goes into the training ledger now."""
        return self._ledger is not self._own

    def train(self, ask: TrainingAsk, *, by: str) -> TrainingAnswer:
        """Begin or end training: from then on everything goes into the other ledger; who is signed in stays so."""
        if self._training is None:
            raise NotAllowedError(
                "there is no training at this till", said=Said("no_training"), hint="train at a till whose agent runs"
            )
        approved_by = None
        if ask.ended is None:  # what ends by itself needs nobody's word
            approved_by = self.signing.require(Supervision(), Approvable.TRAINING, op=ask.op)
        ledger = self._training() if ask.on else self._own
        recorded, repeated = record_training(self._own, ask, by=by, approved_by=approved_by)
        if not repeated:
            self._ledger, self._aside = ledger, aside_of(ledger)
        self._recorded()
        return TrainingAnswer(EntryRef.of(recorded), self.is_training, repeated)
