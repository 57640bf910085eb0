import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from agent.ledger.schema import DERIVED_TABLES, migrations


def _names(conn: sqlite3.Connection, kind: str) -> set[str]:
    return {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,))}


def test_a_new_file_gets_every_table_and_every_trigger(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as conn:
        migrations.apply(Database(conn))

        kept = {"epoch", "entry", "profile", "search", "slip", "state", "programme", "snapshot", "joined", "hq_entry"}
        kept |= {"till_key", "voucher"}
        assert _names(conn, "table") - {"sqlite_sequence"} == kept | set(DERIVED_TABLES) | {"_sqlite_migrations"}
        assert _names(conn, "trigger") == {
            "entry_stays",
            "entry_is_kept",
            "entry_is_appended",
            "epoch_stays",
            "epoch_is_kept",
        }


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as conn:
        migrations.apply(Database(conn))
        before = list(conn.iterdump())
        migrations.apply(Database(conn))

        assert list(conn.iterdump()) == before


def test_a_migration_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as conn:
        conn.execute("CREATE TABLE snapshot (in_the_way TEXT)")
        try:
            migrations.apply(Database(conn))
        except sqlite3.OperationalError as error:
            assert "snapshot already exists" in str(error)  # noqa: PT017 - what is left behind is the point

        assert "entry" not in _names(conn, "table")
        conn.execute("DROP TABLE snapshot")
        migrations.apply(Database(conn))
        assert "entry" in _names(conn, "table")
