"""What a refund and its preview are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from agent.counter import RefundAsk, RefundLine, UndoAsk, VoidAsk
from agent.loyalty.sale import LINES_MAX, Line
from agent.web.api.fields import Article, Code, Index, Money, Op, Quantity, Word
from agent.web.api.requests.form import Form
from agent.web.api.requests.selling import PREVIEW_OP


class ReturnedBody(Form):
    """Goods that come back: `line` (from 0) of the sale recorded under `sale`; without receipt, the article itself."""

    quantity: Quantity
    sale: Op | None = None
    line: Index | None = None
    article: Article | None = None
    amount: Money | None = None
    category: Word | None = None
    tax: Money = 0
    brand: Word | None = None

    @model_validator(mode="after")
    def _with_or_without_receipt(self) -> ReturnedBody:
        with_receipt = self.sale is not None and self.line is not None
        loose = self.article is not None and self.amount is not None
        if with_receipt == loose or (self.sale is None) != (self.line is None):
            raise ValueError("must have either sale and line, or article and amount")
        return self

    def returned(self) -> RefundLine | Line:
        """Return the line as the counter takes it."""
        if self.sale is not None and self.line is not None:
            return RefundLine(self.sale, self.line, self.quantity)
        assert self.article is not None
        assert self.amount is not None
        return Line(self.article, self.quantity, self.amount, self.category, self.tax, self.brand)


class _Returning(Form):
    account: Word | None = None
    card: Word | None = None
    refunded_at: Word | None = None
    staff: Word | None = None
    to_credit: Word | None = None
    waive: bool = False
    slip: Code | None = None

    def _ask(self, op: str, lines: Sequence[ReturnedBody]) -> RefundAsk:
        returned = [line.returned() for line in lines]
        return RefundAsk(
            op=op,
            lines=tuple(line for line in returned if isinstance(line, RefundLine)),
            without_receipt=tuple(line for line in returned if isinstance(line, Line)),
            account=self.account,
            card=self.card,
            refunded_at=self.refunded_at,
            staff=self.staff,
            to_credit=self.to_credit,
            waive=self.waive,
            slip=self.slip,
        )


ReturnedLines = Annotated[tuple[ReturnedBody, ...], Field(max_length=LINES_MAX)]


class RefundPreviewBody(_Returning):
    """A refund to be shown before anybody confirms it: the fields of a refund of lines, without `op`."""

    lines: ReturnedLines

    def ask(self) -> RefundAsk:
        """Return what the counter is asked."""
        return self._ask(PREVIEW_OP, self.lines)


class RefundBody(_Returning):
    """A refund of `lines`, or a `redemption` (by op) that no sale has used and that is given back.

    `to_credit`: a unit of money in which the money is given instead. `waive`: let go what was spent meanwhile, which
    the programme must allow and a supervisor approve. `slip`: the code on the slip of another till's sale; the
    lines are then goods of that sale at what is given for them, and headquarters settles it.
    """

    op: Op
    lines: ReturnedLines | None = None
    redemption: Op | None = None

    @model_validator(mode="after")
    def _lines_or_redemption(self) -> RefundBody:
        if (self.lines is None) == (self.redemption is None):
            raise ValueError("must have either lines or redemption")
        stated = {self.account, self.card, self.refunded_at, self.to_credit, self.slip} != {None} or self.waive
        if self.redemption is not None and stated:
            raise ValueError("must have nothing but op, staff and redemption when it gives a redemption back")
        return self

    def ask(self) -> RefundAsk | UndoAsk:
        """Return what the counter is asked."""
        if self.redemption is not None:
            return UndoAsk(self.op, self.redemption, self.staff)
        return self._ask(self.op, self.lines or ())


class VoidBody(Form):
    """The sale to undo, by its op; without it the last one that the same token or device made."""

    op: Op
    sale: Op | None = None
    staff: Word | None = None

    def ask(self) -> VoidAsk:
        """Return what the counter is asked."""
        return VoidAsk(self.op, self.sale, self.staff)
