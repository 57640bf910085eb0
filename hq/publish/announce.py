"""Announcing: what changed, in the order in which the feed will tell it.

A subject stands in the feed once, at its latest version.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import Connection, delete

from hq.database import insert, take_versions
from hq.tables import changed


class Kind(StrEnum):
    """What the feed tells about: a shop's programme, an entry of headquarters' own, a member's account, a till, the
    keys of a shop, a voucher (`<shop's tag>/<unit>/<serial>`), somebody of the staff (`<shop>/<id>`).
    """

    PROGRAMME = "programme"
    ENTRY = "entry"
    MEMBER = "member"
    TILL = "till"
    SHOP_KEY = "shop_key"
    VOUCHER = "voucher"
    STAFF = "staff"


def announce(conn: Connection, kind: Kind, subjects: Collection[str]) -> None:
    """Put subjects at the end of the feed, each under a version of its own."""
    if not subjects:
        return
    first = take_versions(conn, len(subjects))
    statement = insert(conn, changed)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "subject"], set_={"version": statement.excluded.version}
        ),
        [
            {"kind": kind, "subject": subject, "version": version}
            for version, subject in enumerate(sorted(subjects), first)
        ],
    )


def retire(conn: Connection, kind: Kind, subject: str) -> None:
    """Take a subject out of the feed: another tells what there is to tell."""
    conn.execute(delete(changed).where(changed.c.kind == kind, changed.c.subject == subject))
