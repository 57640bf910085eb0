"""The calls on a member's cards and data: each is an entry, and says who it is now."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import Response

from agent.counter import Counter
from agent.counter.details.changing import ChangeAnswer
from agent.counter.details.telling import Details
from agent.counter.joining.erasing import EraseAnswer
from agent.web.api.access import Seller
from agent.web.api.calls.answering import Call, own_card, refuse_in_account, reply
from agent.web.api.requests.details import (
    BlockBody,
    ConsentsBody,
    CorrectionBody,
    LeavingBody,
    MemberSlipBody,
    PaymentTokenBody,
    PinBody,
    ReplacementBody,
)
from agent.web.api.shapes import Voice


@dataclass(frozen=True, slots=True)
class DetailCalls:
    """What the calls need: the counter, and the language in which they tell reasons."""

    counter: Counter
    language: str

    def details(self, account: str, _by: Seller) -> Response:
        """Return what is known of a member, masked, with cards and consents."""
        refuse_in_account(account)
        return reply(self.counter.desk.details(account))

    def replace_card(self, account: str, body: ReplacementBody, by: Seller) -> Response:
        """Put a new card in the place of a lost one, which is never taken again; everything else stays as it is."""
        refuse_in_account(account)
        own = own_card(body.card, self.counter)
        ask = body.ask(account, own.number)
        return self._changed(self.counter.desk.replace_card(ask, source=own.source, by=by.name))

    def block_card(self, account: str, body: BlockBody, by: Seller) -> Response:
        """Block a lost card; what the account holds stays the member's."""
        refuse_in_account(account)
        return self._changed(self.counter.desk.block_card(body.ask(account), by=by.name))

    def link_payment(self, account: str, body: PaymentTokenBody, by: Seller) -> Response:
        """Let a member be known by a payment terminal's token; he collects by it, and proves himself to spend."""
        refuse_in_account(account)
        return self._changed(self.counter.desk.link_payment(body.ask(account), by=by.name))

    def correct(self, account: str, body: CorrectionBody, by: Seller) -> Response:
        """Correct what a member said of himself."""
        refuse_in_account(account)
        return self._changed(self.counter.desk.correct(body.ask(account), by=by.name))

    def set_pin(self, account: str, body: PinBody, by: Seller) -> Response:
        """Set a member's PIN, with his card just read or with a supervisor's word."""
        refuse_in_account(account)
        return self._changed(self.counter.desk.set_pin(body.ask(account), by=by.name))

    def consent(self, account: str, body: ConsentsBody, by: Seller) -> Response:
        """Record what a member agrees to from now on; a consent slip comes out."""
        refuse_in_account(account)
        return self._changed(self.counter.desk.consent(body.ask(account), by=by.name))

    def leave(self, account: str, body: LeavingBody, by: Seller) -> Response:
        """Let a member leave the programme, with a supervisor's word: he is erased for good."""
        refuse_in_account(account)
        return reply(self.counter.leave(body.ask(account), by=by.name))

    def print_slip(self, account: str, body: MemberSlipBody, by: Seller) -> Response:
        """Print a slip that a member asks for."""
        refuse_in_account(account)
        return self._changed(self.counter.desk.print_slip(body.ask(account), by=by.name))

    def rows(self) -> tuple[Call, ...]:
        """Return the calls with their paths and what they answer."""
        of_member = "/members/{account}"
        return (
            ("GET", f"{of_member}/details", self.details, Details),
            ("POST", f"{of_member}/cards/replacement", self.replace_card, ChangeAnswer),
            ("POST", f"{of_member}/cards/block", self.block_card, ChangeAnswer),
            ("POST", f"{of_member}/payment_tokens", self.link_payment, ChangeAnswer),
            ("POST", f"{of_member}/corrections", self.correct, ChangeAnswer),
            ("POST", f"{of_member}/pin", self.set_pin, ChangeAnswer),
            ("POST", f"{of_member}/consents", self.consent, ChangeAnswer),
            ("POST", f"{of_member}/leaving", self.leave, EraseAnswer),
            ("POST", f"{of_member}/slips", self.print_slip, ChangeAnswer),
        )

    def _changed(self, made: ChangeAnswer) -> Response:
        voice = Voice(self.counter.require_programme(), self.language)
        return reply(replace(made, member=voice.member(made.member)))
