"""The other processes of `crowd_answer`: all the tills that come back after an outage, and a bare server.

python -m rows.line.flood tills PORT FILE     FILE: JSON, [seconds from now, request] for each till; says what they saw
python -m rows.line.flood echo                says its port, and gives every request the same answer
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson

WINDOW_S = 10.0  # in which they come
_LATEST_S = 20.0  # who has no answer by then has none
_PAUSE_S = 10.0  # a till that is told to come again adds a pause of its own, up to this at its second try
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass(slots=True)
class Seen:
    """What the tills saw: for each status how long each answer took (s, from opening the connection to its last byte).

    `open_most` is how many connections were open at once, `unanswered` how many requests had no answer.
    """

    waited: dict[str, list[float]] = field(default_factory=dict)
    open_most: int = 0
    unanswered: int = 0


class Flood:
    """Tills that open a connection each, at their moments; who is told 429 comes again as it is told."""

    def __init__(self, port: int) -> None:
        self.seen = Seen()
        self._port = port
        self._open = 0
        self._chance = random.Random(7)  # noqa: S311 - it spreads them
        self._began = time.perf_counter()

    async def come(self, at_s: float, request: bytes) -> None:
        """Be one till."""
        while at_s < WINDOW_S:
            await asyncio.sleep(at_s - (time.perf_counter() - self._began))
            self._open += 1
            self.seen.open_most = max(self.seen.open_most, self._open)
            began = time.perf_counter()
            try:
                status, later_s = await asyncio.wait_for(self._ask(request), _LATEST_S)
            except (OSError, EOFError, TimeoutError):
                self.seen.unanswered += 1
                return
            finally:
                self._open -= 1
            ended = time.perf_counter()
            self.seen.waited.setdefault(status, []).append(ended - began)
            if status != "429":
                return
            at_s = ended - self._began + later_s + self._chance.uniform(0, _PAUSE_S)

    async def _ask(self, request: bytes) -> tuple[str, float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
            await reader.readexactly(int(headers["content-length"]))
            return head[9:12], float(headers.get("retry-after", "0"))
        finally:
            writer.close()


async def _tills(port: int, visits: list[tuple[float, str]]) -> Seen:
    flood = Flood(port)
    await asyncio.gather(*(flood.come(at_s, request.encode()) for at_s, request in visits))
    return flood.seen


async def _echo() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ANSWER)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    match sys.argv[1:]:
        case ["tills", port, file]:
            seen = asyncio.run(_tills(int(port), orjson.loads(Path(file).read_bytes())))
            sys.stdout.write(orjson.dumps(seen).decode())
        case ["echo"]:
            asyncio.run(_echo())
        case other:
            raise SystemExit(f"unknown flood {other}")
