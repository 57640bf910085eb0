"""What SQLite and PostgreSQL say differently: everything else in headquarters is the same SQL on both.

                          SQLite                              PostgreSQL
writers                   one, by a file lock (sqlite.py)     any number; a row lock (`with_for_update`) or a turn
rows taken if not there   INSERT ... ON CONFLICT, row by row  the same, all rows in one statement
many rows                 executemany                         COPY
sums of whole numbers     whole numbers                       `numeric`: cast back
the tables' number        PRAGMA user_version                 a row of `meta`
conservation              triggers, row by row                triggers, statement by statement (conservation.py)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

from hq.tables import meta

Row = Mapping[str, Any]

_SCHEMA = "schema"
_LOCKS = 0x74616C79  # the first half of our advisory locks' numbers: what else uses the database takes another


class Turn(IntEnum):
    """What one process at a time may do, among all that use a database."""

    TABLES = 1  # make or change the tables
    BOOKS = 2  # put entries into the books, and decide
    WORK = 3  # say which process does a job of `tally-hq work`


def take_turn(conn: Connection, turn: Turn) -> None:
    """Wait until nobody else has the turn; it is kept until the end of the commit. SQLite has one writer anyway."""
    if _is_postgres(conn):
        conn.execute(select(func.pg_advisory_xact_lock(_LOCKS, int(turn))))


def insert(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what to do `on_conflict`."""
    return postgresql.insert(table) if _is_postgres(conn) else sqlite.insert(table)


def copy_in(conn: Connection, table: Table, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Insert many rows, each with a value for each of the columns `names`, as fast as the database can."""
    if not rows:
        return
    quoted = ", ".join(conn.dialect.identifier_preparer.quote(name) for name in names)
    if not _is_postgres(conn):  # past SQLAlchemy, which looks at every value
        statement = f"INSERT INTO {table.name} ({quoted}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our own
        conn.exec_driver_sql(statement, rows)
        return
    statement = f"COPY {table.name} ({quoted}) FROM STDIN (FORMAT BINARY)"
    driver: Any = conn.dialect.dbapi
    cursor: Any = conn.connection.cursor()
    try:
        with cursor, cursor.copy(statement) as copy:
            copy.set_types([_COPY_TYPES[type(table.c[name].type)] for name in names])
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:  # as SQLAlchemy would have it
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=conn.dialect) from error


def add_sums(conn: Connection, table: Table, keys: Sequence[str], rows: Sequence[Row]) -> None:
    """Add rows of sums to a table: whole numbers are added to what stands under the keys, the rest stays as it was."""
    if not rows:
        return
    merged = _merged(rows, keys)
    names = list(merged[0])
    statement = insert(conn, table)
    if _is_postgres(conn):
        kinds = {name: BigInteger if table.c[name].type.python_type is int else String for name in names}
        columns = [cast(bindparam(name), ARRAY(kinds[name])) for name in names]
        source = func.unnest(*columns).table_valued(*names).render_derived()
        statement = statement.from_select(names, select(*(source.c[name] for name in names)))
    sums = {
        name: table.c[name] + statement.excluded[name]
        for name in names
        if name not in keys and table.c[name].type.python_type is int
    }
    statement = statement.on_conflict_do_update(index_elements=list(keys), set_=sums)
    if _is_postgres(conn):
        conn.execute(statement, {name: [row[name] for row in merged] for name in names})
    else:
        conn.execute(statement, merged)


def total(column: ColumnElement[int]) -> ColumnElement[int]:
    """Return the sum of a column of whole numbers, 0 if there are none."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def schema_number(conn: Connection) -> int:
    """Return the number of the tables that are in the database, 0 if there are none."""
    if not _is_postgres(conn):
        return int(conn.exec_driver_sql("PRAGMA user_version").scalar_one())
    if conn.exec_driver_sql("SELECT to_regclass('meta')").scalar() is None:
        return 0
    return int(conn.scalar(select(meta.c.value).where(meta.c.key == _SCHEMA)) or "0")


def note_schema(conn: Connection, number: int) -> None:
    """Note the number of the tables that are in the database now."""
    if not _is_postgres(conn):
        conn.exec_driver_sql(f"PRAGMA user_version = {number}")
        return
    value = {"value": str(number)}
    noted = postgresql.insert(meta).values(key=_SCHEMA, **value)
    conn.execute(noted.on_conflict_do_update(index_elements=["key"], set_=value))


def _is_postgres(conn: Connection) -> bool:
    return conn.dialect.name == "postgresql"


_COPY_TYPES = {Integer: "int4", BigInteger: "int8", String: "text", LargeBinary: "bytea", Boolean: "bool"}


def _merged(rows: Sequence[Row], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Add up rows of the same keys: one statement may change a row once."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        if key not in merged:
            merged[key] = dict(row)
            continue
        for name, value in row.items():
            if name not in keys and type(value) is int:
                merged[key][name] += value
    return list(merged.values())
