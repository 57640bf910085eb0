"""A refund line by line: what each line gives back, what it takes of units, and what of it is left to come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.counter.answers import LineBack
from agent.counter.giving_back.coming_to import Outcome, Returned
from agent.loyalty.reversal import reverse


def lines_of(outcome: Outcome) -> Iterator[LineBack]:
    """Yield the lines of a refund, in the order in which they were named; what they say adds up to the whole."""
    for part in outcome.parts:
        yield from _of_sale(part)
    for line in outcome.loose:
        yield LineBack(None, None, line.article, line.quantity, 0, line.amount, {})


def _of_sale(part: Returned) -> Iterator[LineBack]:
    returned = dict(part.sale.returned)
    for index, quantity in part.quantities.items():
        alone = reverse(replace(part.sale, returned=dict(returned)), {index: quantity})
        returned[index] = returned.get(index, 0) + quantity
        units: dict[str, int] = {}
        for reason in alone.reasons:
            unit, moved = str(reason.numbers["unit"]), int(reason.numbers["units"])
            units[unit] = units.get(unit, 0) + (-moved if reason.code == "reversed" else moved)
        sold = part.sale.lines[index]
        left = sold.quantity - returned[index]
        yield LineBack(part.sale.op, index, sold.article, quantity, left, alone.money, units)
