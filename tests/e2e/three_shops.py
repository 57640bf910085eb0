"""Three tills and a headquarters on PostgreSQL with two workers, as processes, with a bad line before each till."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx

from agent.upkeep.replay.feed import open_feeder
from agent.upkeep.replay.plan import Planned, PlannedRefund, ReturnedLine
from agent.upkeep.replay.player import ReplaySummary, play
from hq.config import FILE_NAME
from play.house import PROGRAMME, House, free_port
from tests.faults.sync.proxy import GATEWAY, PORTAL, Fault, Proxy
from tests.hq.headquarters import found, set_port

SHOPS = ("corner", "harbour", "station")
WORKERS = 2
READY_S = 30.0
BAD = (
    Fault(request_cut=200),
    Fault(request_cut=-5),
    Fault(answer_cut=0),
    Fault(answer_cut=-5),
    Fault(answer_flip=-5),
    Fault(twice=True),
    Fault(instead=PORTAL),
    Fault(after=GATEWAY),
    Fault(delay_s=0.3),
)


class Headquarters:
    """The process of a headquarters of three shops, and its workers."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = found(folder, database=database)
        for shop in SHOPS[1:]:
            with (folder / FILE_NAME).open("a") as file:
                file.write(f'\n[[shops]]\nid = "{shop}"\nprogramme = "{PROGRAMME.name}"\n')
        self.port = free_port()
        set_port(folder, self.port)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, and wait until it answers; after a plug was pulled its workers may take a moment to be gone."""
        ends = time.monotonic() + READY_S
        while not self._answers():
            assert time.monotonic() < ends, "headquarters does not come up"
            if self._process is None or self._process.poll() is not None:
                self._process = self._serve()
            time.sleep(0.1)

    def pull_the_plug(self) -> None:
        """End all of its processes at once."""
        assert self._process is not None
        for pid in (self._process.pid, *self.workers()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def kill_a_worker(self) -> None:
        """End one of its processes; another begins."""
        with suppress(ProcessLookupError):
            os.kill(random.choice(self.workers()), signal.SIGKILL)

    def workers(self) -> list[int]:
        """Return the ids of its working processes."""
        assert self._process is not None
        found = subprocess.run(["pgrep", "-P", str(self._process.pid)], capture_output=True, check=False)
        return [int(pid) for pid in found.stdout.split()]

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _serve(self) -> subprocess.Popen[bytes]:
        arguments = [
            str(Path(sys.executable).with_name("tally-hq")),
            "serve",
            "--dir",
            str(self.folder),
            "--workers",
            str(WORKERS),
        ]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/", trust_env=False, timeout=5).is_success
        except httpx.TransportError:
            return False


class ShopHouse(House):
    """A till of one of the shops, which reaches headquarters by a line of its own."""

    def __init__(self, folder: Path, *, shop: str, hq: Path, line: Proxy) -> None:
        super().__init__(folder)
        self.shop = shop
        self.hq_folder = hq
        self.hq_url = line.address

    def prepare(self) -> None:
        """Set the till up and enrol it; headquarters is there."""
        self.folder.mkdir(parents=True)
        self.set_up_till()
        self.enrol()

    def __exit__(self, *_: object) -> None:
        """End the till; headquarters is not its own."""
        self.stop_till(signal.SIGTERM)

    def play(self, planned: Iterable[Planned]) -> ReplaySummary:
        """Play what was bought in this shop."""
        with open_feeder(self.reader, self.feed) as feeder:
            return play(planned, url=self.running.url, token=self.token(), feeder=feeder)


class Gremlin:
    """Spoils the lines and pulls plugs, `times` times each, until the block ends. Its seed says when."""

    def __init__(self, hq: Headquarters, houses: list[ShopHouse], lines: list[Proxy], *, times: int, seed: int) -> None:
        self._hq = hq
        self._houses = houses
        self._lines = lines
        self._chance = random.Random(seed)
        self._left = ["hq", "worker", *("till" for _ in houses)] * times
        self._chance.shuffle(self._left)
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._spoil), threading.Thread(target=self._pull)]
        self.errors: list[Exception] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    @property
    def is_done(self) -> bool:
        """Whether every plug was pulled."""
        return not self._left

    def _spoil(self) -> None:
        while not self._ending.wait(self._chance.uniform(0.05, 0.5)):
            self._chance.choice(self._lines).faults.append(self._chance.choice(BAD))

    def _pull(self) -> None:
        while self._left and not self._ending.wait(self._chance.uniform(1.0, 3.0)):
            try:
                self._pull_one(self._left.pop())
            except Exception as error:  # noqa: BLE001 - whatever it is, the test says so in the end
                self.errors.append(error)

    def _pull_one(self, which: str) -> None:
        if which == "hq":
            self._hq.pull_the_plug()
            self._hq.start()
        elif which == "worker":
            self._hq.kill_a_worker()
        else:
            house = self._chance.choice(self._houses)
            house.stop_till(signal.SIGKILL)
            house.start_till()


def dealt(planned: list[Planned], *, shops: int) -> list[list[Planned]]:
    """Deal invoices out to so many shops: a refund to the shop of its sales, everything else by turns."""
    together = {one.op: one.op for one in planned}  # op -> an op that goes to the same shop, itself if none

    def root(op: str) -> str:
        while together[op] != op:
            op = together[op]
        return op

    for one in planned:
        if isinstance(one, PlannedRefund):
            for line in one.lines:
                if isinstance(line, ReturnedLine):
                    together[root(line.sale)] = root(one.op)
    shop_of = {first: number % shops for number, first in enumerate(sorted({root(one.op) for one in planned}))}
    hands: list[list[Planned]] = [[] for _ in range(shops)]
    for one in planned:
        hands[shop_of[root(one.op)]].append(one)
    return hands
