"""Without the receipt: the money counts, the units go by the programme's rule."""

from __future__ import annotations

from dataclasses import replace

from agent.journal.entry import Posting
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme.policies import WithoutReceipt
from agent.loyalty.programme.units import VISITS
from agent.loyalty.programme.whole import Programme
from agent.loyalty.reversal.recorded import Reversal
from agent.loyalty.reversal.with_receipt import both_sides, is_told
from agent.loyalty.sale import Holder, Line, Lot, Measure, Moment, Reason, Sale, Status


def without_receipt(
    programme: Programme, account: str | None, lines: tuple[Line, ...], moment: Moment, *, lot: str
) -> Reversal:
    """Take back goods nobody has the sale of.

    Under `reverse` the member loses what the goods would earn now at the ordinary rate, what visits earn excepted;
    `lot` (the id of the refund's own entry) holds it, as a debt against whatever else the member has.
    """
    money = sum(line.amount for line in lines)
    if account is None or not lines or programme.refunds.without_receipt is WithoutReceipt.KEEP:
        return Reversal(money, (), ())
    reasons: list[Reason] = []
    postings: list[Posting] = []
    # The ordinary rate: nobody knows what the sale was like, so it was no first visit and at no special time.
    stranger = Holder(account, Status.REGULAR, {VISITS: (Lot(moment.day, 1),)})
    for effect in evaluate(programme, stranger, Sale(lines), replace(moment, confirmed=False), lot=lot).effects:
        if effect.amount and effect.measure is not Measure.SALE:
            if is_told(effect):
                reasons.append(Reason("reversed", {"units": effect.amount, "unit": effect.unit}))
            postings += both_sides(replace(effect, amount=-effect.amount), account)
    return Reversal(money, tuple(reasons), tuple(postings))
