import pytest
from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import IntegrityError

from hq.database import Database, add_sums, copy_in, insert, take_turn, total
from hq.database.dialect import Turn
from hq.tables import journal, raw, sale, spend

pytestmark = pytest.mark.databases("sqlite", "postgresql")

MONEY = ("account", "currency")


def _raw_rows(count: int) -> list[dict[str, object]]:
    return [
        {"journal": 1, "seq": seq, "hash": bytes([seq % 256] * 32), "bytes": b"\0\xff\\N\n" * seq, "received_ms": 2**53}
        for seq in range(1, count + 1)
    ]


def _copy_in(conn: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    copy_in(conn, table, list(rows[0]), [tuple(row.values()) for row in rows])


@pytest.fixture
def with_journal(database: Database) -> Database:
    with database.write() as conn:
        conn.execute(insert(conn, journal).values(id=1, till="corner/1", epoch="e", seq=0, head=b""))
    return database


def test_what_is_copied_in_comes_out(with_journal: Database) -> None:
    rows = _raw_rows(300)
    with with_journal.write() as conn:
        _copy_in(conn, raw, rows)

    with with_journal.read() as conn:
        assert [dict(row._mapping) for row in conn.execute(select(raw).order_by(raw.c.seq))] == rows


def test_texts_and_nothing_are_copied_in(with_journal: Database) -> None:
    row = {"journal": 1, "seq": 1, "op": "tab\tend\\", "account": None, "card": "ș \N{SNOWMAN}", "currency": "GBP"}
    row |= {"total": -1, "due": 0, "day": "2026-01-02", "sold_at": "", "tag": ""}
    with with_journal.write() as conn:
        _copy_in(conn, sale, [row])
        copy_in(conn, sale, list(row), [])

    with with_journal.read() as conn:
        assert dict(conn.execute(select(sale)).one()._mapping) == row


def test_copying_in_what_is_there_fails_as_an_insert_does(with_journal: Database) -> None:
    def copy_twice() -> None:
        with with_journal.write() as conn:
            _copy_in(conn, raw, _raw_rows(2))
            _copy_in(conn, raw, _raw_rows(2))

    with pytest.raises(IntegrityError):
        copy_twice()
    with with_journal.read() as conn:
        assert conn.execute(select(raw)).all() == []


def test_sums_are_added_up_within_and_across_statements(database: Database) -> None:
    given = [("a", "GBP", 5, 0), ("a", "EUR", 1, 1), ("a", "GBP", 7, 2), ("b", "GBP", 2**53, -3)]
    names = (*MONEY, "sales", "returns")
    for _ in range(2):
        with database.write() as conn:
            add_sums(conn, spend, MONEY, [dict(zip(names, row, strict=True)) for row in given])
            add_sums(conn, spend, MONEY, [])

    with database.read() as conn:
        rows = conn.execute(select(spend).order_by(spend.c.account, spend.c.currency)).all()
        summed = conn.scalar(select(total(spend.c.sales)))
        nothing = conn.scalar(select(total(spend.c.sales)).where(spend.c.account == "c"))
    assert [tuple(row) for row in rows] == [("a", "EUR", 2, 2), ("a", "GBP", 24, 4), ("b", "GBP", 2**54, -6)]
    assert (summed, nothing) == (26 + 2**54, 0)
    assert type(summed) is type(nothing) is int


def test_texts_sort_by_their_bytes(database: Database) -> None:
    names = ["Zoe", "adam", "B-1", "B1", "_", "\N{LATIN SMALL LETTER E WITH ACUTE}"]
    with database.write() as conn:
        add_sums(conn, spend, MONEY, [{"account": one, "currency": "", "sales": 0, "returns": 0} for one in names])

    with database.read() as conn:
        assert conn.scalars(select(spend.c.account).order_by(spend.c.account)).all() == sorted(names)


def test_a_turn_may_be_taken_again_by_who_has_it(database: Database) -> None:
    with database.write() as conn:
        take_turn(conn, Turn.BOOKS)
        take_turn(conn, Turn.BOOKS)
