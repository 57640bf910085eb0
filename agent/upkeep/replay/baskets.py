"""Reads real baskets, in the order of play, from Parquet or CSV.

The columns are those of UCI Online Retail (doi:10.24432/C5BW33); README.md describes them. DuckDB reads, sorts and
groups; only one invoice and one batch of rows are Python values at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import ConfigError, InvalidError

if TYPE_CHECKING:
    import duckdb

ROWS_PER_FETCH = 8_192
PRICE_MAX = 2**53 - 1  # the largest integer an entry may hold

READERS = {
    ".parquet": "read_parquet(?)",
    ".csv": "read_csv(?, header = true, all_varchar = true)",
}

# A line is worth remembering only when its customer hands the article back one day: `comes_back`.
IN_ORDER = """
    WITH numbered AS (SELECT *, row_number() OVER () AS row FROM {reader}),
    line AS (
        SELECT
            invoice_no, stock_code, row,
            CAST(quantity AS BIGINT) AS quantity,
            CAST(unit_price AS VARCHAR) AS unit_price,
            CAST(customer_id AS BIGINT) AS customer_id,
            min(CAST(invoice_ts AS TIMESTAMP)) OVER invoice AS first_ts,
            min(row) OVER invoice AS first_row,
            bool_or(invoice_no LIKE 'C%') OVER (PARTITION BY customer_id, stock_code) AS comes_back
        FROM numbered {share} WINDOW invoice AS (PARTITION BY invoice_no)
    )
    SELECT invoice_no, first_ts, customer_id, stock_code, quantity, unit_price, comes_back
    FROM line ORDER BY {order}
"""
AS_PLAYED = "first_ts, first_row, row"
BY_CUSTOMER = "customer_id NULLS LAST, first_ts, first_row, row"
DAYS = "SELECT min(CAST(invoice_ts AS TIMESTAMP)), max(CAST(invoice_ts AS TIMESTAMP)), count(*) FROM {reader}"
OF_CUSTOMERS = "WHERE coalesce(CAST(customer_id AS BIGINT), CAST(hash(invoice_no) >> 1 AS BIGINT)) % {of} = {number}"

Row = tuple[str, datetime, int | None, str, int, str, bool]


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line of an invoice as the file has it; `price` is a unit's, in minor units, rounded half-even."""

    article: str
    quantity: int
    price: int
    comes_back: bool  # some C-invoice of the same customer has this article


@dataclass(frozen=True, slots=True)
class Basket:
    """One invoice, at its first time stamp (shop-local), with its lines in file order."""

    invoice: str
    at: datetime
    customer: int | None
    lines: tuple[BasketLine, ...]


def read_baskets(path: Path) -> Iterator[Basket]:
    """Yield the invoices of `path` by first time stamp, then file order.

    Raises InvalidError for a file that is not such baskets, ConfigError when duckdb is not installed.
    """
    yield from _baskets(path, share="", order=AS_PLAYED)


def read_by_customer(path: Path, number: int, of: int) -> Iterator[Basket]:
    """Yield the invoices of every `of`-th customer, one customer after the other, those without a customer last.

    `number` (from 0) says which part; all parts together are the whole file. Raises as `read_baskets` does.
    """
    yield from _baskets(path, share=OF_CUSTOMERS.format(of=of, number=number), order=BY_CUSTOMER)


def _baskets(path: Path, *, share: str, order: str) -> Iterator[Basket]:
    pennies = cache(_pennies)
    with _query(path, IN_ORDER, share=share, order=order) as result:
        for invoice, rows in groupby(_rows(result), key=itemgetter(0)):
            yield _basket(invoice, list(rows), pennies)


def count_baskets(path: Path) -> int:
    """Say how many invoices `path` holds. Raises as `read_baskets` does."""
    with _query(path, "SELECT count(DISTINCT invoice_no) FROM {reader}") as result:
        return int(result.fetchall()[0][0])


def days_of(path: Path) -> tuple[str, str, int]:
    """Return the first and the last day of `path` and how many lines it has. Raises as `read_baskets` does."""
    with _query(path, DAYS) as result:
        first, last, lines = result.fetchall()[0]
    if first is None:
        raise InvalidError(f"there are no baskets in {path}")
    return first.date().isoformat(), last.date().isoformat(), lines


@contextmanager
def _query(path: Path, sql: str, **parts: str) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        import duckdb
    except ImportError as error:
        raise ConfigError(
            "reading baskets needs duckdb, which is not installed", hint="pip install 'tallystick[replay]'"
        ) from error
    if path.suffix not in READERS:
        raise InvalidError(f"cannot read baskets from {path}: its name ends in none of {', '.join(READERS)}")
    try:
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")  # it would be drawn into our own output
            yield connection.execute(sql.format(reader=READERS[path.suffix], **parts), [str(path)])
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise InvalidError(
            f"cannot read baskets from {path}: {reason}", hint="agent/upkeep/replay/README.md lists the columns"
        ) from error


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    while rows := result.fetchmany(ROWS_PER_FETCH):
        yield from rows


def _basket(invoice: str, rows: list[Row], pennies: Callable[[str], int]) -> Basket:
    _, at, customer, *_ = rows[0]
    if None in (invoice, at) or any(None in (article, quantity, price) for *_, article, quantity, price, _ in rows):
        raise InvalidError(f"invoice {invoice} lacks a number, time, article, quantity or price")
    if any(row[2] != customer for row in rows):
        raise InvalidError(f"invoice {invoice} names more than one customer")
    lines = (BasketLine(article, quantity, pennies(price), back) for *_, article, quantity, price, back in rows)
    return Basket(invoice, at, customer, tuple(lines))


def _pennies(price: str) -> int:
    try:
        rounded = int((Decimal(price) * 100).to_integral_value(ROUND_HALF_EVEN))
    except (InvalidOperation, OverflowError, ValueError):
        raise InvalidError(f"price {price!r} is not a number") from None
    if abs(rounded) > PRICE_MAX:
        raise InvalidError(f"price {price} is over the limit of {PRICE_MAX} minor units")
    return rounded
