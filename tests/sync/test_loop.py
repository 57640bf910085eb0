"""The thread: it meets after every entry while the line is good, backs off when not, and always says how it is."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ProgrammeError
from agent.journal.codes import SaleCode
from agent.ledger.clock import TillClock
from agent.ledger.members import holder
from agent.sync.loop import SyncLoop, Word
from agent.sync.settings import When
from agent.sync.timing.news import News
from agent.sync.timing.window import Window
from hq import config
from hq.clock import JUMP_MS, Noted
from hq.database import Database
from hq.work import clock
from tests.hq.headquarters import found, serving, till_rows, wait_for_books
from tests.sync.halves import Till


@dataclass
class Heard:
    """What a loop told the daemon."""

    times: list[int] = field(default_factory=list)
    feeds: int = 0
    statuses: list[Mapping[str, Any]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def fed(self) -> None:
        self.feeds += 1

    def on_change(self, status: Mapping[str, Any]) -> None:
        with self.changed:
            self.statuses.append(status)
            self.changed.notify_all()

    def wait(self, wanted: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """Wait for a status like `wanted` and return it."""
        with self.changed:
            assert self.changed.wait_for(lambda: any(map(wanted, self.statuses)), 10), self.statuses
            return next(filter(wanted, reversed(self.statuses)))


@contextmanager
def running(till: Till, heard: Heard, **settings: float | When) -> Iterator[SyncLoop]:
    """Run a till's loop; it draws the longest pause it may."""
    loop = SyncLoop(
        till.ledger,
        replace(till.settings, **{"poll_s": 60.0, "retry_s": 30.0} | settings),  # type: ignore[arg-type]
        heard_from_hq=heard.times.append,
        fed=heard.fed,
        on_change=heard.on_change,
        draw=lambda _, longest: longest,
    )
    loop.start()
    try:
        yield loop
    finally:
        loop.stop()


def _good(status: Mapping[str, Any]) -> bool:
    return bool(status["word"] == "good")


def _failing(status: Mapping[str, Any]) -> bool:
    return bool(status["word"] == "failing")


def test_it_meets_at_once(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    heard = Heard()

    with running(till, heard):
        status = heard.wait(_good)

    identity = till.ledger.identity
    assert status["held"] == f"{identity.seq} {identity.head.hex()[:16]}"
    assert (status["waiting"], status["error"]) == (0, None)
    assert len(heard.times) == 1
    assert till_rows(hq)[till.id].seq == identity.seq


def test_a_headquarters_that_doubts_its_clock_tells_no_time(till: Till, hq: Path) -> None:
    with closing(Database(config.load(hq).database)) as database, database.write() as conn:
        now = Noted.now()
        clock.watch(conn, replace(now, wall_ms=now.wall_ms - 2 * JUMP_MS))
        assert clock.watch(conn) is not None
    heard = Heard()

    with running(till, heard):
        heard.wait(_good)

    assert heard.times == []


def test_it_meets_after_every_entry(till: Till, hq: Path) -> None:
    heard = Heard()
    with running(till, heard) as loop:
        heard.wait(_good)
        for pounds in (1, 2, 3):
            till.sell(pounds, card=1)
            loop.wake()
        seq = till.ledger.identity.seq
        heard.wait(lambda status: _good(status) and str(status["held"]).startswith(f"{seq} "))

    assert till_rows(hq)[till.id].seq == seq


def test_what_other_tills_did_arrives_with_the_next_news(till: Till, second: Till, hq: Path) -> None:
    account = second.enrol_member(1, "Ada", "020 7946 0009")
    heard = Heard()
    with running(till, heard, poll_s=0.02):
        heard.wait(_good)
        fed = heard.feeds
        second.meet()
        wait_for_books(hq)
        with heard.changed:
            assert heard.changed.wait_for(lambda: holder(till.ledger, account) is not None, 10)

    assert heard.feeds > fed


def test_without_a_line_it_says_so_and_counts_what_waits(till: Till) -> None:
    till.meet()
    till.settings = replace(till.settings, hq="http://127.0.0.1:9")
    heard = Heard()
    with running(till, heard) as loop:
        status = heard.wait(_failing)
        till.sell(10, card=1)
        loop.wake()
        assert loop.status.word is Word.FAILING

    assert "no answer from" in str(status["error"])
    assert status["hint"] == "selling goes on; `tally sync status` says when they last met"
    assert heard.times == []


@pytest.fixture
def away(tmp_path: Path) -> Iterator[tuple[Path, Till]]:
    """A till enrolled at a headquarters of its own that is away just now."""
    hq = found(tmp_path / "away-hq")
    with serving(hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(hq)
    with Till(tmp_path, "1", address) as till:
        yield hq, till


def test_after_a_failure_it_waits_and_a_sale_does_not_shorten_it(away: tuple[Path, Till]) -> None:
    hq, till = away
    heard = Heard()
    with running(till, heard) as loop:
        heard.wait(_failing)
        with serving(hq):
            till.sell(10, card=1)
            loop.wake()
            assert loop.now(timeout_s=0).word is Word.FAILING
            status = loop.now(timeout_s=10)

    assert len([status for status in heard.statuses if _failing(status)]) == 1
    assert (status.word, status.waiting, status.error) == (Word.GOOD, 0, None)


def test_it_comes_back_by_itself(away: tuple[Path, Till]) -> None:
    hq, till = away
    till.sell(10, card=1)
    heard = Heard()
    with running(till, heard, retry_s=0.02, retry_max_s=0.05):
        heard.wait(_failing)
        with serving(hq):
            heard.wait(_good)

    assert till_rows(hq)["corner/1"].seq == till.ledger.identity.seq


def test_while_the_line_is_bad_entries_are_counted_as_waiting(away: tuple[Path, Till]) -> None:
    hq, till = away
    heard = Heard()
    with running(till, heard) as loop:
        heard.wait(_failing)
        with serving(hq):
            assert loop.now(timeout_s=10).waiting == 0
        heard.statuses.clear()
        till.sell(10, card=1)
        loop.wake()
        heard.wait(_failing)

        assert loop.status.waiting == 2


def test_a_till_that_is_not_enrolled_says_what_to_do(tmp_path: Path, address: str) -> None:
    heard = Heard()
    with Till(tmp_path, "nobody", address) as till, running(till, heard) as loop:
        status = heard.wait(_failing)
        assert loop.now(timeout_s=10).word is Word.FAILING

    assert "is not enrolled" in str(status["error"])
    assert "tally enrol CODE" in str(status["hint"])


def test_a_daemon_that_stumbles_over_the_news_does_not_end_the_loop(till: Till) -> None:
    class Stumbling(Heard):
        def fed(self) -> None:
            super().fed()
            if self.feeds == 1:
                raise ProgrammeError("nobody expected this")

    heard = Stumbling()
    with running(till, heard) as loop:
        status = heard.wait(_failing)
        till.ledger.remember({"feed.cursor": b'{"epoch":"none","version":0}'})

        assert loop.now(timeout_s=10).word is Word.GOOD

    assert "nobody expected this" in str(status["error"])
    assert heard.feeds == 2


@pytest.mark.parametrize(("failures", "bound"), [(1, 5.0), (2, 10.0), (5, 80.0), (9, 900.0), (10_000, 900.0)])
def test_the_pause_doubles_up_to_its_bound(till: Till, failures: int, bound: float) -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return 0.0

    loop = SyncLoop(
        till.ledger,
        till.settings,
        heard_from_hq=lambda _: None,
        fed=lambda: None,
        on_change=lambda _: None,
        draw=draw,
    )
    loop._pause(failures)

    assert drawn == [(0, bound)]


@pytest.mark.parametrize(("said", "rest"), [(7.0, 9.0), (10_000.0, 900.0)])
def test_who_is_told_to_come_later_does_so_but_never_later_than_his_own_bound(
    till: Till, said: float, rest: float
) -> None:
    loop = SyncLoop(
        till.ledger,
        till.settings,
        heard_from_hq=lambda _: None,
        fed=lambda: None,
        on_change=lambda _: None,
        draw=lambda _low, _high: 2.0,
    )
    loop._later_s = said
    loop._at_once = True  # nobody waits here
    loop._pause(1)

    next_ms = loop.status.next_ms
    assert next_ms is not None
    assert abs(next_ms - till.clock.read().wall_ms - rest * 1000) < 1000


def test_selling_goes_on_while_headquarters_does_not_answer(till: Till) -> None:
    """A listener that takes the connection and says nothing: the loop waits, and holds no lock meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        till.settings = replace(till.settings, hq=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.5)
        heard = Heard()
        with running(till, heard):
            conn, _ = silent.accept()
            with conn:
                conn.recv(10)
                till.sell(10, card=1)
                assert not heard.statuses
                heard.wait(_failing)


def test_stopping_does_not_wait_for_a_headquarters_that_says_nothing(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.sync.loop.STOP_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = replace(till.settings, hq=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=30.0)
        loop = SyncLoop(till.ledger, settings, heard_from_hq=lambda _: None, fed=lambda: None, on_change=lambda _: None)
        loop.start()
        conn, _ = silent.accept()
        with conn:
            conn.recv(10)
            loop.stop()

            assert loop._thread.is_alive()  # it still waits for an answer, and nobody waits for it
    loop._thread.join(5)
    assert not loop._thread.is_alive()


# -- once a night, or by stick -----------------------------------------------------------------------------------------


class Shifted:
    """A wall clock that a test sets forward or back."""

    def __init__(self, till: Till) -> None:
        self._ahead_s = 0.0
        till.ledger.clock = TillClock("UTC", alone=True, wall_ns=lambda: time.time_ns() + int(self._ahead_s * 1e9))

    def set_to(self, moment: datetime) -> None:
        self._ahead_s = moment.timestamp() - time.time()


@pytest.fixture
def night(till: Till, monkeypatch: pytest.MonkeyPatch) -> tuple[Shifted, datetime]:
    """A clock that stands an hour before the till's moment of the night, and that moment."""
    monkeypatch.setattr("agent.sync.loop._LOOK_S", 0.01)
    till.meet()
    clock = Shifted(till)
    moment = Window.parse("01:00-05:00").slot_after(till.id, till.ledger.clock.now())
    clock.set_to(moment - timedelta(hours=1))
    News(till.ledger).note(till.ledger.clock.read().wall_ms)
    return clock, moment


def test_at_night_batches_wait_for_the_till_s_own_moment(till: Till, hq: Path, night: tuple[Shifted, datetime]) -> None:
    clock, moment = night
    heard = Heard()
    with running(till, heard, when=When.WINDOW) as loop:
        till.sell(10, card=1)
        loop.wake()
        clock.set_to(moment - timedelta(seconds=30))
        time.sleep(0.1)
        assert not heard.statuses
        assert loop.status.next_ms == pytest.approx(moment.timestamp() * 1000, abs=1000)
        clock.set_to(moment)
        heard.wait(_good)
        assert loop.status.waiting == 0

    assert till_rows(hq)[till.id].seq == till.ledger.identity.seq


def test_whoever_asks_does_not_wait_for_the_night(till: Till, night: tuple[Shifted, datetime]) -> None:
    with running(till, Heard(), when=When.WINDOW) as loop:
        assert loop.now(timeout_s=10).word is Word.GOOD


def test_a_clock_that_is_set_back_puts_the_meeting_off_by_no_more_than_a_day(
    till: Till, night: tuple[Shifted, datetime]
) -> None:
    clock, moment = night
    heard = Heard()
    with running(till, heard, when=When.WINDOW):
        clock.set_to(moment - timedelta(days=365, hours=1))
        time.sleep(0.05)
        clock.set_to(moment - timedelta(days=365))
        heard.wait(_good)


def test_a_till_that_was_off_last_night_makes_up_for_it_soon(till: Till, night: tuple[Shifted, datetime]) -> None:
    News(till.ledger).note(0, age_ms=25 * 3_600_000)
    heard = Heard()
    with running(till, heard, when=When.WINDOW, retry_max_s=0.05):
        heard.wait(_good)


def test_a_till_without_a_line_meets_nobody_unless_it_is_told_to(till: Till) -> None:
    heard = Heard()
    with running(till, heard, when=When.STICK, poll_s=0.01) as loop:
        till.sell(10, card=1)
        loop.wake()
        assert loop.sale(SaleCode("0" * 12, ())) is None
        time.sleep(0.05)
        assert not heard.statuses

        assert loop.now(timeout_s=10).word is Word.GOOD


def test_old_news_are_said_to_be_old(till: Till) -> None:
    loop = SyncLoop(
        till.ledger, till.settings, heard_from_hq=lambda _: None, fed=lambda: None, on_change=lambda _: None
    )
    assert (loop.status.age_ms, loop.status.stale) == (None, False)
    for hours, is_stale in ((2, False), (4, True)):
        News(till.ledger).note(0, age_ms=hours * 3_600_000)
        loop = SyncLoop(
            till.ledger, till.settings, heard_from_hq=lambda _: None, fed=lambda: None, on_change=lambda _: None
        )
        assert loop.status.stale is is_stale
