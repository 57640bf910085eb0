"""The shelf: what the till knows of the articles it sells, and which ones it did not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from agent.loyalty.articles import Articles
from agent.loyalty.sale import UNKNOWN, Line

_SHOWN = 5  # unknown articles that are shown by name
_KEPT = 1000  # ... and that are told apart; a till that knows none of its articles must not fill its memory


class Shelf:
    """The till's table of articles (None: it has none), and the sold articles that it does not know.

    `goods_on_label` returns the number that names the goods of a price or weight label, which has another number for
    every piece of cheese. Used under the ledger's lock.
    """

    def __init__(
        self, articles: Articles | None = None, *, goods_on_label: Callable[[str], str | None] | None = None
    ) -> None:
        self._articles = articles
        self._goods_of = goods_on_label
        self._unknown: Counter[str] = Counter()
        self._lines_unknown = 0

    def filled(self, lines: Sequence[Line], day: str) -> tuple[Line, ...]:
        """Return the lines with category and brand where the point-of-sale software said none.

        The article of a price or weight label is the goods, if the table has them.
        """
        if self._articles is None:
            return tuple(lines)
        return tuple(self._articles.filled(self._of_goods(line, self._articles), day) for line in lines)

    def _of_goods(self, line: Line, articles: Articles) -> Line:
        if self._goods_of is None or line.article in articles.by_number:
            return line
        goods = self._goods_of(line.article)
        return replace(line, article=goods) if goods is not None and goods in articles.by_number else line

    def sold(self, lines: Sequence[Line]) -> None:
        """Count the unknown articles of a sale that was recorded."""
        if self._articles is None:
            return
        for line in lines:
            if line.category == UNKNOWN:
                self._lines_unknown += 1
                if line.article in self._unknown or len(self._unknown) < _KEPT:
                    self._unknown[line.article] += 1

    def to_map(self) -> dict[str, Any]:
        """Return the table's version and size, and what was sold since the start that is not in it."""
        articles = self._articles
        return {
            "version": None if articles is None else articles.version,
            "articles": 0 if articles is None else len(articles.rows),
            "unknown_lines": self._lines_unknown,
            "unknown": [name for name, _ in self._unknown.most_common(_SHOWN)],
        }
