"""Goods that came back where their sale was not known: put right, whichever till reports first."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from agent.journal.batch import pack
from agent.journal.codes import sale_tag
from agent.journal.entry import ISSUANCE, REDEEMED, VOUCHERS_PREFIX, Entry, Posting, decode_entry
from agent.journal.feed import Cursor
from agent.journal.stick.messages import Batch, FromTill
from agent.journal.wire.form import BATCH_TYPE, compress
from agent.loyalty.sale import Effect, Measure, Reason
from hq import stick
from hq.apart import forks
from hq.books.totals import books
from hq.books.worker import advance, rebuild
from hq.database import Database
from hq.keys import Keys
from hq.publish.sales import returned_of
from hq.receive.enrol import make_code
from hq.tables import flag, journal, lot, raw
from tests.hq.headquarters import members_of_books
from tests.hq.visitor import Visitor, refund_body, refused, sale_body

SALE = "sale-1"  # the id of its entry
TAG = sale_tag(SALE)
POINTS = 15
MUG, CUP = (
    {"article": article, "quantity": 1000, "amount": amount, "category": None, "tax": 0}
    for article, amount in (("mug", 1000), ("cup", 500))
)


def posted(account: str, units: int, lot: str) -> tuple[Posting, ...]:
    return (Posting("points", ISSUANCE, -units), Posting("points", f"account:{account}", units, lot))


def sold(till: Visitor, **fields: Any) -> None:
    """Sell a mug for 10.00 and a cup for 5.00 to `a`, a point for each 1.00."""
    effect = Effect("points", "points", POINTS, SALE, (0, 1), Measure.AMOUNT, Reason("per", {}))
    body = sale_body("a", 1500, lines=[MUG, CUP], effects=[effect.to_map()], **fields)
    till.append(id=SALE, op="S-1", kind="sale", body=body, postings=posted("a", POINTS, SALE))


def back(till: Visitor, article: str, money: int, *, held: int = 0, entry: str | None = None, op: str = "B-1") -> None:
    """Take an article back provisionally, for so much, holding so many points of `a`."""
    line = {"sale": None, "line": None, "article": article, "quantity": 1000, "amount": money}
    body = refund_body("a", money) | {"lines": [line], "provisional": True, "slip": {"entry": entry, "tag": TAG}}
    postings = posted("a", -held, f"sale:{TAG}") if held else ()
    till.append(id=f"{till.till}-{op}", op=op, kind="refund", body=body, postings=postings)


def exactly_back(till: Visitor, line: int, points: int, *, of: str = "corner/1", op: str = "E-1") -> None:
    """Take a line back at a till that knows it: its own sale, or that of another."""
    named = {"sale": "S-1", "line": line, "article": "mug", "quantity": 1000, "amount": 1000}
    if of != till.till:
        named["till"] = of
    body = refund_body("a", 1000) | {"lines": [named], "provisional": False, "slip": None}
    till.append(op=op, kind="refund", body=body, postings=posted("a", -points, SALE))


def arrive(*tills: Visitor) -> None:
    """Let all that the tills have arrive and be booked, one after the other."""
    for till in tills:
        till.send()
        while advance(till.database, till.hq_keys):
            pass


def points(database: Database) -> dict[str, int]:
    with database.read() as conn:
        rows = conn.execute(select(lot.c.lot, lot.c.amount).where(lot.c.account == "a", lot.c.unit == "points"))
        return {row.lot: row.amount for row in rows if row.amount}


def returned(database: Database) -> dict[int, int]:
    with database.read() as conn:
        return {line: quantity for line, quantity in returned_of(conn, "corner/1", "S-1").items() if quantity}


def flags(database: Database) -> dict[tuple[str, str], str]:
    with database.read() as conn:
        return {(row.till, row.what): row.detail for row in conn.execute(select(flag))}


def own_entries(database: Database) -> list[Entry]:
    with database.read() as conn:
        rows = conn.scalars(
            select(raw.c.bytes).join(journal, journal.c.id == raw.c.journal).where(journal.c.till == "hq")
        )
        return [decode_entry(data) for data in rows]


@pytest.fixture
def tills(database: Database, hq_keys: Keys) -> tuple[Visitor, Visitor, Visitor]:
    """Three tills of the shop."""
    made = tuple(Visitor(database, hq_keys, name) for name in "123")
    for one in made:
        one.enrol()
    return made[0], made[1], made[2]


@pytest.mark.parametrize("first", ["sale", "refund"])
@pytest.mark.parametrize("entry", [None, SALE])
def test_whichever_comes_first_it_is_settled_to_what_a_refund_with_the_receipt_takes(
    tills: Sequence[Visitor], database: Database, first: str, entry: str | None
) -> None:
    one, two, _ = tills
    sold(one)
    back(two, "mug", 1000, held=9, entry=entry)

    arrive(*((one, two) if first == "sale" else (two, one)))

    assert points(database) == {SALE: 5}  # 15 * 500 / 1500
    assert returned(database) == {0: 1000}
    assert flags(database) == {}
    (settled,) = own_entries(database)
    assert (settled.kind, settled.body["lines"]) == ("refund_settled", [{"line": 0, "quantity": 1000}])
    assert settled.body["refund"] == {"entry": "corner/2-B-1", "op": "B-1", "till": "corner/2"}
    with database.read() as conn:
        assert books(conn).balanced


def test_it_is_settled_once(tills: Sequence[Visitor], database: Database, hq_keys: Keys) -> None:
    one, two, _ = tills
    sold(one)
    back(two, "mug", 1000)
    arrive(one, two)
    before = members(database), own_entries(database)
    one.append(op="later", kind="something")
    arrive(one)

    rebuild(database, hq_keys)

    assert (members(database), own_entries(database)) == before
    assert flags(database) == {}


def members(database: Database) -> dict[str, list[Any]]:
    with database.read() as conn:
        return members_of_books(conn)


def test_what_was_raw_when_the_books_were_rebuilt_is_settled_then(
    tills: Sequence[Visitor], database: Database, hq_keys: Keys
) -> None:
    one, two, _ = tills
    sold(one)
    back(two, "cup", 500)
    for till in (one, two):
        till.send()

    rebuild(database, hq_keys)

    assert (points(database), returned(database)) == ({SALE: 10}, {1: 1000})


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_S14_what_came_back_is_the_same_in_whatever_order_tills_report(
    tills: Sequence[Visitor], database: Database, order: Iterable[int]
) -> None:
    one, two, three = tills
    sold(one)
    exactly_back(one, 0, 10)
    back(two, "mug", 1000, held=3, op="B-1")
    back(two, "cup", 500, held=2, op="B-2")
    back(three, "cup", 500, held=1, entry=SALE, op="B-3")

    arrive(*(tills[at] for at in order))

    assert points(database) == {}
    assert returned(database) == {0: 1000, 1: 1000}
    assert set(flags(database)) == {("corner/2", "refund"), ("corner/3", "refund")}
    with database.read() as conn:
        assert books(conn).balanced


def test_a_line_that_two_tills_took_back_with_its_receipt_is_flagged(
    tills: Sequence[Visitor], database: Database
) -> None:
    one, two, _ = tills
    sold(one)
    exactly_back(one, 0, 10)
    exactly_back(two, 0, 10)
    arrive(one)
    assert flags(database) == {}

    arrive(two)

    said = "1000 thousandths too many of line 0 of sale 'S-1' of till corner/1"
    assert flags(database) == {("corner/2", "returned twice"): said}


def test_what_is_not_of_the_sale_and_money_over_are_flagged(tills: Sequence[Visitor], database: Database) -> None:
    one, two, _ = tills
    sold(one)
    back(two, "television", 2000)

    arrive(one, two)

    (detail,) = flags(database).values()
    assert "2000 more was given than was paid" in detail
    (settled,) = own_entries(database)
    assert settled.body["flags"] == [{"article": "television", "line": None, "quantity": 1000}]
    assert points(database) == {SALE: POINTS}


def test_a_typed_code_is_of_its_shop_and_a_scanned_one_of_the_chain(database: Database, hq_keys: Keys) -> None:
    one, away = Visitor(database, hq_keys, "1"), Visitor(database, hq_keys, "1", shop="harbour")
    for till in (one, away):
        till.enrol()
    sold(one)
    back(away, "mug", 1000, op="typed")
    back(away, "cup", 500, entry=SALE, op="scanned")

    arrive(one, away)

    assert (points(database), returned(database)) == ({SALE: 10}, {1: 1000})


def test_a_voucher_that_paid_for_it_is_left_to_a_person(tills: Sequence[Visitor], database: Database) -> None:
    one, two, _ = tills
    account = VOUCHERS_PREFIX + "8Q92FH5J"
    spent = (Posting("five", account, -1, "J01DR3NQK8N"), Posting("five", "redeemed", 1))
    body = {"account": None, "reward": "five", "unit": "five", "units": 1, "value": 500, "free": False}
    one.append(op="V-1", kind="voucher_spent", body=body, postings=spent)
    sold(one, redemptions=["V-1"], due=1000)
    back(two, "mug", 667, op="B-1")
    back(two, "cup", 333, op="B-2")

    arrive(one, two)

    assert points(database) == {}
    assert [entry.body["vouchers"] for entry in own_entries(database)] == [0, 1]
    assert "1 vouchers that paid for it are due to the customer" in flags(database)["corner/2", "refund"]
    with database.read() as conn:
        assert conn.scalar(select(lot.c.amount).where(lot.c.account == account)) == -1


def spent(till: Visitor) -> None:
    """Redeem five points of `a` for a mug that is sold after."""
    body = {"account": "a", "reward": "mug", "unit": "points", "units": 5, "value": 500, "free": False}
    postings = (Posting("points", "account:a", -5, "old"), Posting("points", REDEEMED, 5))
    till.append(id="redeemed", op="R-1", kind="redemption", body=body, postings=postings)


def copied_from(till: Visitor) -> Visitor:
    """Another machine with a copy of a till's disk."""
    clone = Visitor(till.database, till.hq_keys, till.till.partition("/")[2])
    clone.key, clone.profile_key, clone.epoch, clone.last = till.key, till.profile_key, till.epoch, till.last
    clone.items, clone.heads = list(till.items), list(till.heads)
    return clone


def lose(clone: Visitor, kept: Visitor, first: int) -> None:
    """Let a machine bring what it recorded from entry `first` on, and decide that another is the till."""
    nonce, at, last = clone.nonce(), clone.position(first - 1), len(clone.items)
    refused(clone.ask(clone.request("where", b"{}", nonce=nonce)), 409)
    query = f"epoch={at.epoch}&seq={at.seq}&head={at.head.hex()}&to={clone.heads[last].hex()}&done=1"
    body = compress(pack(clone.items[first - 1 :]))
    assert clone.ask(clone.request("branch", body, query=query, media=BATCH_TYPE, nonce=nonce)).status == 200
    with kept.database.write() as conn:
        forks.keep(conn, kept.till, kept.heads[-1].hex(), epoch=kept.database.epoch, keys=kept.hq_keys)


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("before", [True, False], ids=["redeemed before the copy", "redeemed by the copy"])
@pytest.mark.parametrize("first", ["sale", "refund"])
def test_S9_a_sale_of_a_machine_that_lost_its_till_is_settled_though_it_names_redemptions(
    tills: Sequence[Visitor], database: Database, first: str, *, before: bool
) -> None:
    one, two, _ = tills
    one.append(postings=posted("a", 5, "old"))
    if before:
        spent(one)
    arrive(one)
    common = len(one.items)
    clone = copied_from(one)
    one.append()
    one.send(common + 1)
    if not before:
        spent(clone)
    sold(clone, redemptions=["R-1"], due=1000)
    back(two, "mug", 667)
    if first == "refund":
        arrive(two)

    lose(clone, one, common + 1)
    arrive(two)

    assert points(database) == {"old": 3, SALE: 5}  # two thirds of the goods, and of what was paid for them
    assert returned(database) == {0: 1000}


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("first", ["sale", "refund"])
def test_a_sale_of_a_machine_that_was_replaced_is_settled_when_a_stick_brings_it(
    tills: Sequence[Visitor], database: Database, hq_keys: Keys, first: str
) -> None:
    one, two, _ = tills
    one.append(postings=posted("a", 5, "old"))
    arrive(one)
    common = len(one.items)
    spent(one)
    sold(one, redemptions=["R-1"], due=1000)
    with database.write() as conn:
        code = make_code(conn, shop="corner", name="1", lasts_s=60, replace=True).code
    Visitor(database, hq_keys, "1").enrol(code)
    back(two, "mug", 667)
    if first == "refund":
        arrive(two)

    batch = Batch(one.position(common), one.heads[-1], compress(pack(one.items[common:])))
    stick.take(database, hq_keys, FromTill(one.till, Cursor(database.epoch, 0), (batch,)).pack(one.key))
    arrive(two)

    assert points(database) == {"old": 3, SALE: 5}
    assert returned(database) == {0: 1000}


def test_S7_what_cannot_be_settled_stops_nothing(tills: Sequence[Visitor], database: Database) -> None:
    one, two, _ = tills
    one.append(id=SALE, op="S-1", kind="sale", body=sale_body("a", 1, effects=[{"odd": True}]))
    back(two, "mug", 1000)
    two.append(postings=posted("b", 1, "l"))

    arrive(one, two)

    assert "KeyError" in flags(database)["corner/2", "settling"]
    with database.read() as conn:
        assert books(conn).waiting == 0


def test_a_till_settles_nothing(tills: Sequence[Visitor], database: Database) -> None:
    one, two, _ = tills
    sold(one)
    named = {"entry": SALE, "op": "S-1", "till": "corner/1"}
    two.append(kind="refund_settled", body={"refund": named, "sale": named, "lines": [{"line": 0, "quantity": 1000}]})

    arrive(one, two)

    assert returned(database) == {}
