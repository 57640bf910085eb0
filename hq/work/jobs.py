"""Jobs: what is due is done once a business day, by whichever process comes first; a failure is kept and tried again.

A job is claimed under a turn that all processes take, and says in `job_run` what became of it. One whose process died
is taken over after an hour. What a job does is itself safe to do twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection, func, select, update

from hq.clock import now_ms
from hq.database import Database, Turn, insert, take_turn
from hq.tables import job_run

_DEAD_MS = 3_600_000
_DETAIL_MAX = 300

log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a job on a day: DONE is not done again, HALTED waits for a person or a till."""

    RUNNING = "running"
    DONE = "done"
    HALTED = "halted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Done:
    """How a job ended, in a few words."""

    detail: str
    outcome: Outcome = Outcome.DONE


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do for a business day."""

    name: str
    act: Callable[[date], Done]


@dataclass(frozen=True, slots=True)
class JobRun:
    """The last run of a job, and the day of the last one that was done."""

    job: str
    day: str
    started_ms: int
    ended_ms: int | None
    outcome: str
    detail: str
    last_done: str | None


def run_due(database: Database, jobs: Sequence[Job], day: date) -> list[JobRun]:
    """Do the jobs that were not done for `day` yet, one after the other; returns how those ended."""
    ran = [job.name for job in jobs if _run(database, job, day)]
    with database.read() as conn:
        return [run for run in last_runs(conn) if run.job in ran]


def last_runs(conn: Connection) -> list[JobRun]:
    """Return the last run of every job, by name."""
    done = job_run.alias()
    last_done = select(func.max(done.c.day)).where(done.c.job == job_run.c.job, done.c.outcome == Outcome.DONE)
    latest = select(job_run.c.job, func.max(job_run.c.day).label("day")).group_by(job_run.c.job).subquery()
    rows = conn.execute(
        select(job_run, last_done.scalar_subquery().label("last_done"))
        .join(latest, (latest.c.job == job_run.c.job) & (latest.c.day == job_run.c.day))
        .order_by(job_run.c.job)
    )
    return [JobRun(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's name for a row as a map


def _run(database: Database, job: Job, day: date) -> bool:
    """Do a job unless it is done, or somebody is at it; says whether."""
    if not _claim(database, job.name, day):
        return False
    try:
        done = job.act(day)
    except Exception as error:  # whatever it is, the other jobs go on, and people are told
        log.exception("job=%s day=%s failed", job.name, day)
        done = Done(repr(error), Outcome.FAILED)
    log.info("job=%s day=%s %s: %s", job.name, day, done.outcome, done.detail)
    ended = {"ended_ms": now_ms(), "outcome": str(done.outcome), "detail": done.detail[:_DETAIL_MAX]}
    with database.write() as conn:
        conn.execute(update(job_run).where(job_run.c.job == job.name, job_run.c.day == day.isoformat()).values(ended))
    return True


def _claim(database: Database, name: str, day: date) -> bool:
    at_ms = now_ms()
    with database.write() as conn:
        take_turn(conn, Turn.WORK)
        place = (job_run.c.job == name) & (job_run.c.day == day.isoformat())
        row = conn.execute(select(job_run).where(place)).one_or_none()
        if row is not None and row.outcome == Outcome.DONE:
            return False
        if row is not None and row.outcome == Outcome.RUNNING and abs(at_ms - row.started_ms) < _DEAD_MS:
            return False
        begun = {"started_ms": at_ms, "ended_ms": None, "outcome": str(Outcome.RUNNING), "detail": ""}
        statement = insert(conn, job_run).values(job=name, day=day.isoformat(), **begun)
        conn.execute(statement.on_conflict_do_update(index_elements=["job", "day"], set_=begun))
    return True
