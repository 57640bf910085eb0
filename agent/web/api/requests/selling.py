"""What a sale and its preview are sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.counter import SaleAsk
from agent.loyalty.sale import LINES_MAX, Line
from agent.web.api.fields import Article, Money, Op, Quantity, Word
from agent.web.api.requests.form import Form

PREVIEW_OP = "preview"  # never recorded
TENDERS_MAX = 20  # in one sale


class LineBody(Form):
    """A line of a sale: `amount` is what the whole line costs, in minor units, with the `tax` in it."""

    article: Article
    quantity: Quantity
    amount: Money
    category: Word | None = None
    tax: Money = 0
    brand: Word | None = None

    def line(self) -> Line:
        """Return the line as the programme sees it."""
        return Line(self.article, self.quantity, self.amount, self.category, self.tax, self.brand)


Lines = Annotated[tuple[LineBody, ...], Field(max_length=LINES_MAX)]


class PreviewBody(Form):
    """A sale to judge: `account` and `card` as /v1/identify or a `member` event named them, `redemptions` by op.

    `tenders` says how much of it each tender pays, for programmes that ask; it may be left out.
    """

    lines: Lines
    account: Word | None = None
    card: Word | None = None
    redemptions: tuple[Op, ...] = ()
    sold_at: Word | None = None
    staff: Word | None = None
    tenders: Annotated[dict[Word, Money], Field(max_length=TENDERS_MAX, default_factory=dict)]

    def ask(self, op: str = PREVIEW_OP) -> SaleAsk:
        """Return what the counter is asked."""
        lines = tuple(line.line() for line in self.lines)
        return SaleAsk(op, lines, self.account, self.card, self.redemptions, self.sold_at, self.staff, self.tenders)


class SaleBody(PreviewBody):
    """A sale to record under `op`, which was made and kept before it is sent: a repetition has one effect."""

    op: Op
