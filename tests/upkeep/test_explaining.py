import orjson
import pytest

from agent.counter import RedeemAsk, SaleAsk
from agent.errors import InvalidError, UnknownError
from agent.ledger.kept import programmes
from agent.loyalty.programme import load
from agent.loyalty.sale import Line, Moment, Reason
from agent.upkeep.explaining import SaleExplained, explain_recorded, explain_what_if
from tests.counter.shops import BY, Shop
from tests.loyalty.shops import COFFEE, HEAD, MONEY, OPEN, POINTS

NOW = Moment("2024-05-01", confirmed=True)
FILE = (HEAD + POINTS + COFFEE + MONEY + OPEN).encode()


def said(explained: SaleExplained, rule: str) -> tuple[list[str], list[str]]:
    (one,) = (one for one in explained.rules if one.rule == rule)
    return [reason.code for reason in one.applied], [reason.code for reason in one.missed]


def what_if(**sale: object) -> SaleExplained:
    return explain_what_if(None, load(FILE), orjson.dumps(sale), account=None, now=NOW)


def test_a_recorded_sale_is_explained_as_it_was_then(shop: Shop) -> None:
    adopted = programmes.adopt(shop.ledger, FILE)
    shop.counter.use(adopted)
    account = shop.member(points=40, coffees=5).account
    shop.counter.sell(SaleAsk("X-1", (Line("c", 2000, 900, "coffee"),), account), by=BY)
    shop.counter.sell(SaleAsk("X-2", (Line("c", 9000, 4000, "coffee"),), account), by=BY)
    shop.counter.use(programmes.adopt(shop.ledger, (HEAD + POINTS).encode()))

    explained = explain_recorded(shop.ledger, "X-1")

    assert explained.programme.version == adopted.version
    assert explained.same
    assert said(explained, "coffee") == (["punches"], ["punches_missing"])
    (card,) = (one for one in explained.rules if one.rule == "coffee")
    assert card.missed == (Reason("punches_missing", {"card": "Coffee card", "more": 2}),)


def test_what_paid_a_part_of_a_recorded_sale_is_told(shop: Shop) -> None:
    shop.counter.use(programmes.adopt(shop.ledger, FILE))
    account = shop.member(points=100).account
    shop.counter.redeem(RedeemAsk("X-R", account, "money", units=100), by=BY)
    shop.counter.sell(SaleAsk("X-3", (Line("m", 1000, 2000),), account, redemptions=("X-R",)), by=BY)

    explained = explain_recorded(shop.ledger, "X-3")

    assert explained.same
    assert said(explained, "money")[0] == ["redeemed"]


def test_a_sale_that_the_entries_do_not_lead_to_says_so(shop: Shop) -> None:
    gold = HEAD + POINTS + '[[tiers]]\nid = "gold"\nlabel = "Gold"\nfrom = "5.00"\npercent = 150\n'
    shop.counter.use(programmes.adopt(shop.ledger, gold.encode()))
    account = shop.member().account
    year = shop.ledger.clock.today().isoformat()[:4]
    with shop.ledger.write() as conn:
        conn.execute("INSERT INTO lot (account, unit, lot, amount) VALUES (?, 'spend', ?, 9000)", (account, year))
    shop.counter.sell(SaleAsk("X-4", (Line("m", 1000, 2000),), account), by=BY)

    explained = explain_recorded(shop.ledger, "X-4")

    assert not explained.same
    assert said(explained, "gold")[0] == ["tier_multiplier"]  # what applied is as it was recorded


def test_a_sale_without_a_member_missed_everything(shop: Shop) -> None:
    shop.counter.use(programmes.adopt(shop.ledger, FILE))
    shop.counter.sell(SaleAsk("X-5", (Line("m", 1000, 2000),)), by=BY)

    assert said(explain_recorded(shop.ledger, "X-5"), "earning") == ([], ["no_member"])


@pytest.mark.parametrize("op", ["none", "epoch"])
def test_what_is_no_sale_is_refused(shop: Shop, op: str) -> None:
    with pytest.raises(UnknownError, match="no sale"):
        explain_recorded(shop.ledger, op)


def test_a_sale_that_might_be_is_for_a_new_member_unless_one_is_named(shop: Shop) -> None:
    line = {"article": "c", "quantity": 2, "amount": 900, "category": "coffee"}

    assert said(what_if(lines=[line]), "coffee") == (["punches"], ["punches_missing"])
    account = shop.member(points=200).account
    named = explain_what_if(shop.ledger, load(FILE), orjson.dumps({"lines": [line]}), account=account, now=NOW)
    assert said(named, "money")[1] == ["reward_ready"]


@pytest.mark.parametrize(
    ("sale", "what"),
    [
        ({}, "lines is missing"),
        ({"lines": []}, "a sale has 1 to"),
        ({"lines": [{"article": "c", "quantity": 1}]}, r"lines\[0\]\.amount is missing"),
        ({"lines": [], "price": 1}, "price is no field"),
    ],
)
def test_a_sale_that_cannot_be_read_is_refused(sale: dict[str, object], what: str) -> None:
    with pytest.raises(InvalidError, match=what):
        what_if(**sale)


def test_nobody_of_that_name_is_refused(shop: Shop) -> None:
    with pytest.raises(UnknownError):
        explain_what_if(shop.ledger, load(FILE), b'{"lines": []}', account="nobody", now=NOW)
