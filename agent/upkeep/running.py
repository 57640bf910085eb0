"""Where the running agent listens: a small file beside the ledger that only its owner can read.

The daemon writes it when it is up and removes it when it goes; the command line finds the agent by it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from agent.errors import RefusalError, TallyError

_NAME = "agent.json"
_ANSWER_S = 10.0
_ALIVE_S = 60.0  # the agent sends a comment every 15 s; one that is silent so long has gone


class NotRunningError(TallyError):
    """No agent is running on this till."""

    hint = "start it: `tally run`"


@dataclass(frozen=True, slots=True)
class Running:
    """A running agent: its process, the port of its local API, and a supervisor's token for it."""

    pid: int
    port: int
    token: str

    @property
    def url(self) -> str:
        """The base address of the local API."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, limit_s: float | None = None
    ) -> dict[str, Any]:
        """Call the local API and return its answer, within `limit_s` (10 s if not named).

        Raises RefusalError for a refusal, NotRunningError for silence.
        """
        import httpx  # takes longer to load than most commands take

        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            with httpx.Client(trust_env=False, timeout=limit_s or _ANSWER_S) as client:
                answer = client.request(method, self.url + path, headers=headers, json=body)
        except httpx.TransportError as error:
            raise self._silence() from error
        if not answer.is_success:
            raise self._refusal(answer.content)
        try:
            value: dict[str, Any] = orjson.loads(answer.content)
        except ValueError as error:
            raise self._stranger() from error
        return value

    async def listen(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield the agent's events, each with its kind, as they come; ends when the agent does.

        NotRunningError if it does not answer, RefusalError if it refuses.
        """
        import httpx

        timeout = httpx.Timeout(_ANSWER_S, read=_ALIVE_S)
        try:
            async with (
                httpx.AsyncClient(trust_env=False, timeout=timeout) as client,
                client.stream(
                    "GET", f"{self.url}/v1/events", headers={"Authorization": f"Bearer {self.token}"}
                ) as answer,
            ):
                if not answer.is_success:
                    raise self._refusal(await answer.aread())
                kind = ""
                async for line in answer.aiter_lines():
                    field, _, value = line.partition(": ")
                    if field == "event":
                        kind = value
                    elif field == "data":
                        yield kind, orjson.loads(value)
        except httpx.TransportError as error:
            raise self._silence() from error

    def _refusal(self, content: bytes) -> TallyError:
        """Return what the agent says no with, or that what answers is none."""
        try:
            error = orjson.loads(content)["error"]
            return RefusalError(error["message"], hint=error["hint"])
        except (ValueError, KeyError, TypeError):
            return self._stranger()

    def _stranger(self) -> NotRunningError:
        return NotRunningError(f"what answers on port {self.port} is no agent")

    def _silence(self) -> NotRunningError:
        return NotRunningError(f"the agent (process {self.pid}) does not answer on port {self.port}")


def write_running(folder: Path, running: Running) -> None:
    """Say where the agent is; the file is complete or not there at all."""
    new = folder / (_NAME + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps(asdict(running)))
    new.replace(folder / _NAME)


def remove_running(folder: Path) -> None:
    """Say that the agent has gone."""
    (folder / _NAME).unlink(missing_ok=True)


def find_running(folder: Path) -> Running | None:
    """Return the running agent, or None; a file left behind by one that was killed does not count."""
    try:
        running = Running(**orjson.loads((folder / _NAME).read_bytes()))
        os.kill(running.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return running


def require_running(folder: Path) -> Running:
    """Return the running agent; raises NotRunningError."""
    running = find_running(folder)
    if running is None:
        raise NotRunningError(f"no agent is running on the ledger in {str(folder)!r}")
    return running
