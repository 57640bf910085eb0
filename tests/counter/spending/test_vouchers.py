from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import RedeemAsk, RefundAsk, RefundLine, SaleAsk, UndoAsk, VoucherAsk, VoucherView
from agent.counter.spending.vouchers import Guesses
from agent.errors import CodeError, ForgedCodeError, InvalidError, NotAllowedError, OpConflictError
from agent.journal.codes import Serial, shop_tag, typed_code
from agent.journal.entry import VOUCHERS_PREFIX
from agent.ledger import audit
from tests.counter.shops import BY, Shop, line, open_shop
from tests.loyalty.shops import POINTS, programme
from tests.loyalty.spending.test_vouchers import FIVE, FOR_POINTS, TENTH

TERMS = programme(POINTS, FOR_POINTS, FIVE.replace('value = "5.00"', 'value = "5.00"\ntyped_max = "2.00"'))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that gives a voucher of 5.00 with a sale of 50.00, or for 100 points."""
    with open_shop(tmp_path, programme=TERMS) as shop:
        yield shop


def bought(shop: Shop, op: str = "S-1") -> VoucherView:
    """Sell for 50.00, and return the voucher that came with it."""
    account = shop.member().account
    answer = shop.counter.sell(SaleAsk(op, (line(5000),), account), by=BY)
    (voucher,) = answer.vouchers
    return voucher


def spend(shop: Shop, op: str, code: str, value: int | None = None) -> int:
    return shop.counter.spend_voucher(VoucherAsk(op, code, value), by=BY).value


def lots(shop: Shop) -> dict[str, int]:
    """Every voucher this till knows: its serial and how often it may be spent."""
    with shop.ledger.reading() as conn:
        rows = conn.execute("SELECT lot, amount FROM lot WHERE account LIKE 'vouchers:%'").fetchall()
    return dict(rows)


def test_a_voucher_that_came_with_a_sale_pays_part_of_the_next(shop: Shop) -> None:
    voucher = bought(shop)

    assert (voucher.kind, voucher.label) == ("five", "5.00 off")
    assert spend(shop, "V-1", voucher.qr) == 500
    assert shop.sell("S-2", line(2500), redemptions=("V-1",)) == 2000


@pytest.mark.parametrize("first", ["qr", "typed"])
def test_a_voucher_is_spent_once_whichever_of_its_codes_is_shown(shop: Shop, first: str) -> None:
    voucher = bought(shop)
    spend(shop, "V-1", getattr(voucher, first))

    for op, code in (("V-2", voucher.qr), ("V-3", voucher.typed)):
        with pytest.raises(NotAllowedError, match="was spent or taken back already"):
            spend(shop, op, code)
    assert list(lots(shop).values()) == [0]


def test_the_same_op_again_is_the_old_answer_and_another_code_under_it_is_refused(shop: Shop) -> None:
    voucher = bought(shop)
    ask = VoucherAsk("V-1", voucher.typed)

    first = shop.counter.spend_voucher(ask, by=BY)
    again = shop.counter.spend_voucher(ask, by=BY)

    assert (first.repeated, again.repeated) == (False, True)
    assert (first.entry, first.value) == (again.entry, again.value)
    with pytest.raises(OpConflictError):
        spend(shop, "V-1", voucher.qr)


def test_a_repeated_sale_shows_the_same_voucher_and_issues_no_second(shop: Shop) -> None:
    account = shop.member().account
    ask = SaleAsk("S-1", (line(5000),), account)

    first, again = shop.counter.sell(ask, by=BY), shop.counter.sell(ask, by=BY)

    assert again.vouchers == first.vouchers
    assert list(lots(shop).values()) == [1]


def test_a_preview_shows_no_code(shop: Shop) -> None:
    answer = shop.counter.preview(SaleAsk("S-1", (line(5000),), shop.member().account))

    assert answer.vouchers == ()
    assert "voucher_issued" in [effect.reason.code for effect in answer.effects]


def test_points_buy_a_voucher_and_are_not_given_back_for_it(shop: Shop) -> None:
    account = shop.member(points=150).account

    answer = shop.counter.redeem(RedeemAsk("R-1", account, "five-for-points"), by=BY)

    assert (answer.value, shop.balances(account)["points"]) == (0, 50)
    with pytest.raises(NotAllowedError, match="gave a voucher, which is spent by its code"):
        shop.counter.undo(UndoAsk("U-1", "R-1"), by=BY)
    assert spend(shop, "V-1", answer.vouchers[0].typed) == 500


def test_a_refund_of_the_sale_that_a_voucher_paid_gives_a_new_one(shop: Shop) -> None:
    old = bought(shop)
    spend(shop, "V-1", old.typed)
    shop.sell("S-2", line(2500), redemptions=("V-1",))
    ask = RefundAsk("B-1", (RefundLine("S-2", 0, 1000),))

    answer = shop.counter.refund(ask, by=BY)

    (new,) = answer.vouchers
    assert (answer.money, new.kind) == (2000, "five")
    assert shop.counter.refund(ask, by=BY).vouchers == (new,)
    with pytest.raises(NotAllowedError, match="was spent"):
        spend(shop, "V-2", old.typed)
    assert spend(shop, "V-3", new.typed) == 500


def test_a_voucher_that_no_sale_used_is_given_back_under_a_new_serial(shop: Shop) -> None:
    old = bought(shop)
    spend(shop, "V-1", old.qr)

    (new,) = shop.counter.undo(UndoAsk("U-1", "V-1"), by=BY).vouchers

    with pytest.raises(NotAllowedError, match="was spent"):
        spend(shop, "V-2", old.qr)
    assert spend(shop, "V-3", new.qr) == 500


def test_a_sale_that_comes_back_takes_its_voucher_with_it(shop: Shop) -> None:
    voucher = bought(shop)
    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    with pytest.raises(NotAllowedError, match="was spent or taken back already"):
        spend(shop, "V-1", voucher.qr)


def unheard_of(shop: Shop) -> str:
    """The typed code of a voucher that another till of the shop issued."""
    serial = Serial(Serial.read(bought(shop).typed[:11]).kind, None, 4711)
    return typed_code(serial, shop.ledger.keys.get_or_make("voucher.shop"))


def test_typed_a_voucher_the_till_does_not_know_is_worth_less(shop: Shop) -> None:
    code = unheard_of(shop)

    with pytest.raises(NotAllowedError, match="typed, it is worth 200 at most, not 500") as caught:
        spend(shop, "V-1", code)
    assert caught.value.hint == "scan the QR code"
    assert spend(shop, "V-2", code, 200) == 200
    with pytest.raises(NotAllowedError, match="was spent"):
        spend(shop, "V-3", code, 200)


def test_what_the_till_knows_is_the_lot_of_the_shop_that_issued_it(shop: Shop) -> None:
    voucher = bought(shop)
    shop_name = shop.ledger.till.partition("/")[0]

    with shop.ledger.reading() as conn:
        row = conn.execute("SELECT account, unit, lot, amount FROM lot WHERE unit = 'five'").fetchone()

    assert row == (VOUCHERS_PREFIX + shop_tag(shop_name), "five", voucher.typed[:11], 1)


def test_a_voucher_is_not_worth_more_than_the_goods_it_is_for(shop: Shop) -> None:
    voucher = bought(shop)
    spend(shop, "V-1", voucher.qr)

    with pytest.raises(NotAllowedError, match="reward 'five' gives 0 at most"):
        shop.sell("S-2", line(1999), redemptions=("V-1",))


def test_a_percentage_says_what_it_comes_to(tmp_path: Path) -> None:
    terms = programme(POINTS, TENTH.replace('hours = "08:00-12:00"', 'issue = { min_amount = "50.00" }'))
    with open_shop(tmp_path, programme=terms) as shop:
        voucher = bought(shop)

        with pytest.raises(InvalidError, match="say what as value, not None"):
            spend(shop, "V-1", voucher.qr)
        assert spend(shop, "V-2", voucher.qr, 250) == 250
        assert shop.sell("S-2", line(2500), redemptions=("V-2",)) == 2250


def test_after_ten_wrong_codes_none_is_taken_for_a_while(shop: Shop) -> None:
    voucher = bought(shop)
    wrong = typed_code(Serial(1, None, 1), bytes(32))
    with pytest.raises(CodeError, match="mistyped"):
        spend(shop, "V-0", wrong[:-1] + ("0" if wrong[-1] != "0" else "1"))
    for number in range(10):
        with pytest.raises(ForgedCodeError):
            spend(shop, f"W-{number}", wrong)

    with pytest.raises(NotAllowedError, match="10 wrong voucher codes in 10 minutes") as caught:
        spend(shop, "V-1", voucher.qr)
    assert "supervisor" in caught.value.hint


def test_wrong_codes_are_forgotten_after_ten_minutes() -> None:
    guesses = Guesses()
    for at in range(10):
        guesses.check(at)
        guesses.wrong(at)

    with pytest.raises(NotAllowedError):
        guesses.check(599_999)
    guesses.check(600_000)


def test_the_journal_rebuilds_what_is_known_of_vouchers(shop: Shop) -> None:
    voucher = bought(shop)
    spend(shop, "V-1", voucher.qr)
    before = lots(shop)

    audit.rebuild(shop.ledger)

    assert lots(shop) == before == {voucher.typed[:11]: 0}
    audit.verify(shop.ledger)
