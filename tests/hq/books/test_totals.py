import pytest
from sqlalchemy import Connection, event, select, update

from hq.books.totals import PAGE_TILLS, books, page_of_tills, tills
from hq.books.worker import advance
from hq.clock import now_ms
from hq.database import Database, insert
from hq.keys import Keys
from hq.receive.tills import NEVER_ASKED, raise_flag
from hq.tables import journal, quarantine, takings
from hq.tables import till as till_table
from tests.hq.headquarters import damage
from tests.hq.visitor import Visitor, moved


def test_a_till_that_sent_nothing_is_listed(till: Visitor, database: Database) -> None:
    with database.read() as conn:
        (row,) = tills(conn)

    assert (row.till, row.entries, row.head, row.takings, row.flags) == ("corner/1", 0, None, (), ())


def test_what_waits_for_the_books_is_counted(till: Visitor, database: Database) -> None:
    till.append()
    till.append()
    till.send()

    with database.read() as conn:
        (row,) = tills(conn)
        assert (row.waiting, row.entries, row.seq, row.head) == (2, 2, 2, till.heads[2].hex())
        assert books(conn).waiting == 2


def test_flags_are_listed_with_their_till(till: Visitor, database: Database) -> None:
    till.ask(till.request("where", b"{}", nonce=f"{database.epoch}.7.x"))

    with database.read() as conn:
        assert tills(conn)[0].flags == ("counter",)


def test_books_that_do_not_come_out_even_say_so(till: Visitor, database: Database, hq_keys: Keys) -> None:
    till.append(postings=moved("a", 5))
    till.send()
    advance(database, hq_keys)
    with database.read() as conn:
        assert books(conn).balanced

    damage(database)
    with database.read() as conn:
        assert not books(conn).balanced


def test_empty_books_come_out_even(database: Database) -> None:
    with database.read() as conn:
        assert books(conn).balanced


def _make_tills(conn: Connection, numbers: range) -> None:
    """Enrol tills that have sold: `corner/00000` and on."""
    names = [f"corner/{number:05}" for number in numbers]
    keys = {"shop": "corner", "key": b"k", "profile_key": b"p", "enrolled_ms": 1, "contact_ms": now_ms()}
    conn.execute(insert(conn, till_table), [{"id": name, **keys, **NEVER_ASKED} for name in names])
    place = {"epoch": "e", "seq": 9, "head": b"h"}
    conn.execute(insert(conn, journal), [{"till": name, **place} for name in names])
    taken = {"currency": "GBP", "sales": 1, "sales_money": 5, "refunds": 0, "returns_money": 0}
    conn.execute(insert(conn, takings), [{"till": name, **taken} for name in names])


def _queries(conn: Connection) -> list[str]:
    """Return the list to which every statement will be added that this connection is given."""
    said: list[str] = []
    event.listen(conn, "before_cursor_execute", lambda *given: said.append(given[2]))
    return said


@pytest.mark.databases("sqlite", "postgresql")
def test_a_thousand_tills_are_listed_by_as_many_queries_as_one(database: Database) -> None:
    counts = []
    for numbers in (range(1), range(1, 1000)):
        with database.write() as conn:
            _make_tills(conn, numbers)
        with database.read() as conn:
            said = _queries(conn)
            assert len(tills(conn)) == numbers.stop
            page_of_tills(conn, quiet_since_ms=0)
            counts.append(len(said))

    assert counts[0] == counts[1]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_page_shows_first_the_tills_that_need_a_person(database: Database) -> None:
    with database.write() as conn:
        _make_tills(conn, range(PAGE_TILLS + 10))
        raise_flag(conn, "corner/00107", "counter", "a number came twice")
        of_108 = conn.scalar(select(journal.c.id).where(journal.c.till == "corner/00108"))
        conn.execute(insert(conn, quarantine).values(journal=of_108, seq=1, reason="odd"))
        conn.execute(update(till_table).where(till_table.c.id == "corner/00109").values(contact_ms=7))

    with database.read() as conn:
        first, second, beyond = (page_of_tills(conn, number, quiet_since_ms=8) for number in (1, 2, 10**30))

    names = [row.till for row in first.rows]
    assert names[:4] == ["corner/00107", "corner/00108", "corner/00109", "corner/00000"]
    assert [row.quarantined for row in first.rows[:3]] == [0, 1, 0]
    assert (first.tills, first.needing, first.pages) == (PAGE_TILLS + 10, 3, 2)
    assert {row.till for row in second.rows}.isdisjoint(names)
    assert len(names) + len(second.rows) == first.tills
    assert beyond == second


def test_a_machine_that_lost_its_till_is_no_till(database: Database) -> None:
    with database.write() as conn:
        _make_tills(conn, range(1))
        conn.execute(insert(conn, journal).values(till="corner/00000~abc", epoch="e", seq=5, head=b"h"))

    with database.read() as conn:
        (row,) = tills(conn)

    assert (row.till, row.entries) == ("corner/00000", 9)
