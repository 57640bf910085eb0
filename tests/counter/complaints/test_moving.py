from pathlib import Path

import pytest

from agent.counter import MoveAsk, RefundLine
from agent.errors import ApprovalNeededError, InvalidError, NotAllowedError, OpConflictError, UnknownError
from agent.ledger.audit import verify
from tests.counter.shops import BY, CARD, NEXT_CARD, Shop, line, open_shop
from tests.loyalty.shops import MONEY, POINTS, programme


def points(shop: Shop, account: str) -> int:
    return shop.balances(account)["points"]


def test_a_sale_moves_to_the_right_member_with_all_it_brought_and_once(shop: Shop) -> None:
    wrong, right = shop.member(CARD).account, shop.member(NEXT_CARD, "Ion Popa").account
    shop.sell("S-1", line(12_000), account=wrong)
    before = shop.entries

    moved = shop.counter.hearing.move(MoveAsk("M-1", "S-1", right), by=BY)
    again = shop.counter.hearing.move(MoveAsk("M-1", "S-1", right), by=BY)

    assert (points(shop, wrong), points(shop, right)) == (0, 120)
    assert (moved.money, again.money, again.sale.repeated) == (0, 0, True)
    assert shop.entries == before + 2
    with pytest.raises(NotAllowedError, match="came back already"):
        shop.counter.hearing.move(MoveAsk("M-2", "S-1", right), by=BY)


def test_a_sale_that_was_nobodys_becomes_somebodys(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000))

    shop.counter.hearing.move(MoveAsk("M-1", "S-1", account), by=BY)

    assert points(shop, account) == 10


def test_what_was_moved_is_a_sale_like_any_other(shop: Shop) -> None:
    wrong, right = shop.member(CARD).account, shop.member(NEXT_CARD, "Ion Popa").account
    shop.sell("S-1", line(1000), account=wrong)
    shop.counter.hearing.move(MoveAsk("M-1", "S-1", right), by=BY)

    assert shop.refund("B-1", RefundLine("M-1", 0, 1000)) == 1000

    assert points(shop, right) == 0
    back = shop.counter.hearing.move(MoveAsk("M-3", _sold(shop, wrong), right), by=BY)
    assert back.moved_from == "S-2"


def _sold(shop: Shop, account: str) -> str:
    shop.sell("S-2", line(1000), account=account)
    return "S-2"


def test_the_entries_name_each_other_and_keep_the_time_of_the_sale(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000))

    shop.counter.hearing.move(MoveAsk("M-1", "S-1", account), by=BY)

    old, taken, new = (shop.ledger.find(op) for op in ("S-1", "M-1:from", "M-1"))
    assert old is not None
    assert taken is not None
    assert new is not None
    assert (taken.entry.body["moved_to"], new.entry.body["moved_from"]) == ("M-1", "S-1")
    assert new.entry.body["sold_at"] == old.entry.body["sold_at"]
    assert new.n == taken.n + 1


def test_L2_neither_half_is_recorded_without_the_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000))
    before, insert = shop.ledger.identity, shop.ledger._insert

    def fail(conn: object, draft: object) -> object:
        if getattr(draft, "kind", None) == "sale":
            raise RuntimeError
        return insert(conn, draft)  # type: ignore[arg-type]

    monkeypatch.setattr(shop.ledger, "_insert", fail)
    with pytest.raises(RuntimeError):
        shop.counter.hearing.move(MoveAsk("M-1", "S-1", account), by=BY)
    monkeypatch.undo()

    assert shop.ledger.identity == before
    assert shop.counter.hearing.move(MoveAsk("M-1", "S-1", account), by=BY).sale.repeated is False
    verify(shop.ledger)


def test_what_cannot_be_moved_is_refused(shop: Shop) -> None:
    member = shop.member(points=100).account
    other = shop.member(NEXT_CARD, "Ion Popa").account
    shop.redeem("R-1", member)
    shop.sell("S-1", line(1000), account=member, redemptions=("R-1",))
    shop.sell("S-2", line(1000), account=other)

    with pytest.raises(NotAllowedError, match="rewards of its member"):
        shop.counter.hearing.move(MoveAsk("M-1", "S-1", other), by=BY)
    with pytest.raises(NotAllowedError, match="already"):
        shop.counter.hearing.move(MoveAsk("M-1", "S-2", other), by=BY)
    with pytest.raises(UnknownError):
        shop.counter.hearing.move(MoveAsk("M-1", "S-9", other), by=BY)
    with pytest.raises(OpConflictError):
        shop.counter.hearing.move(MoveAsk("S-2", "S-1", other), by=BY)
    with pytest.raises(InvalidError):
        MoveAsk("M" * 60, "S-1", other)


def test_where_the_programme_says_so_a_supervisor_must_say_yes(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=programme(POINTS, MONEY, "[supervision]\nmove_sale = true\n")) as shop:
        account = shop.member().account
        shop.sell("S-1", line(1000))
        with pytest.raises(ApprovalNeededError):
            shop.counter.hearing.move(MoveAsk("M-1", "S-1", account), by=BY)

        shop.counter.signing.vouch("M-1", "vera")

        assert shop.counter.hearing.move(MoveAsk("M-1", "S-1", account), by=BY).moved_from == "S-1"
