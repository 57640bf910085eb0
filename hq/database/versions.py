"""The versions of the feed: rising, never the same twice, and visible in their order.

The row they are counted in stays locked until the commit that took them ends, so a version can only be seen together
with all versions before it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, String, cast, select

from hq.database.dialect import insert
from hq.tables import meta

_VERSION = "version"


def last_version(conn: Connection) -> int:
    """Return the version of the feed's latest change."""
    return int(conn.scalar(select(meta.c.value).where(meta.c.key == _VERSION)) or "0")


def take_versions(conn: Connection, count: int) -> int:
    """Take `count` versions of the feed and return the first; versions of one epoch never repeat."""
    added = cast(cast(meta.c.value, BigInteger) + count, String)
    statement = insert(conn, meta).values(key=_VERSION, value=str(count))
    again = statement.on_conflict_do_update(index_elements=["key"], set_={"value": added})
    last = conn.execute(again.returning(meta.c.value)).scalar_one()
    return int(last) - count + 1
