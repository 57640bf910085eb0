"""Headquarters as one ASGI application: the tills' door and the desk's page."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from agent.errors import BusyError, RequestTooLargeError
from agent.journal.wire.form import BATCH_TYPE, MAP_TYPE, PATH, WITNESS_TYPE
from hq.apart.forks import machines
from hq.books.totals import books, page_of_tills
from hq.books.worker import BooksWorker
from hq.database import Database
from hq.desk.page import quiet_since_ms, render
from hq.desk.visitor import ELSEWHERE, is_here
from hq.keys import Keys
from hq.receive import door
from hq.receive.crowd import Crowd
from hq.receive.door import Door
from hq.receive.porter import Porter, come_again
from hq.receive.signatures import Request as SignedRequest
from hq.work.jobs import last_runs

log = logging.getLogger(__name__)

_ROUTES = {
    door.ENROL: ("Enrol a till with a one-off code", MAP_TYPE),
    door.WHERE: ("Say what is held of the till's journal", MAP_TYPE),
    door.ENTRIES: ("Take a batch of entries", BATCH_TYPE),
    door.FEED: ("Give the next page of the feed", MAP_TYPE),
    door.SPEND: ("Promise units of a member for a redemption", MAP_TYPE),
    door.BRANCH: ("Take what a machine holds while two speak as its till", BATCH_TYPE),
    door.WITNESS: ("Take headquarters' own entries back", WITNESS_TYPE),
    door.SALE: ("Give a sale of another till, that its goods may come back", MAP_TYPE),
}


_METHODS = ["DELETE", "GET", "PATCH", "POST", "PUT"]  # a till must hear in our name that it asks for what is not here


def make_app(name: str, database: Database, keys: Keys) -> FastAPI:
    """Return the application; its lifespan runs the books' worker."""
    entrance, crowd = Door(database, keys, threading.Event()), Crowd()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        worker = BooksWorker(database, keys, entrance.arrived, makes_way=crowd.is_pressing)
        worker.start()
        yield
        await run_in_threadpool(worker.stop)

    app = FastAPI(title=name, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_exception_handler(ClientDisconnect, _cut)
    refusal = entrance.refusal(429, BusyError("headquarters has more to do than it can answer at once")).body
    app.add_middleware(Porter, crowd=crowd, refusal=refusal)

    async def sync(request: Request) -> Response:
        return await _sync(entrance, crowd, request) or come_again(refusal)

    for path, (summary, media_type) in _ROUTES.items():
        body = {"requestBody": {"content": {media_type: {}}, "required": True}}
        app.add_api_route(path, sync, methods=["POST"], summary=summary, response_class=Response, openapi_extra=body)
    app.add_api_route(f"{PATH}/{{word:path}}", sync, methods=_METHODS, include_in_schema=False)

    @app.get("/", response_class=HTMLResponse, responses={403: {"content": {"text/plain": {}}}})
    def desk(request: Request, page: int = 1) -> Response:
        if not is_here(request.client.host if request.client else "", request.headers.get("host", "")):
            return PlainTextResponse(ELSEWHERE, 403)
        with database.read() as conn:
            tills = page_of_tills(conn, page, quiet_since_ms=quiet_since_ms())
            return HTMLResponse(render(name, tills, books(conn), last_runs(conn), machines(conn)))

    return app


async def _cut(request: Request, _error: Exception) -> Response:
    """Say nothing, to nobody: the line was cut inside a request, and the till will send it again."""
    log.warning("a request was cut path=%s", request.url.path)
    return Response(status_code=400)


async def _sync(entrance: Door, crowd: Crowd, request: Request) -> Response | None:
    """Return the answer, None if there was no room for the request."""
    limit = 2 * entrance.bytes_max(request.url.path)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            answer = entrance.refuse(413, RequestTooLargeError(f"the request's body is over {limit} bytes"))
            return Response(answer.body, answer.status, media_type=answer.type)
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    asked = SignedRequest(
        request.method,
        request.scope["raw_path"].decode("ascii", "replace"),
        request.scope["query_string"].decode("ascii", "replace"),
        headers,
        bytes(body),
        request.client.host if request.client else "",
    )
    found = await crowd.admit(partial(entrance.answer, asked), size=len(body))
    if found is None:
        return None
    answer, signed = found
    return Response(answer.body, answer.status, headers=signed)
