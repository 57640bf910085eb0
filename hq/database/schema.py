"""The number of headquarters' tables, and the steps that bring an older database to it, each in a commit of its own.

A new database gets `hq.tables` as they stand. A step is never changed once it has been released: it is written in SQL
of its time. The tests lead a database of every older number through them and compare the end with a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from agent.errors import ConfigError
from hq.database import conservation
from hq.database.dialect import Turn, note_schema, schema_number, take_turn
from hq.database.steps import even_units_and_days
from hq.tables import metadata

SCHEMA = 3
STEPS: Mapping[int, Callable[[Connection], None]] = {3: even_units_and_days}
_OLDEST = min(STEPS) - 1


def create(conn: Connection, name: str) -> None:
    """Make the tables; raises ConfigError when there are some already."""
    take_turn(conn, Turn.TABLES)
    if schema_number(conn):
        raise ConfigError(f"there is a headquarters already in database {name!r}", hint="serve it: `tally-hq serve`")
    metadata.create_all(conn)
    conservation.enforce(conn)
    note_schema(conn, SCHEMA)


def step(conn: Connection, name: str) -> bool:
    """Go one step towards SCHEMA if the tables are older, and return whether another may follow.

    Raises ConfigError when there are no tables, or tables that no step leads on from.
    """
    if schema_number(conn) == SCHEMA:
        return False
    take_turn(conn, Turn.TABLES)
    found = schema_number(conn)
    if not found:
        hint = "make one: `tally-hq init`"
        raise ConfigError(f"there is no headquarters in database {name!r}", hint=hint)
    if not _OLDEST <= found <= SCHEMA:
        raise ConfigError(f"database {name!r} has schema {found}, this version reads {_OLDEST} to {SCHEMA}")
    if found < SCHEMA:
        STEPS[found + 1](conn)
        note_schema(conn, found + 1)
    return found + 1 < SCHEMA
