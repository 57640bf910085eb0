"""A headquarters of two shops and its tills as they stand on the first evening: made once, copied for every seed."""

from __future__ import annotations

import functools
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from agent.counter import EnrolAsk, SaleAsk
from agent.loyalty.sale import Line
from agent.sync.enrol import enrol
from agent.sync.settings import SyncSettings
from hq.receive.signatures import Request
from tests.faults.sync.simulator.halves import Headquarters, SimTill
from tests.faults.sync.simulator.world import Times, governed
from tests.hq.headquarters import code_for, serving
from tests.sync.chain import found_chain
from tests.sync.halves import card_number

HQ = "hq"
MEMBERS = 4  # who have a card and points on the first evening
_MEMORY = Path("/dev/shm")  # a disk is not what is simulated here; without it, any folder does


def names(tills: int) -> list[str]:
    """Name so many tills: of four, three are the corner's and one the harbour's."""
    return [f"{'harbour' if number % 4 == 3 else 'corner'}/{number + 1}" for number in range(tills)]


def phone(number: int) -> str:
    """Return one of Ofcom's numbers for drama."""
    return f"020 7946 {number:04}"


def till_folder(folder: Path, till: str) -> Path:
    return folder / till.replace("/", "-")


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder for the block, in memory if there is such a place."""
    where = _MEMORY if _MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="tallystick-", dir=where))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Chains:
    """The first evenings, by the number of tills."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = functools.cache(self._make)

    @contextmanager
    def copy(self, tills: int) -> Iterator[Path]:
        """Give a copy of the first evening of so many tills for the block."""
        copied = self._folder / "run"
        shutil.copytree(self._made(tills), copied)
        try:
            yield copied
        finally:
            shutil.rmtree(copied)

    def _make(self, tills: int) -> Path:
        folder, times = self._folder / f"of-{tills}", Times()
        with governed(times, random.Random(tills)):
            hq = found_chain(folder / HQ)
            with serving(hq) as address:
                for till in names(tills):
                    _enrol(folder, till, times, hq, address)
            _first_day(folder, tills, times)
        return folder


def _first_day(folder: Path, tills: int, times: Times) -> None:
    """Let every till hear of the others and of its programme, and of members who bought at the first."""
    headquarters = Headquarters(folder / HQ)
    made = [SimTill(till_folder(folder, name), name, times, headquarters.answer) for name in names(tills)]
    _all_meet(headquarters, made)
    for number in range(MEMBERS):
        joining = EnrolAsk(f"join-{number}", name=f"Ada {number}", phone=phone(number), card=card_number(number))
        account = made[0].counter.enrol(joining, by="pos").account
        made[0].counter.sell(SaleAsk(f"first-{number}", (Line("mug", 1000, 200_00),), account), by="pos")
    _all_meet(headquarters, made)
    for till in made:
        till.stop()
    headquarters.close()


def _all_meet(headquarters: Headquarters, tills: list[SimTill]) -> None:
    for till in tills * 2:
        assert till.meet(), till.error
        headquarters.advance()


def _enrol(folder: Path, name: str, times: Times, hq: Path, address: str) -> None:
    till = SimTill(till_folder(folder, name), name, times, _nobody)
    shop, _, number = name.partition("/")
    enrol(till.ledger, SyncSettings(hq=address), code_for(hq, number, shop=shop))
    till.stop()


def _nobody(_request: Request) -> NoReturn:
    raise AssertionError("a till is enrolled over HTTP, and does not meet before its first day")
