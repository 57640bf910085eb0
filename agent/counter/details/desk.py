"""The desk: the use cases of members' cards and data, each whole, each safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from agent.counter.answers import MemberView
from agent.counter.bench import Bench
from agent.counter.cards import paying, replacing
from agent.counter.cards.paying import PaymentAsk
from agent.counter.cards.replacing import BlockAsk, ReplaceAsk
from agent.counter.details import consenting, correcting, pins, printing
from agent.counter.details.changing import ChangeAnswer
from agent.counter.details.consenting import ConsentAsk
from agent.counter.details.correcting import CorrectAsk
from agent.counter.details.pins import PinAsk
from agent.counter.details.printing import SlipAsk
from agent.counter.details.telling import Details, details_of
from agent.counter.staff.approving import Approvable
from agent.loyalty.cards import Source


class MemberDesk:
    """What a counter does with cards and data of members. Every method may be called from any thread.

    `bench` gives what a use case works on, under the ledger's lock; `recorded` is called after something was recorded;
    `approved` returns who approved the request of an op, or raises ApprovalNeededError.
    """

    def __init__(
        self,
        bench: Callable[[], AbstractContextManager[Bench]],
        *,
        recorded: Callable[[], None],
        approved: Callable[[Approvable, str], str | None],
    ) -> None:
        self._bench = bench
        self._recorded = recorded
        self._approved = approved

    def identify_payment(self, token: str) -> MemberView:
        """Return who is known by a payment terminal's token."""
        with self._bench() as bench:
            return paying.identify_payment(bench, token)

    def link_payment(self, ask: PaymentAsk, *, by: str) -> ChangeAnswer:
        """Let a member be known by a payment terminal's token."""
        return self._change(lambda bench: paying.link_payment(bench, ask, by=by))

    def replace_card(self, ask: ReplaceAsk, *, source: Source = Source.NUMBER, by: str) -> ChangeAnswer:
        """Put a new card in the place of a lost one."""
        approved = self._approved(Approvable.REPLACE_CARD, ask.op)
        return self._change(lambda bench: replacing.replace_card(bench, ask, source, by=by, approved_by=approved))

    def block_card(self, ask: BlockAsk, *, by: str) -> ChangeAnswer:
        """Block a card."""
        return self._change(lambda bench: replacing.block_card(bench, ask, by=by))

    def details(self, account: str) -> Details:
        """Return what is known of a member, masked, and his cards."""
        with self._bench() as bench:
            return details_of(bench, account)

    def correct(self, ask: CorrectAsk, *, by: str) -> ChangeAnswer:
        """Correct what a member said of himself."""
        return self._change(lambda bench: correcting.correct(bench, ask, by=by))

    def consent(self, ask: ConsentAsk, *, by: str) -> ChangeAnswer:
        """Record what a member agrees to from now on."""
        return self._change(lambda bench: consenting.consent(bench, ask, by=by))

    def set_pin(self, ask: PinAsk, *, by: str) -> ChangeAnswer:
        """Set a member's PIN: with his card in the hand, or with a supervisor's word."""
        with self._bench() as bench:
            bench.check_card(ask.card, ask.account)
            is_shown = bench.is_shown(ask.card)
        approved = None if is_shown else self._approved(Approvable.MEMBER_PIN, ask.op)
        kept = pins.hashed(ask.pin)
        return self._change(lambda bench: pins.set_pin(bench, ask, kept, by=by, approved_by=approved))

    def print_slip(self, ask: SlipAsk, *, by: str) -> ChangeAnswer:
        """Print a slip that a member asks for."""
        return self._change(lambda bench: printing.print_slip(bench, ask, by=by))

    def _change(self, use: Callable[[Bench], ChangeAnswer]) -> ChangeAnswer:
        with self._bench() as bench:
            answer = use(bench)
        self._recorded()
        return answer
