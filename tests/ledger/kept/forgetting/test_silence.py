from contextlib import closing
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.journal.entry import ClockReading
from agent.ledger.clock import TillClock
from agent.ledger.kept.forgetting.silence import OFF_MAX_MS, Silence, note_silence, silence
from agent.ledger.ledger import Ledger

HOUR = 3_600_000
DAY = 24 * HOUR
WALL = 1_800_000_000_000
NOW = ClockReading(WALL, HOUR, "boot-1", "Europe/London", 0, WALL - HOUR, HOUR // 2, confirmed=True)
NOTED = Silence(0, WALL - HOUR, WALL, HOUR, "boot-1")


def test_what_was_heard_since_the_last_note_ends_the_silence() -> None:
    long = replace(NOTED, ms=40 * DAY, hq_ms=WALL - 50 * DAY)

    assert silence(long, NOW).ms == HOUR // 2
    assert silence(long, replace(NOW, hq_age_ms=None)).ms == 0  # it was heard before this boot


def test_a_till_that_never_heard_anything_is_silent_from_the_first_note_on() -> None:
    never = replace(NOW, hq_ms=None, hq_age_ms=None)
    first = silence(None, never)

    assert first.ms == 0
    assert silence(first, replace(never, mono_ms=5 * HOUR)).ms == 4 * HOUR


def test_while_the_pc_is_on_its_boot_clock_counts_whatever_the_wall_clock_does() -> None:
    for wall_ms in (0, WALL + 100 * 365 * DAY, 2**62):
        assert silence(NOTED, replace(NOW, mono_ms=HOUR + 3 * DAY, wall_ms=wall_ms)).ms == 3 * DAY


def test_a_night_that_the_pc_was_off_counts_by_the_wall_clock() -> None:
    morning = replace(NOW, boot="boot-2", mono_ms=60_000, wall_ms=WALL + 14 * HOUR)

    assert silence(NOTED, morning).ms == 14 * HOUR


def test_a_clock_that_went_back_or_jumped_by_years_while_the_pc_was_off_destroys_nothing() -> None:
    dead = replace(NOW, boot="boot-2", mono_ms=60_000, wall_ms=0)
    wild = replace(dead, wall_ms=WALL + 80 * 365 * DAY)

    assert silence(NOTED, dead).ms == 60_000
    assert silence(NOTED, wild).ms == OFF_MAX_MS


def test_a_pc_that_has_run_longer_than_its_wall_clock_says_counts_by_the_boot_clock() -> None:
    late = replace(NOW, boot="boot-2", mono_ms=30 * DAY, wall_ms=WALL + DAY)  # the agent was not running

    assert silence(NOTED, late).ms == 30 * DAY


@given(st.lists(st.tuples(st.integers(0, 2**45), st.integers(0, 20 * DAY), st.booleans()), max_size=20))
def test_the_silence_never_gets_shorter_nor_longer_than_the_till_was_on_and_a_week_for_each_boot(
    looks: list[tuple[int, int, bool]],
) -> None:
    noted, mono, boot, on, boots = NOTED, NOW.mono_ms, 1, 0, 0
    for wall_ms, ms, is_new in looks:
        boot, mono, boots = (boot + 1, ms, boots + 1) if is_new else (boot, mono + ms, boots)
        on += ms
        after = silence(noted, replace(NOW, boot=f"boot-{boot}", mono_ms=mono, wall_ms=wall_ms))
        assert noted.ms <= after.ms <= on + boots * OFF_MAX_MS
        noted = after


def test_the_silence_is_kept_across_restarts(tmp_path: Path) -> None:
    walls = {"ms": WALL, "mono": HOUR}

    def opened(boot: str) -> Ledger:
        clock = TillClock(
            "Europe/London",
            alone=False,
            wall_ns=lambda: walls["ms"] * 1_000_000,
            mono_ns=lambda: walls["mono"] * 1_000_000,
            boot=boot,
        )
        return Ledger.open(tmp_path / "ledger.db", till="till-1", clock=clock)

    with closing(opened("boot-1")) as ledger:
        assert note_silence(ledger) == 0
        walls |= {"ms": WALL + DAY, "mono": HOUR + DAY}
        assert note_silence(ledger) == DAY
    walls |= {"ms": WALL + 3 * DAY, "mono": HOUR}
    with closing(opened("boot-2")) as ledger:
        assert note_silence(ledger) == 3 * DAY
