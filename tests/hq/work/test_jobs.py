from datetime import date

import pytest
from sqlalchemy import update

from hq.database import Database
from hq.tables import job_run
from hq.work.jobs import Done, Job, last_runs, run_due

pytestmark = pytest.mark.databases("sqlite", "postgresql")

DAY, NEXT = date(2026, 1, 2), date(2026, 1, 3)


def _fail(_day: date) -> Done:
    raise OSError("no line")


def test_a_failure_is_kept_stops_no_other_and_is_tried_again(database: Database) -> None:
    done: list[date] = []

    def note(day: date) -> Done:
        done.append(day)
        return Done("noted")

    ran = run_due(database, [Job("bad", _fail), Job("good", note)], DAY)

    assert [(run.job, run.outcome, run.last_done) for run in ran] == [
        ("bad", "failed", None),
        ("good", "done", "2026-01-02"),
    ]
    assert "no line" in ran[0].detail
    (again,) = run_due(database, [Job("bad", note), Job("good", note)], DAY)
    assert (again.job, again.outcome) == ("bad", "done")
    run_due(database, [Job("good", note)], NEXT)
    assert done == [DAY, DAY, NEXT]


def test_one_that_somebody_is_at_is_left_until_its_process_must_be_dead(database: Database) -> None:
    def again(day: date) -> Done:
        assert run_due(database, [Job("one", lambda _: Done("twice"))], day) == []
        return Done("once")

    assert [run.detail for run in run_due(database, [Job("one", again)], DAY)] == ["once"]

    with database.write() as conn:
        conn.execute(update(job_run).values(outcome="running", started_ms=job_run.c.started_ms - 2 * 3_600_000))
    assert [run.detail for run in run_due(database, [Job("one", lambda _: Done("taken over"))], DAY)] == ["taken over"]
    with database.read() as conn:
        assert len(last_runs(conn)) == 1
