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
from agent.web.api.devices import DeviceCalls
from agent.web.api.errors import NoSuchCallError, error_response
from agent.web.api.requests import explain
from agent.web.api.routes import Calls, Halves, routes
from agent.web.events import EventHub
from agent.web.gate import Gate
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
) -> FastAPI:
    """Build the application; nothing is opened and no thread is started.

    `drawer` names the device that opens it, `halves` meets headquarters if there is one.
    """
    app = FastAPI(title="Tallystick local API", version=version("tallystick"), docs_url=None, redoc_url=None)
    app.state.tokens = tokens
    app.state.events = events
    app.state.language = settings.language
    app.add_exception_handler(TallyError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _no_such_call)
    calls = Calls(counter, events, board, settings.language, halves)
    app.include_router(routes(calls, DeviceCalls(counter, devices, drawer)))
    app.include_router(page_routes(counter, tokens, settings.language))
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.add_middleware(Gate, settings=settings)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, TallyError)
    return error_response(error, language=request.app.state.language)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return error_response(explain(error.errors()), language=request.app.state.language)


async def _no_such_call(_request: Request, _error: Exception) -> Response:
    return error_response(NoSuchCallError("there is no such call, or not with this method"))
