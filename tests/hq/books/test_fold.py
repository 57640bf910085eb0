"""What entries add to the books, whatever the order of the journals and however often they are derived."""

import itertools
from typing import Any

import pytest
from sqlalchemy import func, select

from agent.journal.entry import INTEGER_MAX, Posting
from hq.books.totals import Takings, books, tills
from hq.books.worker import advance, rebuild
from hq.database import Database
from hq.keys import Keys
from hq.tables import card, quarantine, redemption, refund, sale, sale_line, spend
from tests.hq.headquarters import members_of_books
from tests.hq.visitor import Visitor, card_opened, entry, moved, refund_body, sale_body

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _book(till: Visitor) -> dict[str, list[Any]]:
    """Send what a till has, book everything, and return what the books say of members."""
    till.send()
    while advance(till.database, till.hq_keys):
        pass
    with till.database.read() as conn:
        return members_of_books(conn)


def test_sales_refunds_and_points_are_summed(till: Visitor, database: Database) -> None:
    till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5, lot="one"))
    till.append(kind="sale", body=sale_body("a", 300), postings=moved("a", 3, lot="two"))
    till.append(kind="refund", body=refund_body("a", 500), postings=moved("a", -5, lot="one"))
    till.append(kind="sale", body=sale_body(None, 700))

    said = _book(till)

    assert said["lots"] == [("a", "points", "one", None, 0), ("a", "points", "two", None, 3)]
    assert said["spend"] == [("a", "GBP", 800, 500)]
    with database.read() as conn:
        summed, (row,) = books(conn), tills(conn)
        assert conn.execute(select(func.count()).select_from(sale_line)).scalar_one() == 3
    assert summed.takings == row.takings == (Takings("GBP", 3, 1500, 1, 500),)
    assert summed.balanced
    (unit,) = summed.units
    assert (unit.accounts, unit.total, unit.lots) == ({"account": 3, "issuance": -3}, 0, 3)


def test_money_of_two_currencies_is_kept_apart(till: Visitor, database: Database) -> None:
    till.append(kind="sale", body=sale_body("a", 500))
    till.append(kind="sale", body=sale_body("a", 400, currency="EUR"))

    assert _book(till)["spend"] == [("a", "EUR", 400, 0), ("a", "GBP", 500, 0)]
    with database.read() as conn:
        assert [one.currency for one in books(conn).takings] == ["EUR", "GBP"]


def test_a_redemption_moves_units_and_is_a_row(till: Visitor, database: Database) -> None:
    till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5))
    body = {"account": "a", "card": None, "reward": "r", "unit": "points", "units": 4, "value": 4, "free": False}
    taken = [(-4, "account:a", "l1"), (4, "redeemed", None)]
    postings = tuple(type(moved("a", 1)[0])("points", account, amount, lot) for amount, account, lot in taken)
    till.append(kind="redemption", body=body, postings=postings)

    assert _book(till)["lots"] == [("a", "points", "l1", None, 1)]
    with database.read() as conn:
        assert conn.execute(select(redemption.c.units)).scalar_one() == 4
        assert books(conn).units[0].accounts == {"account": 1, "issuance": -5, "redeemed": 4}


def test_who_is_enrolled_is_regular_and_who_is_not_is_provisional(till: Visitor) -> None:
    till.append(kind="enrolment", body={"account": "a", "card": "c", "opens": True})
    till.append(kind="card_opened", body={"account": "b", "card": "d"})

    said = _book(till)

    assert said["accounts"] == [("a", "regular", "a"), ("b", "provisional", "b")]
    assert said["cards"] == [("c", "a"), ("d", "b")]


def test_a_card_of_a_household_is_linked_in_its_role(till: Visitor, database: Database) -> None:
    till.append(kind="enrolment", body={"account": "a", "card": "c", "opens": True})
    till.append(kind="card_linked", body={"account": "a", "card": "d", "role": "earn"})

    assert _book(till)["cards"] == [("c", "a"), ("d", "a")]
    with database.read() as conn:
        roles = conn.execute(select(card.c.id, card.c.role).order_by(card.c.id))
        assert [tuple(row) for row in roles] == [("c", "spend"), ("d", "earn")]


def test_what_a_till_counts_is_no_members_and_yet_in_balance(till: Visitor, database: Database) -> None:
    draw = (Posting("draws", "issuance", -1), Posting("draws", "till:corner/1", 1, "2026-11-22"))
    till.append(kind="sale", body=sale_body("a", 500), postings=(*moved("a", 5), *draw))

    assert _book(till)["lots"] == [("a", "points", "l1", None, 5)]
    with database.read() as conn:
        summed = books(conn)
    assert summed.balanced
    assert (summed.members, summed.units[0].accounts) == (1, {"issuance": -1, "till:corner/1": 1})


class TestQuarantine:
    """An entry that cannot be interpreted is held and set aside; the chain goes on."""

    def test_the_entries_around_it_are_booked(self, till: Visitor, database: Database) -> None:
        till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5))
        till.append_bytes(b"\xff not an entry")
        till.append(kind="sale", body={"total": "much"}, postings=moved("a", 50))
        till.append(kind="sale", body=sale_body("a", 300), postings=moved("a", 3))

        said = _book(till)

        assert said["lots"] == [("a", "points", "l1", None, 8)]
        assert said["quarantine"] == [(2,), (3,)]
        with database.read() as conn:
            (row,) = tills(conn)
            assert books(conn).quarantined == 2
        assert (row.seq, row.waiting, row.quarantined) == (4, 0, 2)

    def test_the_reason_is_kept(self, till: Visitor, database: Database) -> None:
        till.append(seq=99)

        _book(till)

        with database.read() as conn:
            assert "says it is entry 99" in conn.execute(select(quarantine.c.reason)).scalar_one()

    def test_an_entry_that_can_be_read_and_not_be_booked_stops_nothing(self, till: Visitor) -> None:
        till.append(postings=moved("a", 5))
        till.append(postings=moved("b", INTEGER_MAX) * 2000)  # a sum that no database can hold
        till.append(postings=moved("a", 6))

        said = _book(till)

        assert said["lots"] == [("a", "points", "l1", None, 11)]
        assert said["quarantine"] == [(2,)]

    def test_a_sale_of_nothing_is_booked(self, till: Visitor) -> None:
        till.append(kind="sale", body=sale_body("a", 0, lines=[]))

        assert _book(till)["quarantine"] == []

    def test_a_kind_unknown_here_is_booked_by_its_postings(self, till: Visitor) -> None:
        till.append(kind="hologram", postings=moved("a", 7), body={"x": 1})

        said = _book(till)

        assert (said["lots"], said["quarantine"]) == ([("a", "points", "l1", None, 7)], [])


def _three_tills(database: Database, keys: Keys) -> list[Visitor]:
    visitors = [Visitor(database, keys, str(number)) for number in (1, 2, 3)]
    for number, visitor in enumerate(visitors):
        visitor.epoch = f"{number:032x}"
        visitor.enrol()
        fields, profile = card_opened(keys, f"acc{number}", f"card{number}", "982600000006")
        visitor.append(profile, **fields)
        visitor.append(kind="sale", body=sale_body(f"acc{number}", 100), postings=moved(f"acc{number}", number + 1))
    visitors[2].append(kind="enrolment", body={"account": "acc2", "card": "card2", "opens": False})
    return visitors


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_S14_the_books_do_not_depend_on_which_till_comes_first(
    database: Database, hq_keys: Keys, order: tuple[int, ...]
) -> None:
    visitors = _three_tills(database, hq_keys)

    for at in order:
        said = _book(visitors[at])

    assert said["accounts"] == [(f"acc{n}", "regular", "acc0") for n in range(3)]
    assert said["lots"] == [(f"acc{n}", "points", "l1", None, n + 1) for n in range(3)]
    assert said["spend"] == [(f"acc{n}", "GBP", 100, 0) for n in range(3)]


def test_a_rebuild_gives_the_same_books(database: Database, hq_keys: Keys) -> None:
    visitors = _three_tills(database, hq_keys)
    visitors[1].append(kind="refund", body=refund_body("acc1", 40), postings=moved("acc1", -1))
    visitors[1].append_bytes(b"junk")
    for visitor in visitors:
        before = _book(visitor)
    with database.read() as conn:
        summed = books(conn)

    count = rebuild(database, hq_keys)

    with database.read() as conn:
        assert members_of_books(conn) == before
        assert books(conn) == summed
        assert conn.execute(select(func.count()).select_from(refund)).scalar_one() == 1
        assert conn.execute(select(func.count()).select_from(sale)).scalar_one() == 3
    assert count == summed.entries


def test_S1_booking_again_changes_nothing(till: Visitor, database: Database) -> None:
    till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5))
    before = _book(till)

    assert _book(till) == before
    with database.read() as conn:
        assert conn.execute(select(spend.c.sales)).scalar_one() == 500


def test_a_spliced_entry_of_another_till_is_set_aside(till: Visitor) -> None:
    till.append(till="corner/2", kind="sale", body=sale_body("a", 500), postings=moved("a", 5))

    said = _book(till)

    assert (said["lots"], said["quarantine"]) == ([], [(1,)])


def test_an_entry_with_a_place_of_its_own_choice_is_set_aside(till: Visitor) -> None:
    data = entry(till.till, "0" * 32, 1, postings=moved("a", 5))
    till.append(**{name: getattr(data, name) for name in ("epoch", "postings")})

    assert _book(till)["quarantine"] == [(1,)]
