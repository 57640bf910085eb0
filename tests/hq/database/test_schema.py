"""A database of every older number of the tables is led to today's, each step in a commit of its own."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from agent.errors import ConfigError
from hq.books.reconcile import reconcile
from hq.books.totals import books
from hq.books.worker import advance
from hq.database import SCHEMA, Database, schema
from hq.database.dialect import note_schema, schema_number
from hq.keys import Keys
from hq.tables import raw, unit_sum
from tests.hq.headquarters import members_of_books

_DUMPS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))


@pytest.fixture(params=_DUMPS, ids=lambda path: path.stem)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database as an older version left it."""
    path = tmp_path / "older.sqlite"
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript(request.param.read_text())
    return path


@pytest.fixture
def led(older: Path, hq_keys: Keys) -> Iterator[Database]:
    """The same, opened, its books derived anew."""
    database = Database(older)
    with database.read() as conn:
        assert books(conn).waiting == conn.scalar(select(func.count()).select_from(raw)) == 12
    while advance(database, hq_keys):
        pass
    yield database
    database.close()


def _tables(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as conn:
        rows = conn.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: re.sub(r"\s*([(),])\s*|\s+", r" \1 ", sql).strip() for name, sql in rows}


def test_every_number_before_todays_has_a_dump_and_a_step() -> None:
    assert [int(path.stem) for path in _DUMPS] == list(range(2, SCHEMA))
    assert sorted(schema.STEPS) == list(range(3, SCHEMA + 1))


def test_its_tables_end_as_those_of_a_new_one(led: Database, older: Path, tmp_path: Path) -> None:
    Database.create(tmp_path / "new.sqlite").close()

    assert _tables(older) == _tables(tmp_path / "new.sqlite")


def test_its_books_say_what_they_said(led: Database) -> None:
    with led.read() as conn:
        said, summed = members_of_books(conn), books(conn)

    assert said["lots"] == [
        ("acc1", "points", "lot1", None, 4),
        ("acc2", "points", "lot2", None, 12),
        ("vouchers:corner", "gift", "s1", None, 1),
    ]
    assert said["accounts"] == [("acc1", "provisional", "acc1"), ("acc2", "provisional", "acc1")]
    assert said["spend"] == [("acc1", "GBP", 1100, 400), ("acc2", "GBP", 1200, 0)]
    assert (summed.entries, summed.waiting, summed.quarantined, summed.balanced) == (12, 0, 1, True)


def test_its_books_know_their_days(led: Database) -> None:
    with led.read() as conn:
        one, two = reconcile(conn, date(2026, 1, 3))
        before, _ = reconcile(conn, date(2026, 1, 2))

    assert [asdict(part) for part in one.takings] == [
        {"currency": "EUR", "sales": 1, "sales_money": 700, "refunds": 0, "returns_money": 0},
        {"currency": "GBP", "sales": 1, "sales_money": 100, "refunds": 1, "returns_money": 400},
    ]
    assert (one.entries, one.unconfirmed, two.entries, two.unconfirmed) == (4, 4, 1, 1)
    assert (before.entries, before.unconfirmed) == (2, 0)
    assert [(part.first, part.last) for part in one.stretches] == [(3, 7)]


def test_a_step_that_fails_leaves_everything_as_it_was(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _tables(older)

    def fail(conn: Any) -> None:
        schema_step(conn)
        raise ZeroDivisionError

    number = int(_DUMPS[0].stem) + 1
    schema_step = schema.STEPS[number]
    monkeypatch.setattr(schema, "STEPS", {**schema.STEPS, number: fail})

    with pytest.raises(ZeroDivisionError):
        Database(older)

    assert _tables(older) == before
    with closing(sqlite3.connect(older)) as conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (number - 1,)


@pytest.mark.databases("sqlite", "postgresql")
def test_steps_run_one_by_one_each_in_its_commit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a database of PostgreSQL will meet with the first step after its first number."""
    seen: list[int] = []

    def note(conn: Any) -> None:
        seen.append(schema_number(conn))

    monkeypatch.setattr(schema, "STEPS", {SCHEMA + 1: note, SCHEMA + 2: note})
    monkeypatch.setattr(schema, "SCHEMA", SCHEMA + 2)
    monkeypatch.setattr(schema, "_OLDEST", SCHEMA)

    database._bring_up_to_date()

    assert seen == [SCHEMA, SCHEMA + 1]
    with database.read() as conn:
        assert schema_number(conn) == SCHEMA + 2


@pytest.mark.parametrize("number", [1, SCHEMA + 1])
def test_a_number_that_no_step_leads_on_from_is_refused(database: Database, number: int) -> None:
    with database.write() as conn:
        note_schema(conn, number)

    with pytest.raises(ConfigError, match=f"schema {number}, this version reads 2 to {SCHEMA}"):
        database._bring_up_to_date()


def test_a_file_without_a_headquarters_is_not_made_one_by_opening_it(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.sqlite").close()
    (tmp_path / "empty.sqlite").touch()

    with pytest.raises(ConfigError, match="no headquarters in database"):
        Database(tmp_path / "empty.sqlite")


def test_a_new_database_needs_no_step(database: Database) -> None:
    with database.read() as conn:
        assert schema_number(conn) == SCHEMA
        assert conn.execute(select(unit_sum)).all() == []
