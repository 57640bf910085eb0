"""What columns of several tables have in common."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, MetaData, String

metadata = MetaData()

_SUM_MAX = 2**62  # half of what a whole number of the database holds: SQLite would go on in floating point
TEXT = String().with_variant(String(collation="C"), "postgresql")


def of_journal(*, primary: bool = True) -> Column[int]:
    """Return the column of a journal's row."""
    return Column("journal", Integer, ForeignKey("journal.id"), primary_key=primary)


def sum_of(name: str) -> Column[int]:
    """Return a column that whole numbers are added up in."""
    return Column(name, BigInteger, CheckConstraint(f"{name} BETWEEN -{_SUM_MAX} AND {_SUM_MAX}"), nullable=False)
