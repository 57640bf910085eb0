"""The desk's first page: which tills have reported, what they took, and whether the books come out even."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.loyalty.money import minor_digits
from hq.apart.forks import Machine
from hq.books.totals import Books, TillPage
from hq.clock import now_ms
from hq.work.jobs import JobRun

_QUIET_MS = 24 * 3600 * 1000  # a till not heard of for so long stands out
_TEMPLATES = Path(__file__).parent / "templates"


def render(
    name: str,
    tills: TillPage,
    books: Books,
    runs: Sequence[JobRun] = (),
    machines: Sequence[Machine] = (),
) -> str:
    """Return the page as HTML; `machines` are those that speak, or spoke, as one till."""
    env = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    env.filters |= {"number": number, "money": money, "ago": _ago, "quiet": _is_quiet, "moment": _moment}
    return env.get_template("index.html").render(name=name, tills=tills, books=books, runs=runs, machines=machines)


def number(value: int) -> str:
    """Return a whole number in groups of three, thin spaces between."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def money(minor: int, currency: str) -> str:
    """Return an amount of minor units as people read it: 123456 GBP is `1 234.56 GBP`, thin space between."""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    decimals = f".{rest:0{digits}}" if digits else ""
    return f"{'-' if minor < 0 else ''}{number(whole)}{decimals} {currency}"


def _ago(at_ms: int) -> str:
    seconds = max(0, now_ms() - at_ms) // 1000
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


def quiet_since_ms() -> int:
    """Return the time since which a till is quiet that was not heard of."""
    return now_ms() - _QUIET_MS


def _is_quiet(at_ms: int) -> bool:
    return at_ms < quiet_since_ms()


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
