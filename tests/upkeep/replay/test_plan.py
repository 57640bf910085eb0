from datetime import datetime
from pathlib import Path

import pytest

from agent.errors import InvalidError
from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.plan import (
    PlannedRefund,
    PlannedSale,
    ReturnedLine,
    SaleLine,
    Skipped,
    SkipReason,
    plan,
)
from tests.upkeep.replay.written import write_csv


def refund_of(folder: Path, *rows: str) -> PlannedRefund:
    *_, last = plan(read_baskets(write_csv(folder, *rows)))
    assert isinstance(last, PlannedRefund)
    return last


def test_an_invoice_is_a_sale_under_its_own_number(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "1,A,6,09:00,2.55,7", "1,Gift_0001_20,1,09:00,17.02,7")

    (sale,) = plan(read_baskets(path))

    lines = (SaleLine("A", 6, 1530), SaleLine("Gift_0001_20", 1, 1702, "gift-card"))
    assert sale == PlannedSale("1", datetime.fromisoformat("2011-03-01T09:00"), 7, lines)


def test_a_write_off_and_an_a_invoice_are_skipped(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "1,A,-6,09:00,0,", "A2,B,1,09:01,-11062.06,", "3,A,6,09:02,0,")

    planned = list(plan(read_baskets(path)))

    assert planned[:2] == [Skipped("1", SkipReason.WRITE_OFF), Skipped("A2", SkipReason.A_INVOICE)]
    assert isinstance(planned[2], PlannedSale)


def test_a_return_takes_the_latest_earlier_line_first_and_splits_over_several(tmp_path: Path) -> None:
    refund = refund_of(
        tmp_path,
        "1,A,5,09:00,2,7", "2,B,1,09:01,1,7", "2,A,2,09:01,2,7", "2,A,1,09:01,2,7", "C3,A,-4,09:02,2,7",
    )  # fmt: skip

    assert refund.lines == (ReturnedLine("2", 2, 1, 200), ReturnedLine("2", 1, 2, 400), ReturnedLine("1", 0, 1, 200))


def test_what_was_returned_is_not_returned_again(tmp_path: Path) -> None:
    refund = refund_of(tmp_path, "1,A,5,09:00,2,7", "C2,A,-4,09:01,2,7", "C3,A,-4,09:02,2,7")

    assert refund.lines == (ReturnedLine("1", 0, 1, 200), SaleLine("A", 3, 600))


@pytest.mark.parametrize(
    ("sale", "why"),
    [
        ("1,A,5,09:00,2,8", "another customer"),
        ("1,B,5,09:00,2,7", "another article"),
        ("1,a,5,09:00,2,7", "another article, by case"),
        ("1,A,5,09:00,2.10,7", "another price"),
        ("1,A,5,09:03,2,7", "a later sale"),
    ],
)
def test_a_return_of_something_else_is_without_receipt(tmp_path: Path, sale: str, why: str) -> None:
    planned = plan(read_baskets(write_csv(tmp_path, sale, "C2,A,-1,09:02,2,7")))

    (refund,) = (one for one in planned if isinstance(one, PlannedRefund))

    assert refund.lines == (SaleLine("A", 1, 200),), why


def test_a_return_without_customer_is_without_receipt(tmp_path: Path) -> None:
    refund = refund_of(tmp_path, "1,gift_1,5,09:00,2,", "C2,gift_1,-1,09:01,2,")

    assert refund == PlannedRefund(
        "C2", datetime.fromisoformat("2011-03-01T09:01"), None, (SaleLine("gift_1", 1, 200, "gift-card"),)
    )


def test_two_lines_of_a_return_that_touch_the_same_sale_line_are_one(tmp_path: Path) -> None:
    refund = refund_of(tmp_path, "1,A,5,09:00,2,7", "C2,A,-2,09:01,2,7", "C2,A,-1,09:01,2,7")

    assert refund.lines == (ReturnedLine("1", 0, 3, 600),)


@pytest.mark.parametrize("row", ["1,A,-1,09:00,2,7", "1,A,0,09:00,2,7", "1,A,1,09:00,-2,7", "C1,A,1,09:00,2,7"])
def test_a_line_that_fits_no_treatment_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(InvalidError, match="neither a sale, a return nor a write-off"):
        list(plan(read_baskets(write_csv(tmp_path, row))))
