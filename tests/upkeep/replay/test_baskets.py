import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from agent.errors import ConfigError, InvalidError
from agent.upkeep.replay.baskets import ROWS_PER_FETCH, Basket, BasketLine, count_baskets, read_baskets
from tests.upkeep.replay.written import HEAD, write_csv


def test_an_invoice_is_one_basket_with_its_lines_in_file_order(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "1,B,2,09:00,1.25,77", "1,A,1,09:00,0.85,77")

    (basket,) = read_baskets(path)

    lines = (BasketLine("B", 2, 125, comes_back=False), BasketLine("A", 1, 85, comes_back=False))
    assert basket == Basket("1", datetime.fromisoformat("2011-03-01T09:00"), 77, lines)


def test_baskets_come_by_first_time_stamp_and_then_by_file_order(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "3,A,1,09:05,1,", "2,A,1,09:07,1,", "1,A,1,09:05,1,", "2,B,1,09:04,1,", "1,B,1,09:06,1,")

    read = [(basket.invoice, basket.at.minute, len(basket.lines)) for basket in read_baskets(path)]

    assert read == [("2", 4, 2), ("3", 5, 1), ("1", 5, 2)]


def test_a_line_comes_back_when_its_customer_returns_the_article_at_any_time(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "1,A,1,09:00,1,7", "2,A,1,09:01,1,8", "C3,A,-1,09:02,1,7")

    marks = {basket.invoice: basket.lines[0].comes_back for basket in read_baskets(path)}

    assert marks == {"1": True, "2": False, "C3": True}


@pytest.mark.parametrize(
    ("price", "pennies"),
    [("2.55", 255), ("0.001", 0), ("0.005", 0), ("0.015", 2), ("0.025", 2), ("0.0251", 3), ("-11062.06", -1106206)],
)
def test_a_price_rounds_half_even_to_pennies(tmp_path: Path, price: str, pennies: int) -> None:
    (basket,) = read_baskets(write_csv(tmp_path, f"1,A,1,09:00,{price},"))

    assert basket.lines[0].price == pennies


def test_parquet_and_csv_of_the_same_rows_are_the_same_baskets(tmp_path: Path) -> None:
    csv = write_csv(tmp_path, "1,0012,2,09:00,1.25,77", "C2,0012,-1,09:30,1.25,77", "3,gift_1,1,09:31,10,")
    parquet = tmp_path / "baskets.parquet"
    types = "{'stock_code': 'VARCHAR', 'invoice_no': 'VARCHAR'}"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM read_csv('{csv}', types = {types})) TO '{parquet}'").fetchall()

    assert list(read_baskets(parquet)) == list(read_baskets(csv))


def test_the_order_of_a_file_of_many_batches_is_kept(tmp_path: Path) -> None:
    invoices = [str(9_000_000 - n) for n in range(3 * ROWS_PER_FETCH)]
    path = write_csv(tmp_path, *(f"{invoice},A,1,09:00,1," for invoice in invoices))

    assert [basket.invoice for basket in read_baskets(path)] == invoices
    assert count_baskets(path) == len(invoices)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,A,two,09:00,1,7", "'two'"),
        ("1,A,1,29:00,1,7", "29:00"),
        ("1,A,1,09:00,nan,7", "price 'nan' is not a number"),
        ("1,A,1,09:00,1e400,7", "price 1e400 is over the limit of 9007199254740991"),
        ("1,A,1,09:00,dear,7", "price 'dear' is not a number"),
        ("1,,1,09:00,1,7", "invoice 1 lacks"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, row: str, said: str) -> None:
    path = write_csv(tmp_path, row)

    with pytest.raises(InvalidError, match=said):
        list(read_baskets(path))


def test_an_invoice_of_two_customers_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "1,A,1,09:00,1,7", "1,B,1,09:00,1,8")

    with pytest.raises(InvalidError, match="invoice 1 names more than one customer"):
        list(read_baskets(path))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "baskets.csv"
    path.write_text(HEAD.replace("unit_price", "cost") + "\n1,A,1,2011-03-01 09:00:00,1,7\n", encoding="utf-8")

    with pytest.raises(InvalidError, match="unit_price"):
        list(read_baskets(path))


def test_a_missing_file_and_another_kind_of_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"absent\.parquet"):
        list(read_baskets(tmp_path / "absent.parquet"))
    with pytest.raises(InvalidError, match=r"baskets\.xlsx: its name ends in none of \.parquet, \.csv"):
        count_baskets(tmp_path / "baskets.xlsx")


def test_without_duckdb_the_extra_to_install_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(tmp_path, "1,A,1,09:00,1,7")
    monkeypatch.setitem(sys.modules, "duckdb", None)

    with pytest.raises(ConfigError) as refused:
        count_baskets(path)
    assert "tallystick[replay]" in refused.value.hint
