"""What the screens of this till ask each other through the agent: how the sale at hand stands. No part of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, PlainValidator

from agent.web.api.access import Seller
from agent.web.api.body import StrictRoute
from agent.web.api.calls.answering import reply
from agent.web.api.fields import Count, Money, Name, Op, Word
from agent.web.api.requests.form import Form, check_bool
from agent.web.api.requests.selling import Lines
from agent.web.language import language_of
from agent.web.screen.at_hand import PARKED_MAX, AtHand, Hand, Said, Taken

_TAKEN_MAX = 20  # redemptions in one sale

Flag = Annotated[bool, PlainValidator(check_bool, json_schema_input_type=bool)]


class TakenForm(Form):
    """A redemption that the sale uses."""

    op: Op
    label: Name
    value: Money

    def taken(self) -> Taken:
        """Return it as it is kept."""
        return Taken(self.op, self.label, self.value)


class HandForm(Form):
    """A sale as a screen shows it."""

    op: Op
    account: Word | None = None
    card: Word | None = None
    lines: Lines
    taken: Annotated[tuple[TakenForm, ...], Field(max_length=_TAKEN_MAX)] = ()

    def hand(self) -> Hand:
        """Return it as it is kept."""
        lines, taken = (line.line() for line in self.lines), (one.taken() for one in self.taken)
        return Hand(self.op, self.account, self.card, None, tuple(lines), tuple(taken))


class SaidForm(HandForm):
    """How a screen says that the sale stands; `parked` counts only if the agent has just begun and knows of none."""

    screen: Word
    rev: Count = 0
    parked: Annotated[tuple[HandForm, ...], Field(max_length=PARKED_MAX)] = ()
    again: Flag = False
    park: Flag = False
    wanting: Flag = False

    def said(self) -> Said:
        """Return it as it is taken over."""
        parked = tuple(form.hand() for form in self.parked)
        return Said(self.screen, self.hand(), self.rev, parked, again=self.again, park=self.park, wanting=self.wanting)


@dataclass(frozen=True, slots=True)
class ScreenCalls:
    """What the calls need."""

    at_hand: AtHand

    def read(self, request: Request, _by: Seller) -> Response:
        """Return how the sale at hand stands."""
        return reply(self.at_hand.to_map(language_of(request)))

    def take(self, request: Request, body: SaidForm, by: Seller) -> Response:
        """Take over how a screen says that it stands, and return that with what the programme says of it."""
        self.at_hand.take(body.said(), by=by.name)
        return reply(self.at_hand.to_map(language_of(request)))


def screen_routes(calls: ScreenCalls) -> APIRouter:
    """Return the calls as routes; they are no part of the API's description."""
    router = APIRouter(prefix="/screen", route_class=StrictRoute, include_in_schema=False)
    router.add_api_route("/sale", calls.read, methods=["GET"])
    router.add_api_route("/sale", calls.take, methods=["POST"])
    return router
