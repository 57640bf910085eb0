"""Training in a whole till: its own ledger, marked slips, and nothing of it in the books."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.config import load_config
from agent.counter import Counter, TrainingAsk
from agent.daemon import Till
from agent.daemon.training import TrainingEnd
from agent.journal.entry import decode_entry
from agent.ledger.ledger import Ledger
from agent.slips.reader import read_text
from agent.upkeep.running import Running, require_running
from agent.web.events import EventHub
from tests.counter.shops import shop_programme
from tests.ledger.clock.times import HOUR_MS, Times
from tests.ledger.tills import TILL, opened
from tests.till_files import TillFiles, card_number, set_up, wait_until

MINUTE_MS = 60_000
LINES = [{"article": "mug", "quantity": 1, "amount": 1200}]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[TillFiles]:
    """A till that runs, with its printer up."""
    set_up_files = set_up(tmp_path)
    with Till(load_config(set_up_files.config)) as till:
        wait_until(lambda: all(str(report.status) == "enabled" for report in till.devices.reports()))
        yield set_up_files


def switched(running: Running, op: str, *, on: bool) -> dict[str, Any]:
    return running.ask("POST", "/v1/training", {"op": op, "on": on})


def journal(running: Running) -> dict[str, Any]:
    said: dict[str, Any] = running.ask("GET", "/v1/status")["journal"]
    return said


def test_what_is_trained_is_in_no_book_and_its_slip_says_so(files: TillFiles) -> None:
    running = require_running(files.data)
    account = running.ask("POST", "/v1/members", {"op": "E-1", "name": "Ana", "card": card_number(1)})["account"]
    assert switched(running, "T-1", on=True)["training"] is True
    assert running.ask("GET", "/v1/status")["training"] is True
    before, slips = journal(running), len(files.slips)

    trained = running.ask("POST", "/v1/members", {"op": "E-1", "name": "Test", "card": card_number(1)})["account"]
    sold = running.ask("POST", "/v1/sales", {"op": "S-1", "account": trained, "lines": LINES})
    wait_until(lambda: len(files.slips) > slips)
    ended = switched(running, "T-2", on=False)

    assert trained != account
    assert sold["balances"]["points"] > 0
    assert "TRAINING" in "".join(read_text(files.slips[-1].read_bytes()))
    assert ended["entry"]["seq"] == before["seq"] + 1  # the switch itself
    sold = running.ask("POST", "/v1/sales", {"op": "S-1", "account": account, "lines": LINES})
    assert sold["repeated"] is False


def test_a_repeated_switch_switches_nothing(files: TillFiles) -> None:
    running = require_running(files.data)
    switched(running, "T-1", on=True)
    switched(running, "T-2", on=False)

    again = switched(running, "T-1", on=True)

    assert (again["repeated"], again["training"]) == (True, False)


def test_a_till_that_starts_trains_nobody(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    with Till(load_config(files.config)):
        switched(require_running(files.data), "T-1", on=True)

    with Till(load_config(files.config)):
        assert require_running(files.data).ask("GET", "/v1/status")["training"] is False


class Room:
    """A counter that may train, on clocks that only move when they are told to."""

    def __init__(self, folder: Path, *, idle_min: int = 60) -> None:
        self.times = Times()
        clock = self.times.clock(alone=True, zone="Europe/London")
        self.ledger = Ledger.open(folder / "ledger.db", till=TILL, clock=clock)
        self.trained = opened(folder / "training" / "ledger.db")
        self.counter = Counter(self.ledger, shop_programme(), recorded=lambda: None, training=lambda: self.trained)
        self.events = EventHub()
        self.said: list[Any] = []
        self.end = TrainingEnd(self.ledger, self.counter, self.events, idle_min=idle_min)
        self.events.attach("training", self.said.append)

    def begin(self) -> None:
        self.counter.signing.vouch("T-1", "vera")
        self.counter.train(TrainingAsk("T-1", on=True), by="counter-2")
        self.events.publish("training", {"on": True})

    def close(self) -> None:
        self.ledger.close()
        self.trained.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.close()


def test_training_ends_by_itself_when_nobody_trains_any_more(room: Room) -> None:
    room.begin()
    room.times.pass_ms(59 * MINUTE_MS)
    room.events.publish("display", {"state": "idle"})  # something was done
    room.times.pass_ms(59 * MINUTE_MS)
    room.end.look()
    assert room.counter.is_training

    room.times.pass_ms(MINUTE_MS)
    room.end.look()

    assert not room.counter.is_training
    assert room.said[-1] == {"on": False, "ended": "idle"}
    room.end.look()
    assert len(room.said) == 2


def test_training_ends_with_the_business_day_and_says_so_in_the_tills_own_journal(room: Room) -> None:
    room.begin()
    for _ in range(24):  # an hour at a time, and always somebody at it
        room.times.pass_ms(HOUR_MS)
        room.events.publish("display", {"state": "idle"})
    room.end.look()

    assert not room.counter.is_training
    with room.ledger.reading() as conn:
        (data,) = conn.execute("SELECT bytes FROM entry ORDER BY n DESC LIMIT 1").fetchone()
    entry = decode_entry(data)
    assert (entry.kind, entry.by) == ("training", "agent")
    assert entry.body == {"approved_by": None, "on": False, "ended": "day"}


def test_what_begins_late_in_the_day_counts_from_then(room: Room) -> None:
    room.times.pass_ms(24 * HOUR_MS)
    room.begin()

    room.end.look()

    assert room.counter.is_training
