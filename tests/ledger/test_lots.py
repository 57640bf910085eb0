"""What is read of a member's lots: those that hold something."""

from agent.ledger.ledger import Ledger
from agent.ledger.members import holder
from agent.loyalty.sale import Lot
from tests.ledger.tills import draft, earned, sale


def _rows(ledger: Ledger) -> list[tuple[str, int]]:
    with ledger.reading() as conn:
        return conn.execute("SELECT lot, amount FROM lot ORDER BY lot").fetchall()


def _move(ledger: Ledger, op: str, amount: int, *, account: str = "a") -> None:
    ledger.append(draft(op, kind="redemption", body={"account": "a"}, postings=earned(account, amount, lot="one")))


def test_a_lot_that_is_used_up_is_gone_and_is_there_again_when_units_come_back(ledger: Ledger) -> None:
    ledger.append(draft("card", kind="card_opened", body={"account": "a", "card": "c"}))
    ledger.append(sale("two", account="a", points=2))
    _move(ledger, "earned", 7)
    _move(ledger, "spent", -7)
    spent = _rows(ledger)
    _move(ledger, "back", 3)

    assert (spent, _rows(ledger)) == ([("two", 2)], [("one", 3), ("two", 2)])
    found = holder(ledger, "a")
    assert found is not None
    assert found.lots == {"points": (Lot("one", 3), Lot("two", 2))}


def test_a_debt_that_is_paid_back_is_gone(ledger: Ledger) -> None:
    _move(ledger, "debt", -7)
    owed = _rows(ledger)
    _move(ledger, "paid", 7)

    assert (owed, _rows(ledger)) == ([("one", -7)], [])
