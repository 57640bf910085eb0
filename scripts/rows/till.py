"""A till's counter over a fresh ledger, and the bundled invoices as asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.counter import Counter, MemberView, SaleAsk
from agent.journal.entry import encode_entry
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.loyalty.sale import Line
from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.feed import card_number
from agent.upkeep.replay.plan import PlannedSale, plan

PROGRAMME = Path("config/programmes/general-shop.toml")
BASKETS = Path("config/demo/baskets.csv")
THOUSANDTHS = 1000


@dataclass(frozen=True, slots=True)
class BenchTill:
    """A ledger and its counter."""

    ledger: Ledger
    counter: Counter


@contextmanager
def fresh_till(folder: Path) -> Iterator[BenchTill]:
    """Open a new ledger in `folder` with the general shop's programme."""
    folder.mkdir(parents=True)
    ledger = Ledger.open(folder / "ledger.db", till="bench/1", clock=TillClock("Europe/London", alone=True))
    try:
        programme = programmes.adopt(ledger, PROGRAMME.read_bytes())
        yield BenchTill(ledger, Counter(ledger, programme, recorded=lambda: None))
    finally:
        ledger.close()


def bundled_sales() -> list[PlannedSale]:
    """Return the bundled invoices that are sales, in order."""
    return [planned for planned in plan(read_baskets(BASKETS)) if isinstance(planned, PlannedSale)]


def as_asks(till: BenchTill, sales: list[PlannedSale], *, suffix: str) -> list[SaleAsk]:
    """Return the sales as the counter is asked them; every customer's card is read once beforehand."""
    members: dict[int, MemberView] = {}
    for sale in sales:
        if sale.customer is not None and sale.customer not in members:
            number = card_number(sale.customer)
            members[sale.customer] = till.counter.identify(number, Source.NUMBER, by="bench")
    return [_ask(sale, None if sale.customer is None else members[sale.customer], suffix) for sale in sales]


def _ask(sale: PlannedSale, member: MemberView | None, suffix: str) -> SaleAsk:
    lines = tuple(Line(li.article, li.quantity * THOUSANDTHS, li.amount, li.category) for li in sale.lines)
    account, card = (member.account, member.card) if member else (None, None)
    return SaleAsk(sale.op + suffix, lines, account=account, card=card, sold_at=sale.at.isoformat())


def entry_bytes(till: BenchTill, asks: Sequence[SaleAsk]) -> list[bytes]:
    """Return the bytes of the entries that `asks` made."""
    found = [till.ledger.find(ask.op) for ask in asks]
    return [encode_entry(recorded.entry) for recorded in found if recorded is not None]
