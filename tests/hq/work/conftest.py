"""A headquarters whose programme lets points expire, and lapse for want of a purchase."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from agent.journal.entry import Entry, decode_entry
from hq import config
from hq.books.worker import advance
from hq.clock import day_at, now_ms
from hq.database import Database, insert
from hq.tables import journal, programme, raw
from hq.tables import till as till_table
from hq.work.due import Work
from tests.hq.headquarters import SHOP
from tests.hq.visitor import Visitor

TODAY = day_at(now_ms())
TERMS = b"""
name = "Club"
currency = "GBP"
[[cards]]
prefix = "9826"
length = 12
[[units]]
id = "points"
label = "points"
expires = "24 months"
inactive = "12 months"
[dormancy]
sleeping = "3 months"
dormant = "6 months"
[[earn]]
id = "per"
unit = "points"
give = 1
per = "1.00"
"""


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def arrive(*tills: Visitor) -> None:
    """Let all that the tills have arrive and be booked, and let them ask for news."""
    for till in tills:
        till.send()
        till.feed()
        while advance(till.database, till.hq_keys):
            pass


def own_entries(database: Database, kind: str) -> list[Entry]:
    with database.read() as conn:
        of_hq = select(raw.c.bytes).join(journal, journal.c.id == raw.c.journal).where(journal.c.till == "hq")
        entries = [decode_entry(data) for data in conn.scalars(of_hq.order_by(raw.c.seq))]
    return [entry for entry in entries if entry.kind == kind]


def unheard(database: Database, till: Visitor, *, days: int) -> None:
    """Make it so long since a till was heard of."""
    at_ms = now_ms() - days * 24 * 3_600_000
    with database.write() as conn:
        one = update(till_table).where(till_table.c.id == till.till)
        conn.execute(one.values(contact_ms=at_ms, reported_ms=at_ms))


def put_in_force(database: Database, data: bytes, *, shop: str = SHOP) -> None:
    """Let a shop have this programme."""
    with database.write() as conn:
        terms = {"version": "terms", "data": data}
        statement = insert(conn, programme).values(shop=shop, **terms)
        conn.execute(statement.on_conflict_do_update(index_elements=["shop"], set_=terms))


@pytest.fixture
def work(database: Database, folder: object) -> Work:
    """Its jobs; any share may expire."""
    put_in_force(database, TERMS)
    settings = config.load(folder)  # type: ignore[arg-type]  # a path
    return Work(database, replace(settings, work=config.Work(expiry_share_max=100)))
