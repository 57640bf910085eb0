import asyncio
import os
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent.errors import RefusalError
from agent.upkeep import running as module
from agent.upkeep.running import (
    NotRunningError,
    Running,
    find_running,
    remove_running,
    require_running,
    write_running,
)
from agent.web.tokens import Scope
from tests.web.till import WebTill, serve

HERE = Running(os.getpid(), 8765, "secret")


def dead_pid() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebTill]:
    with serve(tmp_path_factory.mktemp("till")) as served:
        yield served


def running(till: WebTill, scope: Scope = Scope.SUPERVISOR) -> Running:
    return Running(os.getpid(), till.server.port, till.secrets[scope])


# -- the file --------------------------------------------------------------------------------------------------------


def test_what_was_written_is_found(tmp_path: Path) -> None:
    write_running(tmp_path, HERE)

    assert find_running(tmp_path) == HERE
    assert require_running(tmp_path) == HERE


def test_the_file_is_for_its_owner_only_and_complete_or_not_there(tmp_path: Path) -> None:
    write_running(tmp_path, Running(os.getpid(), 1, "old"))
    write_running(tmp_path, HERE)

    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert find_running(tmp_path) == HERE


def test_an_agent_that_has_gone_is_not_found(tmp_path: Path) -> None:
    write_running(tmp_path, HERE)
    remove_running(tmp_path)
    remove_running(tmp_path)

    assert find_running(tmp_path) is None
    with pytest.raises(NotRunningError, match="no agent is running on the ledger in ") as caught:
        require_running(tmp_path)
    assert "tally run" in caught.value.hint


def test_the_file_of_a_killed_agent_does_not_count(tmp_path: Path) -> None:
    write_running(tmp_path, Running(dead_pid(), 8765, "secret"))

    assert find_running(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"pid": "x", "port": 1, "token": ""}'])
def test_a_file_that_says_nothing_does_not_count(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "agent.json").write_bytes(content)

    assert find_running(tmp_path) is None


def test_no_folder_is_no_agent(tmp_path: Path) -> None:
    assert find_running(tmp_path / "none") is None


# -- asking the agent ------------------------------------------------------------------------------------------------


def test_the_agent_answers(till: WebTill) -> None:
    assert "programme" in running(till).ask("GET", "/v1/status")


def test_no_proxy_stands_between(till: WebTill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    assert "programme" in running(till).ask("GET", "/v1/status")


def test_what_the_agent_refuses_is_raised_with_its_words_and_hint(till: WebTill) -> None:
    with pytest.raises(RefusalError, match="no account ending in 'body'") as caught:
        running(till).ask("GET", "/v1/members/nobody")

    assert caught.value.hint == "read the card again"


def test_a_token_that_is_not_known_is_refused(till: WebTill) -> None:
    with pytest.raises(RefusalError):
        Running(os.getpid(), till.server.port, "another").ask("GET", "/v1/status")


def test_nobody_on_the_port_is_no_agent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]

    with pytest.raises(NotRunningError, match=rf"\(process {os.getpid()}\) does not answer on port {port}"):
        Running(os.getpid(), port, "secret").ask("GET", "/v1/status")


def test_silence_is_no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(NotRunningError, match="does not answer"):
            Running(os.getpid(), port, "secret").ask("GET", "/v1/status")


@contextmanager
def another_program(status: int, content: bytes) -> Iterator[int]:
    """A program that is no agent and has the port."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the name in the standard library
            pass

        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield server.server_port
        thread.join()


@pytest.mark.parametrize(
    ("status", "content"), [(200, b"<html>"), (404, b""), (404, b"{}"), (500, b'{"error": "x"}'), (403, b"[]")]
)
def test_another_program_on_the_port_is_no_agent(status: int, content: bytes) -> None:
    with another_program(status, content) as port, pytest.raises(NotRunningError, match="is no agent"):
        Running(os.getpid(), port, "secret").ask("GET", "/v1/status")


# -- hearing its events ----------------------------------------------------------------------------------------------


async def first_event(agent: Running) -> tuple[str, dict[str, Any]]:
    """The first event that comes within five seconds."""
    async with asyncio.timeout(5):
        async for heard in agent.listen():
            return heard
    raise AssertionError("it ended")


def test_events_are_heard_as_they_come(till: WebTill) -> None:
    is_heard = threading.Event()

    def publish() -> None:
        while not is_heard.wait(0.02):
            till.events.publish("device", {"name": "slips", "text": "ș: ok"})

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        heard = asyncio.run(first_event(running(till)))
    finally:
        is_heard.set()
        thread.join()

    assert heard == ("device", {"name": "slips", "text": "ș: ok"})


def test_who_may_not_hear_is_told_so(till: WebTill) -> None:
    with pytest.raises(RefusalError):
        asyncio.run(first_event(Running(os.getpid(), till.server.port, "another")))


def test_nobody_is_heard_on_a_port_without_an_agent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]

    with pytest.raises(NotRunningError, match="does not answer"):
        asyncio.run(first_event(Running(os.getpid(), port, "secret")))


def test_another_program_is_not_listened_to() -> None:
    with another_program(404, b"nothing here") as port, pytest.raises(NotRunningError, match="is no agent"):
        asyncio.run(first_event(Running(os.getpid(), port, "secret")))


def test_an_agent_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ALIVE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(NotRunningError, match="does not answer"):
            asyncio.run(first_event(Running(os.getpid(), port, "secret")))
