import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from agent.errors import ConfigError, ProgrammeError
from hq.database import Database
from hq.serve import Serving
from hq.work.jobs import last_runs
from tests.hq.headquarters import PROGRAMME, opened, serving, set_port, state_of_books, wait_for_books
from tests.hq.visitor import Visitor, moved

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.databases("sqlite", "postgresql")


@pytest.mark.databases("sqlite")
def test_a_second_server_on_the_same_database_is_refused(folder: Path) -> None:
    with Serving(folder), pytest.raises(ConfigError, match="served by another process"):
        Serving(folder)


def test_after_the_first_has_ended_another_may_serve(folder: Path) -> None:
    for _ in range(2):
        with Serving(folder) as server:
            assert server.address.startswith("http://127.0.0.1:")


def test_an_address_that_is_taken_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        set_port(folder, port)

        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}"):
            Serving(folder)


def test_small_answers_are_not_held_back(folder: Path) -> None:
    """Asyncio turns off Nagle's delay only for a socket that says it is TCP: 40 ms a request otherwise."""
    with Serving(folder) as server:
        assert server._listening.proto == socket.IPPROTO_TCP


def test_a_programme_that_cannot_be_used_stops_the_start(folder: Path) -> None:
    (folder / PROGRAMME.name).write_text("name = 7")

    with pytest.raises(ProgrammeError):
        Serving(folder)


def test_serving_books_what_was_left(folder: Path, till: Visitor) -> None:
    till.append(postings=moved("a", 5))
    till.send()

    with serving(folder):
        wait_for_books(folder)

    assert state_of_books(folder)["lots"] == [("a", "points", "l1", None, 5)]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_stops_last_merges_what_stands_beside_the_database(folder: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", "from hq.cli import main; main()", "serve", "--dir", str(folder)]
    beside = folder / "hq.sqlite-wal"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        address = serving.stdout.readline().removeprefix("listening on ").strip()
        assert httpx.get(address).status_code == 200
        assert beside.exists()
        serving.send_signal(number)
        assert serving.wait(20) == 0

    assert not beside.exists()


@pytest.mark.databases("sqlite")
def test_work_that_goes_on_ends_as_it_should_when_it_is_told_to(folder: Path) -> None:
    command = [sys.executable, "-c", "from hq.cli import main; main()", "work", "--every", "1", "--dir", str(folder)]
    with subprocess.Popen(command, cwd=ROOT) as working, opened(folder) as database:
        ends = time.monotonic() + 20
        while not _runs(database):
            assert time.monotonic() < ends
            time.sleep(0.02)
        working.terminate()
        assert working.wait(20) == 0


def _runs(database: Database) -> int:
    with database.read() as conn:
        return len(last_runs(conn))
