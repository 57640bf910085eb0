"""The calls on members: who is it, who becomes one, whose card is this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fastapi import Request, Response

from agent.counter import Counter, MemberView
from agent.loyalty.cards import Source
from agent.web.api.access import Seller, Supervising
from agent.web.api.calls.answering import own_card, refuse_in_account, reply
from agent.web.api.requests.joining import ActionBody, EnrolmentBody, ErasureBody, IdentifyBody, LinkBody
from agent.web.api.shapes import MembersShape, Voice, action_shape
from agent.web.language import language_of


@dataclass(frozen=True, slots=True)
class MemberCalls:
    """What the calls need."""

    counter: Counter
    paying: Callable[[MemberView], None]  # told whom a terminal's token was found to be

    def identify(self, request: Request, body: IdentifyBody, by: Seller) -> Response:
        """Find members by a card's number (typed), a terminal's token, a phone number, an e-mail address, or a name.

        Whom a token finds is shown on the screens, as if his card had been read.
        """
        if body.card is not None:
            own = own_card(body.card, self.counter)
            found = [self.counter.identify(own.number, own.source, by=by.name)]
        elif body.payment_token is not None:
            found = [self.counter.desk.identify_payment(body.payment_token)]
            self.paying(found[0])
        else:
            found = self.counter.find(body.find(), by=by.name)
        return reply(MembersShape(tuple(map(self._voice(request).member, found))))

    def member(self, request: Request, account: str, _by: Seller) -> Response:
        """Return a member by account."""
        refuse_in_account(account)
        return reply(self._voice(request).member(self.counter.member(account)))

    def enrol(self, request: Request, body: EnrolmentBody, by: Seller) -> Response:
        """Make a member, on a card if one is typed or on the account that a new card has begun with."""
        own = None if body.card is None else own_card(body.card, self.counter)
        ask = body.ask(own.number if own else None)
        made = self.counter.enrol(ask, source=own.source if own else Source.NUMBER, by=by.name)
        voice = self._voice(request)
        reasons = tuple(map(voice.told, made.reasons))
        return reply(replace(made, member=voice.member(made.member), reasons=reasons))

    def link(self, request: Request, account: str, body: LinkBody, by: Seller) -> Response:
        """Add a card, or a person known by phone, to a member's account."""
        refuse_in_account(account)
        own = None if body.card is None else own_card(body.card, self.counter)
        ask = body.ask(account, own.number if own else None)
        made = self.counter.link(ask, source=own.source if own else Source.NUMBER, by=by.name)
        return reply(replace(made, member=self._voice(request).member(made.member)))

    def erase(self, account: str, body: ErasureBody, by: Supervising) -> Response:
        """Erase a member for good; asked again, it says what is still pending of it."""
        refuse_in_account(account)
        return reply(self.counter.erase(body.ask(account), by=by.name))

    def act(self, request: Request, body: ActionBody, by: Seller) -> Response:
        """Record something that a member did besides buying."""
        return reply(action_shape(self.counter.act(body.ask(), by=by.name), self._voice(request)))

    def _voice(self, request: Request) -> Voice:
        return Voice(self.counter.require_programme(), language_of(request))
