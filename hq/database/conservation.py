"""Conservation, held by the database itself: no commit ends with postings that do not sum to zero, or lots apart.

Triggers on `posting_total` and `lot` keep a row a unit in `unit_sum`: `posted`, the sum of its postings, and `apart`,
how much more lots hold than was posted on those who have lots. Both must be found in `even`, which has the one row
(0, 0): a foreign key that is checked when a commit ends, the one deferred check that SQLite and PostgreSQL both have.
PostgreSQL sums what a statement changed, SQLite row by row.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from agent.errors import JournalError
from agent.journal.entry import VOUCHERS_PREFIX
from hq.tables import MEMBERS, even, unit_sum

# What a row, `{0}`, adds to (`posted`, `apart`). Lots are members' and vouchers'; what a till counts has none.
_HAS_LOTS = f"{{0}}account = '{MEMBERS}' OR substr({{0}}account, 1, {len(VOUCHERS_PREFIX)}) = '{VOUCHERS_PREFIX}'"
_ADDS = {
    "lot": ("0", "{0}amount"),
    "posting_total": ("{0}amount", f"CASE WHEN {_HAS_LOTS} THEN -{{0}}amount ELSE 0 END"),
}
_INTO = "INSERT INTO unit_sum (unit, posted, apart)"
_WHEN_THERE = "ON CONFLICT (unit) DO UPDATE SET posted = {0}posted + excluded.posted, apart = {0}apart + excluded.apart"


def enforce(conn: Connection) -> None:
    """Make the triggers, and the row that every unit's sums must be found in."""
    conn.execute(even.insert().values(posted=0, apart=0))
    for statement in _postgres() if conn.dialect.name == "postgresql" else sqlite_triggers():
        conn.exec_driver_sql(statement)


def check_even(conn: Connection) -> None:
    """Raise JournalError naming a unit that would break the commit, while it can still be told which entry does it."""
    uneven = unit_sum.select().where((unit_sum.c.posted != 0) | (unit_sum.c.apart != 0)).limit(1)
    row = conn.execute(uneven).one_or_none()
    if row is not None:
        raise JournalError(f"postings in {row.unit!r} would sum to {row.posted}, lots would be {row.apart} apart")


def sqlite_triggers() -> Iterator[str]:
    """Yield the statements that make SQLite's triggers."""
    for table, adds in _ADDS.items():
        added, gone = _sums_of_row(adds, "NEW.", ""), _sums_of_row(adds, "OLD.", "-")
        yield f"CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {added}; END"
        yield f"CREATE TRIGGER {table}_changed AFTER UPDATE ON {table} BEGIN {added}; {gone}; END"
        yield f"CREATE TRIGGER {table}_gone AFTER DELETE ON {table} BEGIN {gone}; END"


def _sums_of_row(adds: tuple[str, str], row: str, sign: str) -> str:
    posted, apart = (f"{sign}({one.format(row)})" for one in adds)
    return f"{_INTO} VALUES ({row}unit, {posted}, {apart}) {_WHEN_THERE.format('')}"


def _postgres() -> Iterator[str]:
    for table, adds in _ADDS.items():
        posted, apart = (one.format("") for one in adds)
        for event, rows in _POSTGRES_EVENTS.items():
            changed = " UNION ALL ".join(
                f"SELECT unit, {sign}({posted}) AS posted, {sign}({apart}) AS apart FROM {name}"  # noqa: S608 - our own
                for name, sign in rows.items()
            )
            summed = f"SELECT unit, sum(posted), sum(apart) FROM ({changed}) AS changed GROUP BY unit"  # noqa: S608
            body = f"BEGIN {_INTO} {summed} {_WHEN_THERE.format('unit_sum.')}; RETURN NULL; END"
            function, seen = f"{table}_{event.lower()}", " ".join(_SEEN_AS[name] for name in rows)
            yield f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
            yield (
                f"CREATE TRIGGER {function} AFTER {event} ON {table} REFERENCING {seen} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )


_POSTGRES_EVENTS = {"INSERT": {"added": ""}, "UPDATE": {"added": "", "gone": "-"}, "DELETE": {"gone": "-"}}
_SEEN_AS = {"added": "NEW TABLE AS added", "gone": "OLD TABLE AS gone"}
