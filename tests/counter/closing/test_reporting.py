"""X and Z reports: what they count, that they are repeated, and what belongs to which."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from agent.counter import ClosureAnswer, ClosureAsk, Opening, RedeemAsk, RefundAsk, RefundLine, SaleAsk, VoucherAsk
from agent.counter.closing import reporting
from agent.errors import NotAllowedError, OpConflictError, UnknownError
from agent.journal.wire.place import Position
from agent.ledger import audit
from agent.ledger.clock import TillClock
from agent.ledger.kept.held import note_held
from agent.ledger.ledger import Ledger
from agent.loyalty.closures import Moves, Reason, Report, Span, Takings, Totals
from agent.loyalty.programme import load
from tests.counter.closing.terms import TERMS
from tests.counter.shops import BY, NEXT_CARD, Shop, line, open_shop


def close(shop: Shop, op: str, report: Report = Report.Z) -> ClosureAnswer:
    return shop.counter.day.close(ClosureAsk(op, report), by=BY)


def counted(shop: Shop, op: str) -> Totals:
    """What a Z counts, as it stands in its entry."""
    return close(shop, op).closure.period


def test_a_z_of_nothing_is_allowed_and_says_nothing(shop: Shop) -> None:
    first = close(shop, "Z-1")

    answer = close(shop, "Z-2")

    assert answer.closure.head == first.entry.hash
    assert (answer.closure.number, answer.closure.period, answer.closure.spans) == (2, Totals(), ())
    assert (answer.closure.first_day, answer.closure.last_day) == (None, None)


def test_the_numbers_of_z_reports_have_no_gaps_and_an_x_has_none(shop: Shop) -> None:
    made = [close(shop, f"op-{i}", report) for i, report in enumerate((Report.Z, Report.X, Report.X, Report.Z))]

    assert [answer.closure.number for answer in made] == [1, None, None, 2]


def test_an_x_looks_and_a_z_closes(shop: Shop) -> None:
    shop.sell("S-1", line(1000))
    looks = [close(shop, f"X-{i}", Report.X).closure.period.takings["EUR"].due for i in range(2)]
    shop.sell("S-2", line(500))

    assert looks == [1000, 1000]
    assert close(shop, "Z-1").closure.period.takings["EUR"].due == 1500
    after = close(shop, "X-9", Report.X).closure
    assert (after.period.takings, after.grand.takings["EUR"].due) == ({}, 1500)


def test_a_report_asked_for_again_is_the_same_report(shop: Shop) -> None:
    shop.sell("S-1", line(1000))
    first = close(shop, "Z-1")
    shop.sell("S-2", line(500))
    entries = shop.entries

    again = close(shop, "Z-1")

    assert (again.closure, again.entry, again.repeated, first.repeated) == (first.closure, first.entry, True, False)
    assert shop.entries == entries
    with pytest.raises(OpConflictError):
        close(shop, "Z-1", Report.X)
    with pytest.raises(OpConflictError):
        close(shop, "S-1")


def test_a_closure_names_the_entries_it_is_about_and_the_head_after_them(shop: Shop) -> None:
    shop.sell("S-1", line(1000))
    epoch, head = shop.ledger.identity.epoch, shop.ledger.identity.head.hex()

    closure = close(shop, "Z-1").closure
    shop.sell("S-2", line(500))
    shop.ledger.begin_epoch()
    shop.sell("S-3", line(500))

    assert (closure.spans, closure.head) == ((Span(epoch, 1, 2),), head)
    assert close(shop, "Z-2").closure.spans == (Span(epoch, 4, 4), Span(shop.ledger.identity.epoch, 1, 2))


def test_what_comes_back_after_a_z_belongs_to_the_next_period(shop: Shop) -> None:
    shop.sell("S-1", line(1000))
    close(shop, "Z-1")
    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    answer = close(shop, "Z-2").closure

    assert answer.period.takings["EUR"] == Takings(refunds=1, refunded=1000)
    assert answer.grand.takings["EUR"].turnover == answer.grand.takings["EUR"].money == 0


def test_points_are_counted_apart_from_sales_and_never_shown_counters_not_at_all(shop: Shop) -> None:
    account = shop.member(points=150, coffees=3).account
    worth = shop.redeem("R-1", account, units=100)
    shop.sell("S-1", line(2000), account=account, redemptions=("R-1",))

    period = counted(shop, "Z-1")

    takings = period.takings["EUR"]
    assert (takings.gross, takings.redeemed, takings.due) == (17_000, worth, 17_000 - worth)
    points = period.units["points"]
    assert (points.redeemed, points.value) == (100, worth)
    assert points.left == shop.balances(account)["points"]
    assert {unit: moves.left for unit, moves in period.units.items()} == shop.balances(account)


def test_a_gift_card_is_no_turnover_until_goods_are_paid_with_it(shop: Shop) -> None:
    bearer = shop.identify().account
    shop.sell("S-1", line(5000, "gift-card"), line(300), account=bearer)
    first = counted(shop, "Z-1")
    shop.redeem("R-1", bearer, "gift", units=2000)
    shop.sell("S-2", line(2500), redemptions=("R-1",))
    second = counted(shop, "Z-2")

    assert first.takings["EUR"] == Takings(sales=1, gross=300, cards_sold=5000, due=5300)
    assert first.cards == {"gift": Moves(issued=5000)}
    assert second.takings["EUR"] == Takings(sales=1, gross=2500, redeemed=2000, due=500)
    assert second.cards == {"gift": Moves(redeemed=2000, value=2000)}
    assert "gift" not in {**first.units, **second.units}


def test_a_gift_card_that_comes_back_and_money_given_as_credit_are_no_goods(shop: Shop) -> None:
    account = shop.member(NEXT_CARD).account
    shop.sell("S-1", line(5000, "gift-card"), account=account)
    shop.sell("S-2", line(700), account=account)
    close(shop, "Z-1")
    shop.refund("B-1", RefundLine("S-1", 0, 1000))
    shop.counter.refund(RefundAsk("B-2", (RefundLine("S-2", 0, 1000),), account=account, to_credit="store"), by=BY)

    period = counted(shop, "Z-2")

    assert period.takings["EUR"] == Takings(refunds=2, refunded=700, cards_back=5000, credited=700)
    assert period.takings["EUR"].money == -5000
    assert period.cards == {"gift": Moves(reversed=5000), "store": Moves(issued=700)}


def test_vouchers_are_counted_by_number_and_by_what_they_were_worth(shop: Shop) -> None:
    account = shop.member().account
    (voucher,) = shop.counter.sell(SaleAsk("S-1", (line(5000),), account), by=BY).vouchers
    shop.counter.spend_voucher(VoucherAsk("V-1", voucher.qr), by=BY)

    period = counted(shop, "Z-1")

    assert period.vouchers == {"five": Moves(issued=1, redeemed=1, value=500)}
    assert "five" not in period.units


def test_openings_of_the_drawer_are_counted_by_their_reason(shop: Shop) -> None:
    for reason in (Reason.SALE, Reason.NO_SALE, Reason.NO_SALE):
        shop.counter.day.drawer_opened(Opening(reason, "A7"), by=BY)

    assert counted(shop, "Z-1").drawer == {"sale": 1, "no_sale": 2}
    assert counted(shop, "Z-2").drawer == {}


def test_a_report_says_what_headquarters_lacks_and_what_is_not_printed(shop: Shop) -> None:
    alone = close(shop, "X-1", Report.X)
    identity = shop.ledger.identity
    note_held(shop.ledger, [Position(identity.epoch, identity.seq, identity.head)])
    shop.sell("S-1", line(1000))

    synced = close(shop, "X-2", Report.X)

    assert (alone.unsynced, alone.slips_waiting) == (None, 0)
    assert (synced.unsynced, synced.slips_waiting) == (1, 2)  # the sale; its slip and that of the first report


def test_the_last_z_is_found_and_every_one_by_its_number(shop: Shop) -> None:
    with pytest.raises(UnknownError, match="has no Z report yet"):
        shop.counter.day.last_closure()
    made = [close(shop, f"Z-{i}") for i in range(3)]
    close(shop, "X-1", Report.X)

    assert shop.counter.day.last_closure().entry == made[-1].entry
    assert [shop.counter.day.last_closure(number).closure for number in (1, 2, 3)] == [one.closure for one in made]
    with pytest.raises(UnknownError, match="has no Z report 4") as caught:
        shop.counter.day.last_closure(4)
    assert caught.value.hint == "the last one is Z 3"


def test_a_till_without_a_programme_makes_no_report_and_still_records_its_drawer(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=None) as shop:
        with pytest.raises(NotAllowedError, match="no programme yet"):
            close(shop, "Z-1")
        shop.counter.day.drawer_opened(Opening(Reason.NO_SALE), by=BY)

        assert shop.entries == 2


def test_what_is_sold_while_a_report_is_counted_is_in_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(5):
        shop.sell(f"S-{i}", line(100))
    monkeypatch.setattr(reporting, "_PAGE_ENTRIES", 2)
    pauses: list[float] = []

    def sell_meanwhile(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) < 5:
            shop.sell(f"M-{len(pauses)}", line(10))

    monkeypatch.setattr("agent.counter.closing.reporting.time.sleep", sell_meanwhile)

    period = counted(shop, "Z-1")

    assert (period.takings["EUR"].sales, period.takings["EUR"].due) == (9, 540)
    assert audit.check_closures(shop.ledger) == 1


def test_a_z_made_while_another_is_counted_ends_the_period_for_it(shop: Shop) -> None:
    shop.sell("S-1", line(100))
    count = reporting.Count(shop.ledger)
    count.go_on()
    close(shop, "Z-1")
    shop.sell("S-2", line(20))

    with shop.counter._bench() as bench:
        late = reporting.close(bench, ClosureAsk("Z-2", Report.Z), count, by=BY)

    assert (late.closure.number, late.closure.period.takings["EUR"].due) == (2, 20)
    assert audit.check_closures(shop.ledger) == 2


def test_a_clock_that_jumps_before_a_report_is_an_entry_the_report_counts(tmp_path: Path) -> None:
    now = {"wall": 1_800_000_000 * 10**9, "mono": 10**12}
    clock = TillClock("Europe/London", alone=True, wall_ns=lambda: now["wall"], mono_ns=lambda: now["mono"])
    with closing(Ledger.open(tmp_path / "ledger.db", till="till-1", clock=clock)) as ledger:
        shop = Shop(ledger, load(TERMS))
        shop.sell("S-1", line(100))
        now["wall"] += 3600 * 10**9
        answer = close(shop, "Z-1")

        assert answer.closure.spans[-1].last == answer.entry.seq - 1 == 3
        assert audit.check_closures(ledger) == 1


def test_slips_are_made_of_every_report(shop: Shop) -> None:
    account = shop.member(points=150, coffees=3).account
    shop.counter.redeem(RedeemAsk("R-1", account, "money", units=100), by=BY)
    before = shop.woken
    close(shop, "Z-1")

    with shop.ledger.reading() as conn:
        kinds = [kind for (kind,) in conn.execute("SELECT kind FROM slip ORDER BY id")]
    assert kinds[-1] == "closure"
    assert shop.woken == before + 1
