"""Where the running agent listens: a small file beside the ledger that only its owner can read.

The daemon writes it when it is up and removes it when it goes; the command line finds the agent by it.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from agent.errors import RefusalError, TallyError

_NAME = "agent.json"
_ANSWER_S = 10.0


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

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the local API and return its answer; raises RefusalError for a refusal, NotRunningError for silence."""
        import httpx  # takes longer to load than most commands take

        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            with httpx.Client(trust_env=False, timeout=_ANSWER_S) as client:
                answer = client.request(method, self.url + path, headers=headers, json=body)
        except httpx.TransportError as error:
            raise NotRunningError(f"the agent (process {self.pid}) does not answer on port {self.port}") from error
        try:
            value: dict[str, Any] = orjson.loads(answer.content)
            if answer.is_success:
                return value
            refused = RefusalError(value["error"]["message"], hint=value["error"]["hint"])
        except (ValueError, KeyError, TypeError) as error:
            raise NotRunningError(f"what answers on port {self.port} is no agent") from error
        raise refused


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
