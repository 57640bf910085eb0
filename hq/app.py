"""Headquarters as one ASGI application: the tills' door and the desk's page."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from agent.errors import EntryTooLargeError
from agent.journal.wire import BATCH_TYPE, MAP_TYPE
from hq.books.totals import books, tills
from hq.books.worker import BooksWorker
from hq.database import Database
from hq.desk.page import render
from hq.keys import Keys
from hq.receive import door
from hq.receive.door import Door
from hq.receive.signatures import Request as SignedRequest

_ROUTES = {
    door.ENROL: ("Enrol a till with a one-off code", MAP_TYPE),
    door.WHERE: ("Say what is held of the till's journal", MAP_TYPE),
    door.ENTRIES: ("Take a batch of entries", BATCH_TYPE),
    door.FEED: ("Give the next page of the feed", MAP_TYPE),
}


def make_app(name: str, database: Database, keys: Keys) -> FastAPI:
    """Return the application; its lifespan runs the books' worker."""
    entrance = Door(database, keys, threading.Event())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        worker = BooksWorker(database, keys, entrance.arrived)
        worker.start()
        yield
        await run_in_threadpool(worker.stop)

    app = FastAPI(title=name, lifespan=lifespan, docs_url=None, redoc_url=None)

    async def sync(request: Request) -> Response:
        return await _sync(entrance, request)

    for path, (summary, media_type) in _ROUTES.items():
        body = {"requestBody": {"content": {media_type: {}}, "required": True}}
        app.add_api_route(path, sync, methods=["POST"], summary=summary, response_class=Response, openapi_extra=body)

    @app.get("/", response_class=HTMLResponse)
    def desk() -> str:
        with database.read() as conn:
            return render(name, tills(conn), books(conn))

    return app


async def _sync(entrance: Door, request: Request) -> Response:
    limit = entrance.bytes_max(request.url.path)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            answer = entrance.refuse(413, EntryTooLargeError(f"the request's body is over {limit} bytes"))
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
    )
    answer, signed = await run_in_threadpool(entrance.answer, asked)
    return Response(answer.body, answer.status, headers=signed)
