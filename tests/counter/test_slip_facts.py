from typing import Any

import orjson

from agent.counter import EnrolAsk, RedeemAsk, RefundLine
from agent.slips.facts import SlipFacts
from tests.counter.shops import BY, CARD, Shop, line


def facts(shop: Shop, op: str) -> SlipFacts:
    """What the slip of the entry under `op` says; it is of a shape that the slips' room reads."""
    with shop.ledger.reading() as conn:
        row = conn.execute("SELECT facts FROM slip WHERE n = (SELECT n FROM entry WHERE op = ?)", (op,)).fetchone()
    stored: dict[str, Any] = orjson.loads(row[0])
    return SlipFacts.from_json(stored)


def said(slip: SlipFacts) -> list[str]:
    return [line.code for line in slip.lines]


def test_a_sale_s_slip_has_what_was_earned_and_the_balance_after_it(shop: Shop) -> None:
    account = shop.member(points=10).account
    shop.sell("S-1", line(1530), line(600, "coffee", pieces=2), account=account)

    slip = facts(shop, "S-1")

    assert (slip.kind, slip.total, slip.currency, slip.account) == ("sale", 2130, "EUR", account)
    assert said(slip) == ["points_for_amount", "punches"]
    assert slip.balances == (("points", 31),)
    assert slip.punch_cards == (("Coffee card", 2, 10),)
    assert slip.nearest == ("5.00 off", 69, "points")


def test_an_anonymous_sale_s_slip_names_nobody(shop: Shop) -> None:
    shop.sell("S-1", line(100))

    slip = facts(shop, "S-1")

    assert (slip.account, slip.balances, slip.nearest, slip.punch_cards) == (None, (), None, ())
    assert said(slip) == ["no_member", "claim_later"]


def test_a_redemption_s_slip_has_the_balance_without_what_was_taken(shop: Shop) -> None:
    account = shop.member(points=150).account
    shop.counter.redeem(RedeemAsk("R-1", account, "money", units=120), by=BY)

    slip = facts(shop, "R-1")

    assert (slip.kind, slip.total) == ("redemption", None)
    assert said(slip) == ["redeemed"]
    assert slip.lines[0].numbers == {"label": "5.00 off", "unit": "points", "units": 120, "value": 600}
    assert slip.balances == (("points", 30),)


def test_a_free_article_s_slip_says_what_it_was_worth(shop: Shop) -> None:
    account = shop.member(coffees=9).account
    shop.redeem("R-1", account, "coffee")

    slip = facts(shop, "R-1")

    assert said(slip) == ["reward_free"]
    assert slip.lines[0].numbers["value"] == 300
    assert slip.punch_cards == (("Coffee card", 0, 10),)


def test_a_refund_s_slip_has_the_money_given_back_and_the_balance_after_it(shop: Shop) -> None:
    account = shop.member(points=10).account
    shop.sell("S-1", line(1500), account=account)
    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    slip = facts(shop, "B-1")

    assert (slip.kind, slip.total, slip.account) == ("refund", -1500, account)
    assert said(slip) == ["reversed"]
    assert slip.balances == (("points", 10),)


def test_an_enrolment_s_slip_has_what_the_card_earned_before(shop: Shop) -> None:
    account = shop.identify().account
    shop.sell("S-1", line(1000), account=account)
    shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", card=CARD), by=BY)

    slip = facts(shop, "E-1")

    assert (slip.kind, slip.account, slip.balances) == ("enrolment", account, (("points", 10),))


def test_no_slip_has_a_name(shop: Shop) -> None:
    account = shop.member(name="Zenobia Testova", points=10).account
    shop.sell("S-1", line(1000), account=account)

    with shop.ledger.reading() as conn:
        stored = b"".join(row[0] for row in conn.execute("SELECT facts FROM slip"))
    assert b"Zenobia" not in stored
