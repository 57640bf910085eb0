"""The feed's rows of staff: told to the tills of their shop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from agent.journal.feed import StaffRow
from hq.tables import staff


def rows_of(conn: Connection, subjects: Iterable[str]) -> Iterator[StaffRow]:
    """Yield what the feed says of staff, by subjects (`<shop>/<id>`)."""
    for subject in subjects:
        shop, _, name = subject.partition("/")
        row = conn.execute(select(staff).where(staff.c.shop == shop, staff.c.id == name)).one()
        yield StaffRow(row.id, row.role, row.pin)
