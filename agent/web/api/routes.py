"""The calls under /v1: each asks the counter once and answers. They run in the pool of threads, for a commit blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPBearer

from agent.counter import (
    ClosureAnswer,
    Counter,
    EnrolAnswer,
    EraseAnswer,
    KeptAside,
    LinkAnswer,
    SaleAnswer,
    SlipAnswer,
    UndoAsk,
    VoucherAsk,
)
from agent.devices.categories import Health
from agent.devices.firewall.recognise import BadRead, BankCard, IdentityCard, NotOurs, OwnCard, recognise
from agent.errors import InvalidError, NotAllowedError, UnknownError
from agent.loyalty.cards import Source
from agent.web.api.access import Caller, Seller, Supervising, token_of
from agent.web.api.body import StrictRoute
from agent.web.api.devices import DeviceCalls
from agent.web.api.errors import BANK_CARD, IDENTITY_CARD, BankCardError, ForbiddenError, IdentityCardError
from agent.web.api.fields import CardInFieldError, refuse_cards
from agent.web.api.requests import (
    ActionBody,
    ClosureBody,
    CopyBody,
    EnrolmentBody,
    ErasureBody,
    IdentifyBody,
    LinkBody,
    PreviewBody,
    RedemptionBody,
    RefundBody,
    RefundPreviewBody,
    SaleBody,
    SlipWordBody,
    StickBody,
)
from agent.web.api.shapes import (
    ActionShape,
    AsideShape,
    DrawerShape,
    ErrorShape,
    MemberShape,
    MembersShape,
    RedemptionShape,
    RefundPreviewShape,
    RefundShape,
    SaleShape,
    Voice,
    action_shape,
    aside_shape,
    redemption_shape,
    refund_preview_shape,
    refund_shape,
    sale_shape,
)
from agent.web.api.streaming import EventResponse
from agent.web.events import EventHub
from agent.web.status import StatusBoard
from agent.web.tokens import Scope

DISPLAY_EVENTS = frozenset({"member", "sale"})  # what the customer may see


MEETING_S = 30.0  # a meeting that somebody waits for; it goes on without him


class Stands(Protocol):
    """How the two halves stand."""

    def to_map(self) -> Mapping[str, Any]:
        """Return it as the status shows it."""


class Halves(Protocol):
    """The till's side of the line to headquarters."""

    def now(self, *, timeout_s: float) -> Stands:
        """Meet at once and return how the halves stand after it, or after `timeout_s`."""

    def take_stick(self, file: Path) -> Stands:
        """Take headquarters' answer from a file."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What the calls need: the counter, the hub and the board, and the language reasons are told in.

    `halves` is None for a till that stands alone.
    """

    counter: Counter
    events: EventHub
    board: StatusBoard
    language: str
    halves: Halves | None

    def identify(self, body: IdentifyBody, by: Seller) -> Response:
        """Find members by a card's number (typed), a phone number, an e-mail address, or words of a name."""
        if body.card is not None:
            own = self._own_card(body.card)
            found = [self.counter.identify(own.number, own.source, by=by.name)]
        elif body.phone is not None:
            found = self.counter.find_by_phone(body.phone)
        elif body.email is not None:
            found = self.counter.find_by_email(body.email)
        else:
            found = self.counter.find_by_name(body.name or "")
        return _json(MembersShape(tuple(map(self._voice().member, found))))

    def member(self, account: str, _by: Seller) -> Response:
        """Return a member by account."""
        _refuse_in_account(account)
        return _json(self._voice().member(self.counter.member(account)))

    def enrol(self, body: EnrolmentBody, by: Seller) -> Response:
        """Make a member, on a card if one is typed or on the account that a new card has begun with."""
        own = None if body.card is None else self._own_card(body.card)
        ask = body.ask(own.number if own else None)
        answer = self.counter.enrol(ask, source=own.source if own else Source.NUMBER, by=by.name)
        voice = self._voice()
        reasons = tuple(map(voice.told, answer.reasons))
        return _json(replace(answer, member=voice.member(answer.member), reasons=reasons))

    def link(self, account: str, body: LinkBody, by: Seller) -> Response:
        """Add a card, or a person known by phone, to a member's account."""
        _refuse_in_account(account)
        own = None if body.card is None else self._own_card(body.card)
        ask = body.ask(account, own.number if own else None)
        answer = self.counter.link(ask, source=own.source if own else Source.NUMBER, by=by.name)
        return _json(replace(answer, member=self._voice().member(answer.member)))

    def erase(self, account: str, body: ErasureBody, by: Supervising) -> Response:
        """Erase a member for good; asked again, it says what is still pending of it."""
        _refuse_in_account(account)
        return _json(self.counter.erase(body.ask(account), by=by.name))

    def act(self, body: ActionBody, by: Seller) -> Response:
        """Record something that a member did besides buying."""
        return _json(action_shape(self.counter.act(body.ask(), by=by.name), self._voice()))

    def preview(self, body: PreviewBody, _by: Seller) -> Response:
        """Judge a sale without recording it."""
        return _json(sale_shape(self.counter.preview(body.ask()), self._voice()))

    def sell(self, body: SaleBody, by: Seller) -> Response:
        """Judge and record a sale; the same op again returns what was recorded.

        202: the ledger can take nothing now. The sale was made without loyalty and is kept to be entered under its op.
        """
        answer = self.counter.sell_or_keep(body.ask(body.op), by=by.name)
        if isinstance(answer, KeptAside):
            return _json(aside_shape(answer), status=202)
        shape = sale_shape(answer, self._voice())
        if not answer.repeated:
            self.events.publish("sale", _sold(body.op, by.name, answer, shape))
        return _json(shape)

    def redeem(self, body: RedemptionBody, by: Seller) -> Response:
        """Take units for a reward, or a voucher; a sale then names this op and is so much cheaper."""
        ask = body.ask()
        if isinstance(ask, VoucherAsk):
            answer = self.counter.spend_voucher(ask, by=by.name)
        else:
            answer = self.counter.redeem(ask, by=by.name)
        return _json(redemption_shape(answer))

    def preview_refund(self, body: RefundPreviewBody, _by: Seller) -> Response:
        """Say what a refund would come to: the money, every lot, the tier, and what was spent meanwhile."""
        return _json(refund_preview_shape(self.counter.preview_refund(body.ask()), self._voice()))

    def refund(self, body: RefundBody, by: Seller) -> Response:
        """Take goods back, or give back a redemption that no sale has used."""
        if body.waive and by.scope is not Scope.SUPERVISOR:
            raise ForbiddenError(f"token {by.name!r} is of scope {by.scope}: only a supervisor waives what was spent")
        ask = body.ask()
        if isinstance(ask, UndoAsk):
            answer = self.counter.undo(ask, by=by.name)
        else:
            answer = self.counter.refund(ask, by=by.name)
        return _json(refund_shape(answer, self._voice()))

    def close(self, body: ClosureBody, by: Seller) -> Response:
        """Make an X or a Z report; the same op again returns the same."""
        return _json(self.counter.close(body.ask(), by=by.name))

    def last_closure(self, _by: Seller) -> Response:
        """Return the last Z report."""
        return _json(self.counter.last_closure())

    def slip_came_out(self, body: SlipWordBody, _by: Seller) -> Response:
        """Say whether a slip came out that the till does not know of; if not it is printed again."""
        return _json(self.counter.slip_came_out(body.op, whole=body.whole))

    def copy_slip(self, body: CopyBody, _by: Seller) -> Response:
        """Print a copy of a slip; it says COPY and its number. The same number again prints nothing."""
        return _json(self.counter.copy_slip(body.op, number=body.number))

    def meet(self, _by: Supervising) -> Response:
        """Meet headquarters now, and say how the two halves stand after it."""
        return _json(self._halves().now(timeout_s=MEETING_S).to_map())

    def take_stick(self, body: StickBody, _by: Supervising) -> Response:
        """Take headquarters' answer from a file of this machine, and say how the two halves stand after it."""
        halves = self._halves()
        if not body.file.isprintable():
            raise InvalidError("'file' must be printable characters")
        try:
            return _json(halves.take_stick(Path(body.file)).to_map())
        except OSError as error:
            raise UnknownError(f"the file cannot be read: {error.strerror}", hint="name it by its full path") from None

    def status(self, _by: Caller) -> Response:
        """Return how the till is: its journal, programme, devices, sync and slips."""
        programme = self.counter.programme
        named = programme and {"name": programme.name, "version": programme.version, "currency": programme.currency}
        return _json({**self.board.read(), "programme": named})

    async def listen(self, request: Request, by: Caller) -> Response:
        """Stream `member`, `notice`, `sale`, `device` and `sync` events; a display gets `member` and `sale`."""
        kinds = DISPLAY_EVENTS if by.scope is Scope.DISPLAY else None
        return EventResponse(self.events, self.events.listen(kinds), is_welcome=lambda: token_of(request) == by)

    def _halves(self) -> Halves:
        if self.halves is None:
            raise NotAllowedError("this till stands alone", hint="name its headquarters in till.toml: [sync] hq")
        return self.halves

    def _own_card(self, typed: str) -> OwnCard:
        match recognise(typed, self.counter.require_programme().cards):
            case OwnCard() as own:
                return own
            case BankCard():
                raise BankCardError(BANK_CARD)
            case IdentityCard():
                raise IdentityCardError(IDENTITY_CARD)
            case BadRead(reason):
                raise InvalidError(reason)
            case NotOurs(reason):
                raise UnknownError(reason, hint="ask for the loyalty card")

    def _voice(self) -> Voice:
        return Voice(self.counter.require_programme(), self.language)


def _refuse_in_account(account: str) -> None:
    try:
        refuse_cards(account)
    except CardInFieldError as error:
        raise error.at("account") from None


def routes(calls: Calls, devices: DeviceCalls) -> APIRouter:
    """Return the calls under /v1 as routes."""
    router = APIRouter(prefix="/v1", route_class=StrictRoute, dependencies=[Depends(HTTPBearer(auto_error=False))])
    for method, path, call, shape in (
        ("POST", "/identify", calls.identify, MembersShape),
        ("POST", "/actions", calls.act, ActionShape),
        ("POST", "/preview", calls.preview, SaleShape),
        ("POST", "/sales", calls.sell, SaleShape),
        ("POST", "/redemptions", calls.redeem, RedemptionShape),
        ("POST", "/preview_refund", calls.preview_refund, RefundPreviewShape),
        ("POST", "/refunds", calls.refund, RefundShape),
        ("POST", "/members", calls.enrol, EnrolAnswer),
        ("GET", "/members/{account}", calls.member, MemberShape),
        ("POST", "/members/{account}/cards", calls.link, LinkAnswer),
        ("POST", "/members/{account}/erasure", calls.erase, EraseAnswer),
        ("POST", "/closures", calls.close, ClosureAnswer),
        ("GET", "/closures/last", calls.last_closure, ClosureAnswer),
        ("POST", "/slips/word", calls.slip_came_out, SlipAnswer),
        ("POST", "/slips/copies", calls.copy_slip, SlipAnswer),
        ("POST", "/devices/{name}/check", devices.check, Health),
        ("POST", "/drawer", devices.open_drawer, DrawerShape),
        ("POST", "/sync", calls.meet, dict[str, Any]),
        ("POST", "/sync/stick", calls.take_stick, dict[str, Any]),
        ("GET", "/status", calls.status, dict[str, Any]),
        ("GET", "/events", calls.listen, None),
    ):
        responses: dict[int | str, dict[str, Any]] = {"4XX": {"model": ErrorShape}, "5XX": {"model": ErrorShape}}
        responses[200] = {"model": shape} if shape else {"content": {"text/event-stream": {}}}
        if path == "/sales":
            responses[202] = {"model": AsideShape}
        router.add_api_route(path, call, methods=[method], responses=responses)
    return router


def _json(value: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


def _sold(op: str, by: str, answer: SaleAnswer, shape: SaleShape) -> dict[str, object]:
    return {"op": op, "by": by, "account": answer.member.account if answer.member else None, "sale": shape}
