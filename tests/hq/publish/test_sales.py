"""A sale of another till, asked for at the door."""

import pytest
from sqlalchemy import select, update

from agent.journal.codes import sale_tag
from agent.journal.entry import Posting, encode
from agent.journal.wire.asking import SALE_BYTES_MAX, SaleAsked, SaleTold
from agent.journal.wire.form import expand
from hq.books.worker import advance
from hq.database import Database
from hq.keys import Keys
from hq.receive import tills
from hq.tables import asked, flag
from tests.hq.visitor import Visitor, refund_body, refused, sale_body

ENTRY = "sale-1"
TAG = sale_tag(ENTRY)


@pytest.fixture
def second(database: Database, hq_keys: Keys) -> Visitor:
    visitor = Visitor(database, hq_keys, "2")
    visitor.enrol()
    return visitor


def book(*visitors: Visitor) -> None:
    for visitor in visitors:
        visitor.send()
        while advance(visitor.database, visitor.hq_keys):
            pass


def ask(till: Visitor, tag: str = TAG, entry: str | None = None) -> SaleTold | None:
    answer = till.ask(till.request("sale", encode(SaleAsked(tag, entry).to_map())))
    assert answer.status == 200, answer.body
    return SaleTold.unpack(expand(answer.body, bytes_max=SALE_BYTES_MAX))


def sold(till: Visitor) -> None:
    """Sell something for 5.00, of which a voucher and points paid a part."""
    body = {"reward": "five", "unit": "five", "units": 1, "value": 500, "free": False}
    back = (Posting("five", "issuance", -1), Posting("five", "redeemed", 1))
    till.append(op="V-1", kind="voucher_spent", body=body | {"account": None}, postings=back)
    till.append(op="R-1", kind="redemption", body=body | {"account": "a"}, postings=back)
    redemptions = ["R-1", "V-1"]
    till.append(id=ENTRY, op="S-1", kind="sale", body=sale_body("a", 500, redemptions=redemptions))


@pytest.mark.parametrize("entry", [None, ENTRY])
def test_another_till_is_told_the_sale_as_we_hold_it_with_its_redemptions(
    till: Visitor, second: Visitor, entry: str | None
) -> None:
    sold(till)
    second.append()
    book(till, second)

    told = ask(second, entry=entry)

    voucher, redemption, sale = (item.data for item in till.items)
    assert told == SaleTold(sale, (redemption, voucher), {}, (second.position(1),))


def test_it_is_told_what_came_back_at_any_till(till: Visitor, second: Visitor) -> None:
    sold(till)
    line = {"sale": "S-1", "line": 0, "article": "mug", "quantity": 200, "amount": 100}
    till.append(kind="refund", body=refund_body("a", 100) | {"lines": [line]})
    second.append(kind="refund", body=refund_body("a", 100) | {"lines": [line | {"till": till.till}]})
    second.append(op="own", kind="refund", body=refund_body("a", 100) | {"lines": [line]})  # of its own sale S-1
    loose = {"sale": None, "line": None, "article": "mug", "quantity": 300, "amount": 100}
    slip = {"provisional": True, "slip": {"entry": None, "tag": TAG}}
    second.append(kind="refund", body=refund_body("a", 100) | slip | {"lines": [loose]})
    book(till, second)

    told = ask(second)

    assert told is not None
    assert told.returned == {0: 700}


def test_nobody_is_told_what_the_books_do_not_have(till: Visitor, second: Visitor, database: Database) -> None:
    sold(till)
    till.send()

    assert ask(second) is None
    assert ask(second, tag="00000000") is None
    book(till)
    assert ask(second, entry="another") is None
    away = Visitor(database, till.hq_keys, "1", shop="harbour")
    away.enrol()
    assert ask(away) is None  # a typed code counts in its shop
    assert ask(away, entry=ENTRY) is not None


def test_a_sale_without_its_redemption_is_not_told(till: Visitor, second: Visitor) -> None:
    till.append(id=ENTRY, op="S-1", kind="sale", body=sale_body("a", 500, redemptions=["R-9"]))
    book(till)

    assert ask(second) is None


def test_who_asks_for_too_many_is_answered_nothing_for_an_hour_and_flagged(
    till: Visitor, second: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold(till)
    book(till)
    monkeypatch.setattr(tills, "ASKS_MAX", 2)

    answers = [ask(second) is None for _ in range(3)]

    assert answers == [False, False, True]
    with database.read() as conn:
        (row,) = conn.execute(select(flag)).all()
    assert (row.till, row.what) == (second.till, "asks")
    with database.write() as conn:
        conn.execute(update(asked).values(since_ms=asked.c.since_ms - 3_600_000))
    assert ask(second) is not None


def test_a_question_of_another_shape_is_refused(till: Visitor) -> None:
    assert "wrong shape" in refused(till.ask(till.request("sale", b"{}")), 400)


def test_nobody_else_is_told(till: Visitor, database: Database, hq_keys: Keys) -> None:
    stranger = Visitor(database, hq_keys, "9")

    answer, _ = stranger.door.answer(stranger.request("sale", encode(SaleAsked(TAG, None).to_map())))

    assert answer.status == 401
