"""Headquarters' database: a file of SQLite or a database of PostgreSQL; nobody else need know which."""

from hq.database.conservation import check_even
from hq.database.database import Database
from hq.database.dialect import Turn, add_sums, copy_in, insert, take_turn, total
from hq.database.schema import SCHEMA
from hq.database.versions import last_version, take_versions

__all__ = [
    "SCHEMA",
    "Database",
    "Turn",
    "add_sums",
    "check_even",
    "copy_in",
    "insert",
    "last_version",
    "take_turn",
    "take_versions",
    "total",
]
