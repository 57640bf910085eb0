"""The application: the calls under /v1, the cashier's page, and the door in front of both."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from agent.counter import Counter
from agent.devices.supervision.supervisor import Supervisor
from agent.errors import TallyError
from agent.web.api.calls.complaints import ComplaintCalls, Explain
from agent.web.api.calls.details import DetailCalls
from agent.web.api.calls.devices import DeviceCalls
from agent.web.api.calls.members import MemberCalls
from agent.web.api.calls.staff import StaffCalls
from agent.web.api.calls.watching import WatchingCalls
from agent.web.api.errors import NoSuchCallError, error_response
from agent.web.api.policies import PolicyFile
from agent.web.api.requests.form import explain
from agent.web.api.routes import Calls, Halves, routes
from agent.web.events import EventHub
from agent.web.gate import Gate
from agent.web.language import language_of
from agent.web.screen.at_hand import AtHand
from agent.web.screen.calls import ScreenCalls, screen_routes
from agent.web.screen.pages import page_routes
from agent.web.settings import WebSettings
from agent.web.status import StatusBoard
from agent.web.tokens import Tokens

_STATIC = Path(__file__).with_name("screen") / "static"


def create_app(
    counter: Counter,
    *,
    devices: Supervisor,
    drawer: str | None,
    tokens: Tokens,
    board: StatusBoard,
    events: EventHub,
    settings: WebSettings,
    halves: Halves | None = None,
    explain_sale: Explain | None = None,
) -> FastAPI:
    """Build the application; nothing is opened and no thread is started.

    `drawer` names the device that opens it, `halves` meets headquarters if there is one, `explain_sale` says what
    each rule said to a recorded sale.
    """
    app = FastAPI(title="Tallystick local API", version=version("tallystick"), docs_url=None, redoc_url=None)
    app.state.tokens = tokens
    app.state.counter = counter
    app.state.events = events
    app.state.language = settings.language
    app.add_exception_handler(TallyError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _no_such_call)
    calls = Calls(counter, events, board, halves)
    at_hand = AtHand(counter, events, language=settings.language)
    members = MemberCalls(counter, at_hand.paying)
    complaints = ComplaintCalls(counter, PolicyFile(settings.policies), explain_sale)
    further = (
        *StaffCalls(counter, events).rows(),
        *complaints.rows(),
        *WatchingCalls(counter).rows(),
        *DetailCalls(counter, settings.language).rows(),
    )
    app.include_router(routes(calls, members, DeviceCalls(counter, devices, drawer), *further))
    app.include_router(screen_routes(ScreenCalls(at_hand)))
    app.include_router(page_routes(counter, tokens, advert=settings.advert))
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.add_middleware(Gate, settings=settings)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, TallyError)
    return error_response(error, language=language_of(request))


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return error_response(explain(error.errors()), language=language_of(request))


async def _no_such_call(_request: Request, _error: Exception) -> Response:
    return error_response(NoSuchCallError("there is no such call, or not with this method"))
