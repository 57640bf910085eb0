"""A shop with a real ledger and its counter, for the tests of the counter and of what stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.counter import Counter, EnrolAsk, MemberView, RedeemAsk, RefundAsk, RefundLine, SaleAsk
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.loyalty.programme import Programme
from agent.loyalty.sale import Line
from tests.ledger.tills import opened
from tests.loyalty.shops import COFFEE, GOLD, MONEY, POINTS, programme

BY = "checkout"
CARD = "925000000001"
NEXT_CARD = "925000000002"
FOREIGN_CARD = "111100000001"


def shop_programme() -> Programme:
    """Points, a coffee card, points as money, one tier; cards are any twelve digits that begin with 9250."""
    return programme(POINTS, COFFEE, MONEY, GOLD)


class Shop:
    """A counter on a ledger; `woken` counts how often it said that something was recorded."""

    def __init__(self, ledger: Ledger, programme: Programme | None) -> None:
        self.ledger = ledger
        self.woken = 0
        self.counter = Counter(ledger, programme, recorded=self._wake)

    def begun_anew(self) -> Counter:
        """A counter after a restart: it remembers nothing that was only in memory."""
        return Counter(self.ledger, self.counter.programme, recorded=self._wake)

    def _wake(self) -> None:
        self.woken += 1

    @property
    def entries(self) -> int:
        """How many entries the journal has."""
        return self.ledger.identity.seq

    def identify(self, card: str = CARD) -> MemberView:
        return self.counter.identify(card, Source.NUMBER, by=BY)

    def member(self, card: str = CARD, name: str = "Ana Testova", *, points: int = 0, coffees: int = 0) -> MemberView:
        """Enrol a member on `card` who has earned so many points and punches."""
        answer = self.counter.enrol(EnrolAsk(f"enrol-{card}", name=name, card=card), by=BY)
        if points:
            self.sell(f"points-{card}", line(points * 100), account=answer.account)
        if coffees:
            self.sell(f"coffees-{card}", line(0, "coffee", pieces=coffees), account=answer.account)
        return self.counter.member(answer.account)

    def balances(self, account: str) -> dict[str, int]:
        return dict(self.counter.member(account).balances)

    def sell(self, op: str, *lines: Line, account: str | None = None, redemptions: tuple[str, ...] = ()) -> int:
        """Sell, and return what is due."""
        return self.counter.sell(SaleAsk(op, lines, account, redemptions=redemptions), by=BY).due

    def redeem(self, op: str, account: str, reward: str = "money", *, units: int | None = None) -> int:
        """Redeem, and return what it is worth; a coffee is worth 3.00."""
        value = 300 if reward == "coffee" else None
        return self.counter.redeem(RedeemAsk(op, account, reward, units=units, value=value), by=BY).value

    def refund(self, op: str, *lines: RefundLine) -> int:
        """Take lines of sales back, and return the money."""
        return self.counter.refund(RefundAsk(op, lines), by=BY).money


def line(amount: int, category: str | None = None, *, pieces: int = 1) -> Line:
    return Line("article", pieces * 1000, amount, category)


@contextmanager
def open_shop(folder: Path, *, programme: Programme | None, ballast: int = 0) -> Iterator[Shop]:
    """A shop whose ledger is in `folder`."""
    ledger = opened(folder / "ledger.db", ballast=ballast)
    try:
        yield Shop(ledger, programme)
    finally:
        ledger.close()
