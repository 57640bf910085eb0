"""The calls under /v1: each asks the counter once and answers. They run in the pool of threads, for a commit blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

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
from agent.errors import InvalidError, NotAllowedError, Said, UnknownError
from agent.web.api.access import Caller, Seller, Supervising, token_of
from agent.web.api.body import StrictRoute
from agent.web.api.calls.answering import Call, reply
from agent.web.api.calls.devices import DeviceCalls
from agent.web.api.calls.members import MemberCalls
from agent.web.api.requests.returning import RefundBody, RefundPreviewBody, VoidBody
from agent.web.api.requests.running import ClosureBody, CopyBody, SlipWordBody, StickBody
from agent.web.api.requests.selling import PreviewBody, SaleBody
from agent.web.api.requests.spending import RedemptionBody
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
    aside_shape,
    redemption_shape,
    refund_preview_shape,
    refund_shape,
    sale_shape,
)
from agent.web.api.streaming import EventResponse
from agent.web.events import EventHub
from agent.web.language import language_of
from agent.web.status import StatusBoard
from agent.web.tokens import Scope

DISPLAY_EVENTS = frozenset({"member", "sale", "display"})  # what the customer may see


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
    """What the calls need: the counter, the hub and the board; `halves` is None for a till that stands alone."""

    counter: Counter
    events: EventHub
    board: StatusBoard
    halves: Halves | None

    def preview(self, request: Request, body: PreviewBody, by: Seller) -> Response:
        """Judge a sale without recording it; the cashier's screen shows what point-of-sale software asks about."""
        shape = sale_shape(self.counter.preview(body.ask()), self._voice(request))
        if by.scope is Scope.POS:
            self.events.publish("preview", {"by": by.name, **body.model_dump()})
        return reply(shape)

    def sell(self, request: Request, body: SaleBody, by: Seller) -> Response:
        """Judge and record a sale; the same op again returns what was recorded.

        202: the ledger can take nothing now. The sale was made without loyalty and is kept to be entered under its op.
        """
        answer = self.counter.sell_or_keep(body.ask(body.op), by=by.name)
        if isinstance(answer, KeptAside):
            return reply(aside_shape(answer), status=202)
        shape = sale_shape(answer, self._voice(request))
        self.events.publish("sale_again" if answer.repeated else "sale", _sold(body.op, by.name, answer, shape))
        return reply(shape)

    def redeem(self, body: RedemptionBody, by: Seller) -> Response:
        """Take units for a reward, or a voucher; a sale then names this op and is so much cheaper."""
        ask = body.ask()
        if isinstance(ask, VoucherAsk):
            answer = self.counter.spend_voucher(ask, by=by.name)
        else:
            answer = self.counter.redeem(ask, by=by.name)
        return reply(redemption_shape(answer))

    def preview_refund(self, request: Request, body: RefundPreviewBody, _by: Seller) -> Response:
        """Say what a refund would come to: the money, every lot, the tier, and what was spent meanwhile."""
        return reply(refund_preview_shape(self.counter.preview_refund(body.ask()), self._voice(request)))

    def refund(self, request: Request, body: RefundBody, by: Seller) -> Response:
        """Take goods back, or give back a redemption that no sale has used."""
        ask = body.ask()
        if isinstance(ask, UndoAsk):
            answer = self.counter.undo(ask, by=by.name)
        else:
            answer = self.counter.refund(ask, by=by.name)
        return reply(refund_shape(answer, self._voice(request)))

    def void(self, request: Request, body: VoidBody, by: Seller) -> Response:
        """Undo the last sale, or the one that is named, as a whole; after a while a supervisor must approve."""
        return reply(refund_shape(self.counter.void(body.ask(), by=by.name), self._voice(request)))

    def close(self, body: ClosureBody, by: Seller) -> Response:
        """Make an X or a Z report; the same op again returns the same."""
        return reply(self.counter.day.close(body.ask(), by=by.name))

    def last_closure(self, _by: Seller) -> Response:
        """Return the last Z report."""
        return reply(self.counter.day.last_closure())

    def slip_came_out(self, body: SlipWordBody, _by: Seller) -> Response:
        """Say whether a slip came out that the till does not know of; if not it is printed again."""
        return reply(self.counter.slip_came_out(body.op, whole=body.whole))

    def copy_slip(self, body: CopyBody, _by: Seller) -> Response:
        """Print a copy of a slip; it says COPY and its number. The same number again prints nothing."""
        return reply(self.counter.copy_slip(body.op, number=body.number))

    def meet(self, _by: Supervising) -> Response:
        """Meet headquarters now, and say how the two halves stand after it."""
        return reply(self._halves().now(timeout_s=MEETING_S).to_map())

    def take_stick(self, body: StickBody, _by: Supervising) -> Response:
        """Take headquarters' answer from a file of this machine, and say how the two halves stand after it."""
        halves = self._halves()
        if not body.file.isprintable():
            raise InvalidError("'file' must be printable characters")
        try:
            return reply(halves.take_stick(Path(body.file)).to_map())
        except OSError as error:
            raise UnknownError(f"the file cannot be read: {error.strerror}", hint="name it by its full path") from None

    def status(self, _by: Caller) -> Response:
        """Return how the till is: its journal, programme, devices, sync and slips."""
        programme = self.counter.programme
        named = programme and {"name": programme.name, "version": programme.version, "currency": programme.currency}
        return reply({**self.board.read(), "programme": named})

    async def listen(self, request: Request, by: Caller) -> Response:
        """Stream `member`, `voucher`, `notice`, `sale` ... events; a display gets what a customer may see."""
        kinds = DISPLAY_EVENTS if by.scope is Scope.DISPLAY else None
        listener = self.events.listen(kinds, language=language_of(request))
        return EventResponse(self.events, listener, is_welcome=lambda: token_of(request) == by)

    def _halves(self) -> Halves:
        if self.halves is None:
            raise NotAllowedError(
                "this till stands alone",
                said=Said("stands_alone"),
                hint="name its headquarters in till.toml: [sync] hq",
            )
        return self.halves

    def _voice(self, request: Request) -> Voice:
        return Voice(self.counter.require_programme(), language_of(request))


def routes(calls: Calls, members: MemberCalls, devices: DeviceCalls, *further: Call) -> APIRouter:
    """Return the calls under /v1 as routes, and `further` ones with them."""
    router = APIRouter(prefix="/v1", route_class=StrictRoute, dependencies=[Depends(HTTPBearer(auto_error=False))])
    rows: tuple[Call, ...] = (
        ("POST", "/identify", members.identify, MembersShape),
        ("POST", "/actions", members.act, ActionShape),
        ("POST", "/preview", calls.preview, SaleShape),
        ("POST", "/sales", calls.sell, SaleShape),
        ("POST", "/redemptions", calls.redeem, RedemptionShape),
        ("POST", "/preview_refund", calls.preview_refund, RefundPreviewShape),
        ("POST", "/refunds", calls.refund, RefundShape),
        ("POST", "/voids", calls.void, RefundShape),
        ("POST", "/members", members.enrol, EnrolAnswer),
        ("GET", "/members/{account}", members.member, MemberShape),
        ("POST", "/members/{account}/cards", members.link, LinkAnswer),
        ("POST", "/members/{account}/erasure", members.erase, EraseAnswer),
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
        *further,
    )
    for method, path, call, shape in rows:
        responses: dict[int | str, dict[str, Any]] = {"4XX": {"model": ErrorShape}, "5XX": {"model": ErrorShape}}
        responses[200] = {"model": shape} if shape else {"content": {"text/event-stream": {}}}
        if path == "/sales":
            responses[202] = {"model": AsideShape}
        router.add_api_route(path, call, methods=[method], responses=responses)
    return router


def _sold(op: str, by: str, answer: SaleAnswer, shape: SaleShape) -> dict[str, object]:
    return {"op": op, "by": by, "account": answer.member.account if answer.member else None, "sale": shape}
