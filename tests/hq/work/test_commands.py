import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hq.books.totals import books
from hq.cli import app
from hq.database import Database
from hq.work.due import Work
from tests.hq.visitor import Visitor, moved
from tests.hq.work.conftest import TODAY, arrive, days_ago, unheard


def _run(folder: Path, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in (*words, "--dir", folder)])


@pytest.fixture
def member(work: Work, till: Visitor) -> Database:
    """A member with ten points past their last day, and another with none of those."""
    ended = [{"expires": days_ago(1)}, {}]
    for account, more in zip("ab", ended, strict=True):
        issued, held = moved(account, 10)
        till.append(op=account, postings=(issued, type(held)(held.unit, held.account, 10, "l1", more.get("expires"))))
    arrive(till)
    return work.database


def test_what_would_expire_is_shown_halted_and_let_go_by_a_persons_word(folder: Path, member: Database) -> None:
    assert "10 of 20 would expire (50.0 %)" in _run(folder, "work", "--dry-run").stdout
    halted = _run(folder, "work", "--job", "expiry")
    assert halted.exit_code == 1
    assert "10 of 20 points (50.0 %) would expire, over 5 %: look, then --confirm" in halted.stdout

    assert _run(folder, "work", "--job", "expiry", "--confirm").exit_code == 0

    (status,) = json.loads(_run(folder, "work", "--status", "--json").stdout)
    assert (status["job"], status["outcome"], status["last_done"]) == ("expiry", "done", TODAY.isoformat())
    with member.read() as conn:
        assert books(conn).balanced


def test_the_status_of_what_failed_ends_with_1(folder: Path, member: Database, till: Visitor) -> None:
    unheard(member, till, days=2)
    with (folder / "hq.toml").open("a") as settings:
        settings.write('\n[mail]\nhost = "127.0.0.1"\nport = 1\nfrom = "a@example.com"\nto = "b@example.com"\n')
    _run(folder, "work")

    status = _run(folder, "work", "--status")

    assert status.exit_code == 1
    assert "silent:corner" in status.stdout
    assert "last done for no day yet" in status.stdout


def test_a_day_that_has_not_begun_everywhere_is_refused(folder: Path) -> None:
    refused = _run(folder, "work", "--day", TODAY.replace(year=TODAY.year + 1))

    assert refused.exit_code == 2


def test_an_adjustment_says_what_it_did_and_that_it_was_done_before(folder: Path, member: Database) -> None:
    words = ("--account", "b", "--unit", "points", "--amount", 5, "--reason", "complaint", "--by", "anna", "--op", "x")

    assert _run(folder, "adjust", *words).stdout == "adjusted b: +5 points\n"
    assert _run(folder, "adjust", *words).stdout == "op x was adjusted before\n"


def test_the_clock_is_shown_and_confirmed(folder: Path, member: Database) -> None:
    assert "trusted" in _run(folder, "clock", "show").stdout
    assert _run(folder, "clock", "confirm", "--by", "anna").exit_code == 0
