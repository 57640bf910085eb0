import pytest

from agent.counter import RefundLine, SaleAsk
from agent.counter.watching import reading
from tests.counter.shops import BY, CARD, NEXT_CARD, Shop, line


def sell(shop: Shop, op: str, account: str | None, staff: str) -> None:
    shop.counter.sell(SaleAsk(op, (line(1000),), account, staff=staff), by=BY)


def test_an_own_card_on_others_sales_is_noted_and_a_customers_is_not(shop: Shop) -> None:
    own, customer = shop.member(CARD).account, shop.member(NEXT_CARD, "Ion Popa").account
    for number in range(12):
        sell(shop, f"S-{number}", None, "ana" if number % 2 else "vera")
    sell(shop, "C-1", customer, "vera")
    for number in range(5):
        sell(shop, f"O-{number}", own, "ana")

    notes = shop.counter.radar()

    assert {(note.what, note.staff, note.account) for note in notes} == {
        ("burst", "ana", own),
        ("same_staff", "ana", own),
    }
    assert all(note.ops == tuple(f"O-{number}" for number in range(5)) for note in notes)


def test_refunds_of_what_was_bought_with_points_are_counted_by_person(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_CHUNK", 3)
    account = shop.member(points=900).account
    for number in range(3):
        shop.redeem(f"R-{number}", account, units=100)
        shop.sell(f"S-{number}", line(1000), account=account, redemptions=(f"R-{number}",))
        shop.refund(f"B-{number}", RefundLine(f"S-{number}", 0, 1000))
    shop.sell("S-9", line(1000), account=account)
    shop.refund("B-9", RefundLine("S-9", 0, 1000))

    (note,) = (note for note in shop.counter.radar() if note.what == "refund")

    assert (note.staff, note.count, sorted(note.ops)) == (BY, 3, ["B-0", "B-1", "B-2"])


def test_a_till_without_sales_has_no_notes(shop: Shop) -> None:
    assert shop.counter.radar() == ()
