"""S13: while there is no room nobody reads what a till brings."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
from starlette.responses import PlainTextResponse

from hq.receive.crowd import LATER_S, Crowd
from hq.receive.porter import Porter

REFUSAL = b'{"error":"busy"}'


async def _unread() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


def _asked_in_a_crowd(path: str) -> httpx.Response:
    """Ask while everybody who may wait does so."""

    async def ask() -> httpx.Response:
        crowd = Crowd()
        others = [asyncio.create_task(crowd.admit(lambda: time.sleep(0.2), size=0)) for _ in range(100)]
        await asyncio.sleep(0.05)
        inside = httpx.ASGITransport(Porter(PlainTextResponse("inside"), crowd, REFUSAL))
        async with httpx.AsyncClient(transport=inside, base_url="http://hq") as client:
            answer = await client.post(path, content=_unread())
        await asyncio.gather(*others)
        return answer

    return asyncio.run(ask())


def test_S13_a_till_is_told_to_come_again_before_its_body_is_read() -> None:
    answer = _asked_in_a_crowd("/sync/v1/entries")

    assert (answer.status_code, answer.content) == (429, REFUSAL)
    assert LATER_S[0] <= int(answer.headers["retry-after"]) <= LATER_S[1]
    assert "signature" not in answer.headers


def test_who_is_no_till_passes() -> None:
    assert _asked_in_a_crowd("/").text == "inside"
