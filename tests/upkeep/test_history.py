import pytest

from agent.counter import EnrolAsk, RefundAsk, RefundLine, SaleAsk
from agent.errors import UnknownError
from agent.ledger import members
from agent.loyalty.sale import Line, Status
from agent.upkeep.history import HEADQUARTERS, history
from tests.counter.shops import BY, Shop


def sell(shop: Shop, account: str, op: str, amount: int = 1530) -> None:
    shop.counter.sell(SaleAsk(op, (Line("mug", 1000, amount),), account), by=BY)


def test_the_steps_lead_to_what_the_tables_hold(shop: Shop) -> None:
    account = shop.member(points=10, coffees=3).account
    sell(shop, account, "H-1")
    shop.counter.refund(RefundAsk("H-2", (RefundLine("H-1", 0, 1000),)), by=BY)

    derived = history(shop.ledger, account)

    held = members.holder(shop.ledger, account)
    assert held is not None
    assert derived.differences(held) == {}
    points = [step for step in derived.steps if step.unit == "points" and step.op.startswith("H-")]
    assert [(step.kind, step.op, step.amount, step.left) for step in points] == [
        ("sale", "H-1", 15, 15),
        ("refund", "H-2", -15, 0),
    ]
    assert derived.status is Status.REGULAR


def test_before_an_entry_only_the_earlier_ones_count(shop: Shop) -> None:
    account = shop.member().account
    sell(shop, account, "H-1")
    sell(shop, account, "H-2")
    second = shop.ledger.find("H-2")
    assert second is not None

    derived = history(shop.ledger, account, before=second.n)

    assert derived.holder(Status.REGULAR).balance("points") == 15


def test_a_table_that_was_changed_by_hand_differs(shop: Shop) -> None:
    account = shop.member(points=10).account
    with shop.ledger.write() as conn:
        conn.execute("UPDATE lot SET amount = amount + 7 WHERE account = ? AND unit = 'points'", (account,))
    held = members.holder(shop.ledger, account)
    assert held is not None

    (pair,) = history(shop.ledger, account).differences(held).values()

    assert pair == (10, 17)


def test_an_index_that_lost_an_account_does_not_matter(shop: Shop) -> None:
    account = shop.member(points=10).account
    with shop.ledger.write() as conn:
        conn.execute("DELETE FROM account_entry")

    assert history(shop.ledger, account).holder(Status.REGULAR).balance("points") == 10


def test_the_word_of_headquarters_is_where_the_own_entries_go_on_from(shop: Shop) -> None:
    account = shop.member(points=10).account
    sell(shop, account, "H-0")
    n = shop.ledger.conn.execute("SELECT max(n) FROM entry").fetchone()[0]
    with shop.ledger.write() as conn:
        lots = b'{"cards": [], "missing": [], "lots": [["points", "elsewhere", 40, null]]}'
        conn.execute("INSERT INTO snapshot VALUES (?, 'regular', ?, ?)", (account, n, lots))
    sell(shop, account, "H-1")

    derived = history(shop.ledger, account)

    assert derived.holder(Status.REGULAR).balance("points") == 40 + 15
    assert derived.steps[0].kind == HEADQUARTERS
    assert history(shop.ledger, account, before=n + 1).holder(Status.REGULAR).balance("points") == 40
    assert history(shop.ledger, account, before=n).holder(Status.REGULAR).balance("points") == 10


def test_who_has_only_a_card_is_provisional_until_he_enrols(shop: Shop) -> None:
    account = shop.identify().account
    n = shop.ledger.conn.execute("SELECT max(n) FROM entry").fetchone()[0]
    shop.counter.enrol(EnrolAsk("H-E", name="Ion", account=account), by=BY)

    assert history(shop.ledger, account, before=n + 1).status is Status.PROVISIONAL
    assert history(shop.ledger, account).status is Status.REGULAR


def test_an_account_that_no_entry_names_is_refused(shop: Shop) -> None:
    with pytest.raises(UnknownError, match="body"):
        history(shop.ledger, "nobody")
