from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from agent.errors import ConfigError
from hq import config
from hq.database import SCHEMA, Database, last_version, take_versions
from hq.database.dialect import note_schema
from hq.tables import meta

pytestmark = pytest.mark.databases("sqlite", "postgresql")


@pytest.mark.databases("sqlite")
def test_a_commit_is_durable_before_it_returns(database: Database) -> None:
    with database.write() as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_what_fails_leaves_nothing(database: Database) -> None:
    def write_twice() -> None:
        with database.write() as conn:
            conn.execute(insert(meta).values(key="k", value="v"))
            conn.execute(insert(meta).values(key="k", value="v"))

    with pytest.raises(IntegrityError):
        write_twice()

    with database.read() as conn:
        assert conn.scalar(select(meta.c.value).where(meta.c.key == "k")) is None


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as reading:
        before = last_version(reading)
        with database.write() as conn:
            take_versions(conn, 5)

        assert last_version(reading) == before
    with database.read() as reading:
        assert last_version(reading) == before + 5


def test_a_reader_cannot_write(database: Database) -> None:
    with database.read() as conn, pytest.raises(Exception, match=r"read-?only"):
        conn.execute(insert(meta).values(key="k", value="v"))


def test_versions_and_epoch_outlive_a_restart(folder: Path, database: Database) -> None:
    with database.write() as conn:
        first = take_versions(conn, 3)
    again = Database(config.load(folder).database)
    try:
        with again.write() as conn:
            assert take_versions(conn, 1) == first + 3
        assert again.epoch == database.epoch
        assert len(again.epoch) == 32
    finally:
        again.close()


@pytest.mark.databases("sqlite")
def test_a_second_serving_process_is_refused(folder: Path, database: Database) -> None:
    other = Database(config.load(folder).database)
    try:
        database.claim()

        with pytest.raises(ConfigError, match="served by another process"):
            other.claim()
    finally:
        other.close()


def test_a_database_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no database"):
        Database(tmp_path / "hq.sqlite")

    assert not (tmp_path / "hq.sqlite").exists()


def test_a_database_is_never_made_over_another(folder: Path) -> None:
    with pytest.raises(ConfigError, match="already"):
        Database.create(config.load(folder).database)


def test_a_database_of_another_version_is_refused(folder: Path, database: Database) -> None:
    with database.write() as conn:
        note_schema(conn, SCHEMA + 1)

    with pytest.raises(ConfigError, match=f"schema {SCHEMA + 1}"):
        Database(config.load(folder).database)
