"""L9 on the real agent: whatever its clock says, sales go on, and members hold what a right clock would give them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.journal.entry import Entry, decode_entry
from agent.ledger import audit
from tests.faults.wrong_clock import WrongClock
from tests.loyalty.shops import HEAD, POINTS
from tests.till_files import set_up

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

CARD = "925000000001"
RIGHT = "+0"
SALE = {"lines": [{"article": "tea", "quantity": 1000, "amount": 10_00}]}
POINTS_A_SALE = 10


def till(folder: Path, *, zone: str = "Europe/London") -> WrongClock:
    (folder / "programme.toml").write_text(HEAD + POINTS)
    files = set_up(folder, programme=folder / "programme.toml", devices=False)
    files.change('zone = "Europe/London"', f'zone = "{zone}"')
    return WrongClock(files, folder / "clock")


def sell_under(clock: WrongClock, settings: Sequence[str], *, begin: str = RIGHT) -> None:
    """Sell to a member under each setting of the clock."""
    with clock.agent(begin):
        account = clock.ask("POST", "/v1/identify", {"card": CARD})["members"][0]["account"]
        for number, setting in enumerate(settings):
            clock.set(setting)
            for op in (f"{number}-a", f"{number}-b"):
                clock.ask("POST", "/v1/sales", {"op": op, "account": account, **SALE})
        assert clock.ask("GET", f"/v1/members/{account}")["balances"]["points"] == 2 * POINTS_A_SALE * len(settings)


def entries(clock: WrongClock) -> list[Entry]:
    """Every entry, after a look by a right clock: the chain verifies, no number is missing, the fold is the same."""
    with closing(open_ledger(load_config(clock.files.config), read_only=False)) as ledger:
        audit.verify(ledger)
        before = ledger.conn.execute("SELECT unit, amount, expires FROM lot ORDER BY lot").fetchall()
        audit.rebuild(ledger)
        assert ledger.conn.execute("SELECT unit, amount, expires FROM lot ORDER BY lot").fetchall() == before
        assert {(unit, amount, expires) for unit, amount, expires in before} == {("points", POINTS_A_SALE, None)}
        found = [decode_entry(data) for (data,) in ledger.conn.execute("SELECT bytes FROM entry ORDER BY n")]
    assert [entry.seq for entry in found] == list(range(1, len(found) + 1))
    assert len({entry.id for entry in found}) == len(found)
    return found


def jumps(found: Sequence[Entry]) -> list[int]:
    """By how many hours the clock was changed, each time."""
    return [round(entry.body["jump_ms"] / 3_600_000) for entry in found if entry.kind == "clock_changed"]


def days(found: Sequence[Entry]) -> list[str]:
    return [entry.day for entry in found if entry.kind == "sale"]


def test_l9_a_right_clock_has_nothing_to_say(tmp_path: Path) -> None:
    clock = till(tmp_path)
    sell_under(clock, [RIGHT, RIGHT])

    assert jumps(entries(clock)) == []


def test_l9_ten_years_to_and_fro(tmp_path: Path) -> None:
    clock = till(tmp_path)
    sell_under(clock, ["+3650d", RIGHT, "-3650d", RIGHT])
    found = entries(clock)

    assert jumps(found) == [87_600, -87_600, -87_600, 87_600]
    assert [entry.clock["confirmed"] for entry in found if entry.kind == "sale"] == [True] * 4 + [False] * 2 + [
        True
    ] * 2
    assert days(found)[4:6] == days(found)[6:8]  # ten years ago there was no till: the day that it was goes on


def test_l9_an_hour_back_again_and_again(tmp_path: Path) -> None:
    clock = till(tmp_path)
    sell_under(clock, ["-1h", "-2h", "-3h", "-4h"])

    assert jumps(entries(clock)) == [-1, -1, -1, -1]


def test_l9_1970_after_a_night_switched_off(tmp_path: Path) -> None:
    clock = till(tmp_path)
    sell_under(clock, [RIGHT])
    with clock.agent("@1970-01-01 00:00:05"):
        account = clock.ask("POST", "/v1/identify", {"card": CARD})["members"][0]["account"]
        clock.ask("POST", "/v1/sales", {"op": "morning", "account": account, **SALE})
        status = clock.ask("GET", "/v1/status")["clock"]
    found = entries(clock)

    assert not status["confirmed"]
    assert status["wall_ms"] < 365 * 24 * 3_600_000
    assert len(jumps(found)) == 1
    assert len(set(days(found))) == 1


def test_l9_1970_from_the_first_day(tmp_path: Path) -> None:
    clock = till(tmp_path)
    sell_under(clock, ["@1970-01-01 00:10:00", RIGHT], begin="@1970-01-01 00:00:05")
    found = entries(clock)

    assert days(found)[:2] == ["1970-01-01"] * 2
    assert [entry.clock["confirmed"] for entry in found if entry.kind == "sale"] == [False] * 2 + [True] * 2


def test_l9_a_clock_that_stands_still(tmp_path: Path) -> None:
    clock = till(tmp_path)
    sell_under(clock, ["2027-05-01 12:00:00"] * 3)
    walls = [entry.clock["wall_ms"] for entry in entries(clock) if entry.kind == "sale"]

    assert len(set(walls)) == 1


@pytest.mark.parametrize(
    ("zone", "moments", "expected"),
    [
        ("Europe/Paris", ["@2027-03-28 00:59:58", "@2027-03-28 01:00:01"], ["2027-03-28"] * 2),
        ("Europe/Paris", ["@2027-10-31 00:59:58", "@2027-10-31 01:00:01"], ["2027-10-31"] * 2),
        ("Europe/Bucharest", ["@2027-03-27 21:50:00", "@2027-03-27 22:00:01"], ["2027-03-27", "2027-03-28"]),
        ("Europe/Bucharest", ["@2027-10-31 00:59:58", "@2027-10-31 21:50:00"], ["2027-10-31"] * 2),
        ("Europe/Moscow", ["@2011-03-26 22:59:58", "@2011-03-26 23:00:01"], ["2011-03-27"] * 2),
        ("Europe/Moscow", ["@2014-10-25 19:50:00", "@2014-10-25 22:00:01"], ["2014-10-25", "2014-10-26"]),
        ("Europe/Paris", ["@2038-01-19 03:14:05", "@2038-01-19 03:14:10"], ["2038-01-19"] * 2),
        ("Europe/Paris", ["@2028-02-28 23:00:01", "@2028-02-29 23:00:01"], ["2028-02-29", "2028-03-01"]),
    ],
)
def test_l9_the_edges_of_the_calendar(tmp_path: Path, zone: str, moments: list[str], expected: list[str]) -> None:
    clock = till(tmp_path, zone=zone)
    sell_under(clock, moments, begin=moments[0])

    assert days(entries(clock))[::2] == expected


def test_l9_a_zone_that_was_changed_between_two_days(tmp_path: Path) -> None:
    clock = till(tmp_path, zone="Europe/Paris")
    sell_under(clock, [RIGHT])
    clock.files.change('zone = "Europe/Paris"', 'zone = "Europe/Bucharest"')
    with clock.agent(RIGHT):
        clock.ask("POST", "/v1/sales", {"op": "next", **SALE})
    noted = [entry.body for entry in entries(clock) if entry.kind == "clock_changed"]

    assert [(body["noticed"], body["zone_to"]) for body in noted] == [("zone", "Europe/Bucharest")]
