"""What the books must say at the end, computed from the file by SQL alone; shares no code with the planner.

Each step is a temporary table, so that one can look at it. The arithmetic is that of general-shop.toml: a point for
every whole 1.00, half as many again for whoever spent 500.00 in this or the last calendar year, counted before the sale
and less what came back by then.

Returns are matched without any loop. Within one customer, article and price, a sale raises a level by its quantity and
a refund lowers it, not below nothing (what it lacks is without receipt). A refund's unit between two heights was sold
by the latest earlier line that passed these heights on its way up, so heights are cut into slices in which nothing
begins or ends, and in each slice a refund's line follows the very sale line that it takes back. Prices are taken to
four decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

SOURCES = {
    ".parquet": "(SELECT *, file_row_number AS row FROM read_parquet(?, file_row_number = true))",
    ".csv": """(SELECT *, row_number() OVER () AS row FROM read_csv(?, header = true, types = {
        'invoice_no': 'VARCHAR', 'stock_code': 'VARCHAR', 'quantity': 'BIGINT', 'invoice_ts': 'TIMESTAMP',
        'unit_price': 'DOUBLE', 'customer_id': 'BIGINT'}))""",
}

# Money in minor units. `seq` numbers the lines in the order of play.
LINE = """
    CREATE TEMP TABLE line AS
    WITH raw AS (
        SELECT invoice_no AS invoice, stock_code AS article, customer_id AS customer, quantity, row,
            CAST(CAST(unit_price AS DECIMAL(18, 4)) * 10000 AS BIGINT) AS price_e4,
            min(invoice_ts) OVER inv AS first_ts, min(row) OVER inv AS first_row
        FROM {source} WINDOW inv AS (PARTITION BY invoice_no)
    )
    SELECT invoice, article, customer, quantity, row, year(first_ts) AS year,
        row_number() OVER (ORDER BY first_ts, first_row, row) AS seq,
        row_number() OVER (PARTITION BY invoice ORDER BY row) - 1 AS number,
        price_e4 // 100 AS down,
        down + CAST(price_e4 % 100 > 50 OR (price_e4 % 100 = 50 AND down % 2 = 1) AS INT) AS price,
        NOT starts_with(lower(article), 'gift_') AS earns,
        CASE
            WHEN invoice LIKE 'A%' THEN 'a_invoice'
            WHEN invoice LIKE 'C%' THEN 'refund'
            WHEN bool_and(quantity < 0 AND price_e4 = 0) OVER inv THEN 'write_off'
            ELSE 'sale'
        END AS kind
    FROM raw WINDOW inv AS (PARTITION BY invoice)
"""

LEVEL = """
    CREATE TEMP TABLE level AS
    WITH running AS (
        SELECT *, sum(quantity) OVER upto AS height
        FROM line WHERE customer IS NOT NULL AND kind IN ('sale', 'refund')
        WINDOW upto AS (PARTITION BY customer, article, price ORDER BY seq)
    ), reflected AS (
        SELECT *, height - least(0, min(height) OVER upto) AS after
        FROM running WINDOW upto AS (PARTITION BY customer, article, price ORDER BY seq)
    ), step AS (
        SELECT *, lag(after, 1, 0) OVER upto AS before
        FROM reflected WINDOW upto AS (PARTITION BY customer, article, price ORDER BY seq)
    )
    SELECT customer, article, price, seq, kind, least(before, after) AS low, greatest(before, after) AS high
    FROM step WHERE before <> after
"""

MATCH = """
    CREATE TEMP TABLE match AS
    WITH bound AS (
        SELECT customer, article, price, low AS bottom FROM level
        UNION
        SELECT customer, article, price, high FROM level
    ), slice AS (
        SELECT *, lead(bottom) OVER (PARTITION BY customer, article, price ORDER BY bottom) AS top FROM bound
    ), passed AS (
        SELECT level.*, top - bottom AS quantity,
            lag(seq) OVER (PARTITION BY level.customer, level.article, level.price, bottom ORDER BY seq) AS sale_seq
        FROM level JOIN slice
            ON (level.customer, level.article, level.price) = (slice.customer, slice.article, slice.price)
            AND slice.bottom >= level.low AND slice.top <= level.high
    )
    SELECT seq AS refund_seq, sale_seq, CAST(sum(quantity) AS BIGINT) AS quantity
    FROM passed WHERE kind = 'refund' GROUP BY ALL
"""

# One row for each refund and each sale line it touches.
RETURNED = """
    CREATE TEMP TABLE returned AS
    SELECT refund.invoice AS refund, min(refund.seq) AS refund_seq, refund.customer, sale.invoice AS sale, sale.number,
        any_value(sale.year) AS year,
        sum(match.quantity) AS quantity, sum(match.quantity * sale.price) AS amount, any_value(sale.earns) AS earns
    FROM match
    JOIN line AS refund ON refund.seq = match.refund_seq
    JOIN line AS sale ON sale.seq = match.sale_seq
    GROUP BY ALL
"""

# One row for each refund that has something without receipt.
RECEIPTLESS = """
    CREATE TEMP TABLE receiptless AS
    WITH matched AS (SELECT refund_seq, sum(quantity) AS quantity FROM match GROUP BY ALL),
    lacking AS (
        SELECT line.*, -line.quantity - coalesce(matched.quantity, 0) AS missing
        FROM line LEFT JOIN matched ON matched.refund_seq = line.seq WHERE kind = 'refund'
    )
    SELECT invoice AS refund, customer, year, min(seq) AS refund_seq, count(*) AS lines, sum(missing * price) AS amount,
        coalesce(sum(missing * price) FILTER (earns), 0) AS eligible, eligible // 100 AS points
    FROM lacking WHERE missing > 0 GROUP BY ALL
"""

# What counts for the tier: a sale's eligible money into its own year, a return's out of the year it was sold in.
SPEND = """
    CREATE TEMP TABLE spend AS
    SELECT invoice AS sale, customer, year, min(seq) AS seq, coalesce(sum(quantity * price) FILTER (earns), 0) AS money
    FROM line WHERE kind = 'sale' AND customer IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT NULL, customer, year, min(refund_seq), -coalesce(sum(amount) FILTER (earns), 0)
    FROM returned GROUP BY refund, customer, year
    UNION ALL
    SELECT NULL, customer, year, refund_seq, -eligible FROM receiptless WHERE customer IS NOT NULL
"""

SALE_POINTS = """
    CREATE TEMP TABLE sale_points AS
    WITH judged AS (
        SELECT this.sale, this.customer, any_value(this.money) AS eligible,
            coalesce(sum(other.money) FILTER (other.year = this.year), 0) AS this_year,
            coalesce(sum(other.money) FILTER (other.year = this.year - 1), 0) AS last_year
        FROM spend AS this
        LEFT JOIN spend AS other ON other.customer = this.customer AND other.seq < this.seq
        WHERE this.sale IS NOT NULL GROUP BY this.sale, this.customer
    )
    SELECT sale, customer, eligible, eligible // 100 AS ordinary,
        CASE WHEN greatest(this_year, last_year) >= 50000 THEN ordinary * 50 // 100 ELSE 0 END AS bonus,
        ordinary + bonus AS points
    FROM judged
"""

# One row for each refund and each sale it touches: what of the sale's points it takes back, the ordinary ones and
# gold's by themselves.
REVERSAL = """
    CREATE TEMP TABLE reversal AS
    WITH step AS (
        SELECT refund, min(refund_seq) AS refund_seq, sale, coalesce(sum(amount) FILTER (earns), 0) AS amount
        FROM returned GROUP BY ALL
    ), cumulative AS (
        SELECT *, sum(amount) OVER (PARTITION BY sale ORDER BY refund_seq) AS gone FROM step
    ), kept AS (
        SELECT *, eligible - gone AS stays,
            coalesce(ordinary * stays // nullif(eligible, 0), 0) + coalesce(bonus * stays // nullif(eligible, 0), 0)
                AS kept
        FROM cumulative JOIN sale_points USING (sale)
    )
    SELECT refund, sale, customer, lag(kept, 1, points) OVER (PARTITION BY sale ORDER BY refund_seq) - kept AS points
    FROM kept
"""

CUSTOMER = """
    SELECT customer, CAST(sum(spend) AS BIGINT) AS spend, CAST(sum(points) AS BIGINT) AS points FROM (
        SELECT customer, quantity * price AS spend, 0 AS points FROM line WHERE kind IN ('sale', 'refund')
        UNION ALL SELECT customer, 0, points FROM sale_points
        UNION ALL SELECT customer, 0, -points FROM reversal
        UNION ALL SELECT customer, 0, -points FROM receiptless
    ) WHERE customer IS NOT NULL GROUP BY ALL
"""

TOTALS = """
    SELECT kind, count(DISTINCT invoice), CAST(sum(quantity * price) AS BIGINT) FROM line GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class CustomerTruth:
    """One customer: sales minus returns in minor units, and points (below zero: a debt)."""

    spend: int
    points: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What the file says; money in minor units, returns as a positive sum.

    `returned` holds (refund, sale, line from 0, quantity); `receiptless` maps a refund to the money of what it takes
    back without receipt.
    """

    sales: int
    refunds: int
    write_offs: int
    a_invoices: int
    sales_money: int
    refunds_money: int
    customers: Mapping[int, CustomerTruth]
    returned: frozenset[tuple[str, str, int, int]]
    receiptless: Mapping[str, int]


def truth(path: Path) -> Truth:
    """Compute what must come of replaying `path`."""
    with duckdb.connect() as connection:
        connection.execute(LINE.format(source=SOURCES[path.suffix]), [str(path)]).fetchall()
        for step in (LEVEL, MATCH, RETURNED, RECEIPTLESS, SPEND, SALE_POINTS, REVERSAL):
            connection.execute(step).fetchall()
        totals = {kind: (count, money) for kind, count, money in connection.execute(TOTALS).fetchall()}
        customers = connection.execute(CUSTOMER).fetchall()
        returned = connection.execute("SELECT refund, sale, number, CAST(quantity AS BIGINT) FROM returned").fetchall()
        receiptless = connection.execute("SELECT refund, CAST(amount AS BIGINT) FROM receiptless").fetchall()
    nothing = (0, 0)
    return Truth(
        sales=totals.get("sale", nothing)[0],
        refunds=totals.get("refund", nothing)[0],
        write_offs=totals.get("write_off", nothing)[0],
        a_invoices=totals.get("a_invoice", nothing)[0],
        sales_money=totals.get("sale", nothing)[1],
        refunds_money=-totals.get("refund", nothing)[1],
        customers={customer: CustomerTruth(spend, points) for customer, spend, points in customers},
        returned=frozenset(returned),
        receiptless=dict(receiptless),
    )
