from hq.books.totals import books, tills
from hq.books.worker import advance
from hq.database import Database
from hq.keys import Keys
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
