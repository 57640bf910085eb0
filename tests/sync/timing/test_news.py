from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.ledger.clock import TillClock
from agent.ledger.ledger import Ledger
from agent.sync.timing.news import News

MINUTE, HOUR = 60_000, 3_600_000
TOLD = 1_800_000_000_000


class Clocks:
    """A wall clock and a boot clock that a test sets."""

    def __init__(self) -> None:
        self.wall_ms, self.mono_ms = TOLD, 1000

    def clock(self, boot: str = "one") -> TillClock:
        return TillClock(
            "UTC",
            alone=False,
            wall_ns=lambda: self.wall_ms * 1_000_000,
            mono_ns=lambda: self.mono_ms * 1_000_000,
            boot=boot,
        )

    def pass_by(self, ms: int) -> None:
        self.wall_ms, self.mono_ms = self.wall_ms + ms, self.mono_ms + ms


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def ledger(tmp_path: Path, clocks: Clocks) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "till" / "ledger.db", till="corner/1", clock=clocks.clock())
    yield opened
    opened.close()


def test_there_are_none_before_any(ledger: Ledger) -> None:
    assert (News(ledger).age_ms, News(ledger).told_ms) == (None, None)


def test_their_age_goes_on_whatever_the_wall_clock_does(ledger: Ledger, clocks: Clocks) -> None:
    news = News(ledger)
    news.note(TOLD)
    clocks.pass_by(3 * HOUR)
    clocks.wall_ms = 0

    assert news.age_ms == 3 * HOUR


def test_their_age_is_kept_over_a_restart_of_the_agent_and_of_the_pc(
    ledger: Ledger, clocks: Clocks, tmp_path: Path
) -> None:
    News(ledger).note(TOLD)
    clocks.pass_by(HOUR)
    assert News(ledger).age_ms == HOUR
    ledger.close()
    clocks.wall_ms, clocks.mono_ms = clocks.wall_ms + HOUR, 5
    again = Ledger.open(tmp_path / "till" / "ledger.db", till="corner/1", clock=clocks.clock("two"))

    assert News(again).age_ms == 2 * HOUR
    again.close()


def test_news_that_were_carried_by_hand_were_old_when_they_came(ledger: Ledger, clocks: Clocks) -> None:
    news = News(ledger)
    news.note(TOLD - 5 * HOUR, age_ms=5 * HOUR)
    clocks.pass_by(HOUR)

    assert (news.age_ms, news.told_ms) == (6 * HOUR, TOLD - 5 * HOUR)


def test_news_without_a_change_are_written_down_once_a_minute_at_most(ledger: Ledger, clocks: Clocks) -> None:
    news = News(ledger)
    news.note(TOLD, changed=False)
    clocks.pass_by(MINUTE - 1)
    news.note(TOLD + MINUTE - 1, changed=False)

    assert (news.told_ms, News(ledger).told_ms) == (TOLD + MINUTE - 1, TOLD)
    clocks.pass_by(1)
    news.note(TOLD + MINUTE, changed=False)
    assert News(ledger).told_ms == TOLD + MINUTE
