"""What is sent when somebody complains: which sale, whose it is, what is given."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from agent.counter import ClaimAsk, FindSaleAsk, GoodwillAsk, MoveAsk, Why
from agent.web.api.fields import Code, Money, Op, Units, Word
from agent.web.api.requests.form import Form, one_of


class FindSaleBody(Form):
    """A sale by its receipt (`sale`), or by the `amount` paid on a `day` (YYYY-MM-DD)."""

    sale: Op | None = None
    amount: Money | None = None
    day: Word | None = None

    def ask(self) -> FindSaleAsk:
        """Return what the counter is asked."""
        return FindSaleAsk(self.sale, self.amount, self.day)


class WhyBody(Form):
    """A sale to explain, by its receipt."""

    sale: Op


class MoveBody(Form):
    """The `sale` is this `account`'s; `op` becomes the new sale's receipt."""

    op: Op
    sale: Op
    account: Word
    staff: Word | None = None

    def ask(self) -> MoveAsk:
        """Return what the counter is asked."""
        return MoveAsk(self.op, self.sale, self.account, self.staff)


class ClaimBody(Form):
    """A sale that was nobody's is this `account`'s: this till's by its receipt (`sale`), another's by the code (`slip`)
    on its slip; `op` becomes the receipt of the sale as it is credited.
    """

    op: Op
    account: Word
    sale: Op | None = None
    slip: Code | None = None
    staff: Word | None = None

    def ask(self) -> ClaimAsk:
        """Return what the counter is asked."""
        return ClaimAsk(self.op, self.account, self.sale, self.slip, self.staff)


def _check_why(value: object) -> Why:
    return Why(one_of(tuple(Why), value))


class GoodwillBody(Form):
    """Units for a member, and why; it needs a supervisor."""

    op: Op
    account: Word
    unit: Word
    units: Units
    why: Annotated[Why, PlainValidator(_check_why, json_schema_input_type=Why)]
    staff: Word | None = None

    def ask(self) -> GoodwillAsk:
        """Return what the counter is asked."""
        return GoodwillAsk(self.op, self.account, self.unit, self.units, self.why, self.staff)
