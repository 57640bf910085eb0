"""Killed at any moment (SIGKILL), headquarters neither loses nor doubles: what it acknowledged is there, once."""

import multiprocessing
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from agent.errors import SyncError
from hq import config, keys
from hq.books.worker import rebuild
from hq.serve import Serving
from tests.hq.headquarters import opened, set_port, state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till

pytestmark = pytest.mark.databases("sqlite", "postgresql")

_MEETINGS_MAX = 200


def _serve(folder: Path, listening: Connection) -> None:
    with Serving(folder) as server:
        set_port(folder, int(server.address.rpartition(":")[2]))
        listening.send(server.address)
        server.run()


class Victim:
    """A headquarters in a process of its own, which can be killed and begun again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: BaseProcess | None = None

    def begin(self) -> str:
        """Begin to serve and return the address."""
        context = multiprocessing.get_context("fork")
        here, there = context.Pipe(duplex=False)
        with here, there:
            process = context.Process(target=_serve, args=(self.folder, there))
            process.start()
            self._process = process
            assert here.poll(10)
            return str(here.recv())

    def kill(self) -> None:
        """End it as a power cut of the process would."""
        assert self._process is not None
        self._process.kill()
        self._process.join()
        self._process.close()
        self._process = None


@contextmanager
def _killed_after(victim: Victim, delay_s: float) -> Iterator[None]:
    timer = threading.Timer(delay_s, victim.kill)
    timer.start()
    try:
        yield
    finally:
        timer.join()


@pytest.fixture
def victim(folder: Path) -> Iterator[Victim]:
    one = Victim(folder)
    yield one
    one.kill()


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_S2_killed_while_it_receives_headquarters_ends_with_the_same_books(
    victim: Victim, tmp_path: Path, kills: int
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    address = victim.begin()
    with Till(tmp_path, "1", address) as till:
        till.settings = type(till.settings)(hq=address, timeout_s=3)
        till.enrol(victim.folder)
        till.batch_entries = 10
        for number in range(150):
            sale = till.sell(number % 9 + 1, card=number % 25)
            if number % 10 == 9:
                till.refund(sale)
        for _ in range(kills):
            with _killed_after(victim, chance.uniform(0.0, 0.25)):
                _meet_until_it_fails(till)
            victim.begin()
        till.meet()
        books = wait_for_books(victim.folder)

        row = till_rows(victim.folder)["corner/1"]
        assert (row.seq, row.head) == (till.ledger.identity.seq, till.ledger.identity.head.hex()), f"seed {seed}"
        assert (row.quarantined, row.flags) == (0, ())
        assert books.balanced
        assert _lots(victim.folder) == _own_lots(till), f"seed {seed}"
        assert [(one.sales, one.refunds) for one in books.takings] == [(till.sales, 15)]
    said = state_of_books(victim.folder)
    victim.kill()
    with opened(victim.folder) as database:
        rebuild(database, keys.load(config.load(victim.folder).keys))
    assert state_of_books(victim.folder) == said
    victim.begin()


def _meet_until_it_fails(till: Till) -> None:
    """Keep the door busy until the kill: send what is left, then sell and send one by one."""
    for _ in range(_MEETINGS_MAX):
        till.sell(2, card=till.sales % 25)
        try:
            till.meet()
        except SyncError:
            return


def _own_lots(till: Till) -> Counter[tuple[str, str, str]]:
    with till.ledger.reading() as conn:
        rows = conn.execute("SELECT account, unit, lot, amount FROM lot WHERE amount != 0").fetchall()
    return Counter({(account, unit, lot): amount for account, unit, lot, amount in rows})


def _lots(folder: Path) -> Counter[tuple[str, str, str]]:
    rows = state_of_books(folder)["lots"]
    return Counter({(account, unit, lot): amount for account, unit, lot, _, amount in rows if amount})
