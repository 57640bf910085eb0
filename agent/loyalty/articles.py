"""Articles: what a shop sells, read from its `articles.csv`. The table's version is the SHA-256 of its bytes.

CSV as RFC 4180 has it: UTF-8, commas, a header line. Only `sku` must be there; the order of columns is free.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, Protocol

from agent.errors import ArticlesError
from agent.loyalty.calendar import is_day
from agent.loyalty.cards import Check, check_digit
from agent.loyalty.programme.conditions import Scope
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import UNKNOWN, Line

ARTICLES_BYTES_MAX = 64 * 1024 * 1024
COST_DECIMALS = 4  # purchase prices have more decimals than coins
COST_MAX = 10**11
COLUMNS: Final = ("sku", "eans", "name", "category", "brand", "tax_class", "cost", "from", "to")
_NAME = re.compile(r"[\x20-\x7e]{1,40}")
_LABEL = re.compile(r"[^\x00-\x1f]{1,120}")
_EAN = re.compile(r"[0-9]{8}|[0-9]{12,14}")  # GS1 General Specifications, 7.9: GTIN-8, -12, -13 and -14
_NEVER = "9999-12-31"
_COST = re.compile(r"[0-9]{1,8}(\.[0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it holds from `first_day` to `last_day` (None: without end).

    `cost` is what a piece costs the shop, in ten-thousandths of the currency's unit; None if the table does not say.
    """

    sku: str
    eans: tuple[str, ...] = ()
    name: str = ""
    category: str | None = None
    brand: str | None = None
    tax_class: str | None = None
    cost: int | None = None
    first_day: str | None = None
    last_day: str | None = None

    def holds_on(self, day: str) -> bool:
        """Say whether this row says how the article is on a day."""
        return (self.first_day or day) <= day <= (self.last_day or day)


@dataclass(frozen=True, slots=True)
class Articles:
    """A whole table; `rows` is in file order, `by_number` finds the rows of a SKU or an EAN."""

    version: str
    rows: tuple[Article, ...]
    by_number: Mapping[str, tuple[Article, ...]]

    def find(self, number: str, day: str) -> Article | None:
        """Return the article with this SKU or EAN as it is on a day."""
        return next((row for row in self.by_number.get(number, ()) if row.holds_on(day)), None)

    def filled(self, line: Line, day: str) -> Line:
        """Return the line with category and brand where the till was told none.

        What the table does not know and nobody gave a category falls under the category `unknown`.
        """
        if line.category is not None and line.brand is not None:
            return line
        article = self.find(line.article, day)
        if article is None:
            return line if line.category is not None else replace(line, category=UNKNOWN)
        return replace(line, category=line.category or article.category, brand=line.brand or article.brand)


def read_articles(data: bytes) -> Articles:
    """Read an articles.csv; raises ArticlesError naming line, column, value and what is allowed."""
    if len(data) > ARTICLES_BYTES_MAX:
        raise ArticlesError(f"the table has {len(data)} bytes, at most {ARTICLES_BYTES_MAX} are allowed")
    rows = tuple(_rows(data))
    return Articles(hashlib.sha256(data).hexdigest(), tuple(row for _, row in rows), _by_number(rows))


def check_named(programme: Programme, articles: Articles) -> None:
    """Refuse a programme whose rules name articles that do not exist; raises ArticlesError with the likely name."""
    scoped: list[_Scoped] = [*programme.earn, *programme.multipliers, *programme.challenges, *programme.punch_cards]
    named = [(rule.id, name) for rule in scoped for name in sorted(rule.scope.articles | rule.scope.exclude_articles)]
    named += [(membership.id, membership.article) for membership in programme.memberships]
    for rule, name in named:
        if name not in articles.by_number:
            near = get_close_matches(name, articles.by_number, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else ""
            raise ArticlesError(f"rule {rule!r} names article {name!r}, which is not in the table of articles{guess}")


def _rows(data: bytes) -> Iterator[tuple[int, Article]]:
    """Yield every article with the number of its line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ArticlesError(f"line {line} is not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = _columns(next(reader, []))
        for cells in reader:
            if cells:
                yield reader.line_num, _article(reader.line_num, columns, cells)
    except csv.Error as error:
        raise ArticlesError(f"line {reader.line_num}: {error}") from None


def _columns(header: list[str]) -> list[str]:
    columns = [name.strip() for name in header]
    for name in columns:
        if name not in COLUMNS:
            near = get_close_matches(name, COLUMNS, n=1)
            guess = f"did you mean {near[0]!r}?" if near else f"known columns are {', '.join(COLUMNS)}"
            raise ArticlesError(f"line 1: unknown column {name!r}; {guess}")
        if columns.count(name) > 1:
            raise ArticlesError(f"line 1: column {name!r} is there {columns.count(name)} times")
    if "sku" not in columns:
        raise ArticlesError("line 1: column 'sku' is missing; the first line names the columns")
    return columns


class _Scoped(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def scope(self) -> Scope: ...


class _Cells:
    """The cells of one line, by column; what is empty or missing is None."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self._line = line
        self._cells = cells

    def fits(self, column: str, pattern: re.Pattern[str], wanted: str) -> str | None:
        """Return a cell that fits `pattern`."""
        value = self._cells.get(column, "").strip()
        if not value:
            return None
        if not pattern.fullmatch(value):
            raise self.refuse(column, value, wanted)
        return value

    def refuse(self, column: str, value: str, wanted: str) -> ArticlesError:
        """Return the error that says what a cell must be."""
        return ArticlesError(f"line {self._line}: {column} = {value[:80]!r} must be {wanted}")

    def name(self, column: str) -> str | None:
        """Return what rules may name."""
        return self.fits(column, _NAME, "1 to 40 printable ASCII characters")

    def day(self, column: str) -> str | None:
        """Return a day."""
        value = self._cells.get(column, "").strip()
        if value and not is_day(value):
            raise self.refuse(column, value, "a day that exists, like 2026-12-31")
        return value or None

    def eans(self) -> Iterator[str]:
        """Yield the bar codes: several are separated by spaces."""
        for ean in self._cells.get("eans", "").split():
            if not _EAN.fullmatch(ean):
                raise self.refuse("eans", ean, "8, 12, 13 or 14 digits, several with spaces between them")
            right = check_digit(ean[:-1], Check.EAN)
            if ean[-1] != right:
                raise self.refuse("eans", ean, f"a number whose check digit is right: it would be {right}")
            yield ean

    def cost(self) -> int | None:
        """Return the cost in ten-thousandths of the currency's unit."""
        value = self.fits("cost", _COST, "an amount from 0 to 10000000 with a decimal point and 4 decimals at most")
        cost = None if value is None else int(Decimal(value).scaleb(COST_DECIMALS))
        if value is not None and cost is not None and cost > COST_MAX:
            raise self.refuse("cost", value, f"at most {COST_MAX // 10**COST_DECIMALS}")
        return cost


def _article(line: int, columns: list[str], values: list[str]) -> Article:
    if len(values) != len(columns):
        raise ArticlesError(f"line {line} has {len(values)} cells, but line 1 names {len(columns)} columns")
    cells = _Cells(line, dict(zip(columns, values, strict=True)))
    sku = cells.name("sku")
    if sku is None:
        raise cells.refuse("sku", "", "1 to 40 printable ASCII characters")
    article = Article(
        sku,
        tuple(cells.eans()),
        cells.fits("name", _LABEL, "1 to 120 characters") or "",
        cells.name("category"),
        cells.name("brand"),
        cells.name("tax_class"),
        cells.cost(),
        cells.day("from"),
        cells.day("to"),
    )
    if article.first_day and article.last_day and article.last_day < article.first_day:
        raise cells.refuse("to", article.last_day, f"no earlier than from = {article.first_day}")
    return article


def _by_number(rows: Iterable[tuple[int, Article]]) -> dict[str, tuple[Article, ...]]:
    found: dict[str, tuple[Article, ...]] = {}
    for line, row in rows:
        for number in dict.fromkeys((row.sku, *row.eans)):
            others = found.get(number, ())
            if any(_overlap(row, other) for other in others):
                raise ArticlesError(f"line {line}: number {number!r} stands on an earlier line too, for the same days")
            found[number] = (*others, row)
    return found


def _overlap(one: Article, other: Article) -> bool:
    first = max(one.first_day or "", other.first_day or "")
    return first <= min(one.last_day or _NEVER, other.last_day or _NEVER)
