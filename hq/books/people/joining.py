"""Accounts that are part of others: each points at one, and its root is where that leads.

Lots stay with the account they were posted on, so parting what was joined gives back exactly what came with it.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from hq.database import insert
from hq.publish.announce import Kind, retire
from hq.tables import account, joined


def join(conn: Connection, one: str, into: str) -> None:
    """Make `one`, and whatever was joined into it, part of `into`."""
    found = {row.id: row.root for row in conn.execute(select(account).where(account.c.id.in_([one, into])))}
    if found[one] == found[into]:
        return
    where = {"into": found[into]}
    pointed = insert(conn, joined).values(account=found[one], **where)
    conn.execute(pointed.on_conflict_do_update(index_elements=["account"], set_=where))
    conn.execute(update(account).where(account.c.root == found[one]).values(root=found[into]))
    retire(conn, Kind.MEMBER, found[one])


def part(conn: Connection, one: str) -> None:
    """Let `one`, and what was joined into it, be on its own again; nothing happens if it is."""
    if conn.scalar(select(joined.c.into).where(joined.c.account == one)) is None:
        return
    conn.execute(delete(joined).where(joined.c.account == one))
    for each in with_all_joined(conn, one):
        conn.execute(update(account).where(account.c.id == each).values(root=one))


def with_all_joined(conn: Connection, one: str) -> list[str]:
    """Return an account and all that were joined into it, and into those."""
    found = [one]
    for each in found:
        found += conn.scalars(select(joined.c.account).where(joined.c.into == each).order_by(joined.c.account))
    return found
