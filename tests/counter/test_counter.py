import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.counter import EnrolAsk, RedeemAsk, RefundAsk, RefundLine, SaleAsk, UndoAsk
from agent.errors import LedgerError, NotAllowedError
from agent.ledger import audit
from agent.loyalty.cards import Source
from agent.loyalty.programme import Programme
from tests.counter.shops import BY, CARD, Shop, line, open_shop, shop_programme
from tests.loyalty.shops import POINTS, programme

THREADS = 4
SALES = 25


def run_together(work: Callable[[int], None]) -> None:
    """Run `work(0)` to `work(THREADS - 1)` at once; whatever one of them raises is raised here."""
    errors: list[BaseException] = []
    gate = threading.Barrier(THREADS)

    def run(number: int) -> None:
        gate.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_a_till_without_a_programme_says_so_and_writes_nothing(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=None) as shop:
        for ask in (shop.identify, lambda: shop.sell("S-1", line(1)), lambda: shop.counter.member("a")):
            with pytest.raises(NotAllowedError) as refused:
                ask()
            assert "no programme" in str(refused.value)

        assert shop.counter.programme is None
        assert shop.entries == 1  # the epoch's own


def test_a_programme_put_into_force_judges_the_next_sale_and_no_earlier_one(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000), account=account)
    double = programme(POINTS.replace("give = 1", "give = 2"))

    shop.counter.use(double)

    shop.sell("S-2", line(1000), account=account)
    assert shop.balances(account)["points"] == 10 + 20
    first, second = (shop.ledger.find(op) for op in ("S-1", "S-2"))
    assert first is not None
    assert second is not None
    assert (first.entry.programme, second.entry.programme) == (shop_programme().version, double.version)


def test_goods_bought_under_an_older_programme_come_back_as_they_were_judged(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000), account=account)
    shop.counter.use(programme(POINTS.replace("give = 1", "give = 2")))

    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    assert shop.balances(account)["points"] == 0


def test_everything_recorded_wakes_whoever_waits_and_a_refusal_does_not(shop: Shop) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account, units=10)
    shop.counter.undo(UndoAsk("U-1", "R-1"), by=BY)
    shop.refund("B-1", RefundLine(f"points-{CARD}", 0, 1000))
    woken = shop.woken

    assert woken == 5
    with pytest.raises(NotAllowedError):
        shop.counter.enrol(EnrolAsk("E-2", name="Ion", card=CARD), by=BY)
    shop.counter.preview(SaleAsk("S-9", (line(1),)))
    assert shop.woken == woken


def test_a_closed_ledger_acknowledges_nothing(shop: Shop) -> None:
    shop.ledger.close()

    with pytest.raises(LedgerError):
        shop.sell("S-1", line(1))
    assert shop.woken == 0


def test_threads_that_sell_at_once_lose_and_double_nothing(shop: Shop) -> None:
    account = shop.member().account
    before = shop.entries

    def work(number: int) -> None:
        for i in range(SALES):
            shop.sell(f"S-{number}-{i}", line(100), account=account)

    run_together(work)

    assert shop.entries == before + THREADS * SALES
    assert shop.balances(account)["points"] == THREADS * SALES
    audit.verify(shop.ledger)


def test_threads_that_send_the_same_ops_have_one_effect(shop: Shop) -> None:
    account = shop.member().account
    before = shop.entries

    def work(_number: int) -> None:
        for i in range(SALES):
            shop.sell(f"S-{i}", line(100), account=account)

    run_together(work)

    assert shop.entries == before + SALES
    assert shop.balances(account)["points"] == SALES


def test_threads_that_spend_the_same_points_spend_them_once(shop: Shop) -> None:
    account = shop.member(points=100).account
    refused: list[int] = []

    def work(number: int) -> None:
        try:
            shop.redeem(f"R-{number}", account)
        except Exception:  # noqa: BLE001 - counted below
            refused.append(number)

    run_together(work)

    assert len(refused) == THREADS - 1
    assert shop.balances(account)["points"] == 0


def test_threads_that_read_the_same_new_card_open_one_account(shop: Shop) -> None:
    before = shop.entries

    run_together(lambda _number: assert_identified(shop))

    assert shop.entries == before + 1


def assert_identified(shop: Shop) -> None:
    assert shop.counter.identify(CARD, Source.NUMBER, by=BY).status == "provisional"


@pytest.mark.parametrize("terms", [programme(), programme(POINTS), shop_programme()])
def test_a_member_is_shown_under_every_programme(shop: Shop, terms: Programme) -> None:
    account = shop.member(points=10, coffees=3).account

    shop.counter.use(terms)

    view = shop.counter.member(account)
    assert view.balances["points"] == 10
    assert view.balances["coffee"] == 3
    assert set(view.labels) == set(view.balances)


def test_nothing_of_a_person_stands_in_the_journal(shop: Shop) -> None:
    typed: dict[str, Any] = {
        "name": "Zenobia Testova",
        "phone": "0700987654",
        "email": "zenobia@example.com",
        "birthday": "1987-06-05",
    }
    account = shop.counter.enrol(EnrolAsk("E-1", card=CARD, **typed), by=BY).account
    shop.sell("S-1", line(50000), account=account)
    shop.counter.redeem(RedeemAsk("R-1", account, "money"), by=BY)
    shop.counter.refund(RefundAsk("B-1", (RefundLine("S-1", 0, 500),)), by=BY)

    journal = b"".join(audit.export(shop.ledger))

    for secret in (*typed.values(), "Zenobia", CARD):
        assert secret.encode() not in journal
