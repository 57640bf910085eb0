"""The steps from one number of headquarters' tables to the next, in SQL of their time."""

from __future__ import annotations

from importlib import resources

from sqlalchemy import Connection

from hq.database.conservation import enforce


def even_units_and_days(conn: Connection) -> None:
    """To 3: units must come out even, the books know days, what came back elsewhere, and shops have keys.

    The books are emptied: their worker derives them anew from the raw entries. Every database of 2 is a SQLite file.
    """
    for statement in resources.files(__package__).joinpath("to_3.sql").read_text().split(";\n"):
        if statement.strip():
            conn.exec_driver_sql(statement)
    enforce(conn)
