"""What a refund looks at, a sale as it was recorded, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agent.errors import InvalidError, Said
from agent.journal.entry import Entry, Posting
from agent.loyalty.sale import Discount, Effect, Line, Measure, Reason
from agent.loyalty.spending.discounts import as_paid


@dataclass(frozen=True, slots=True)
class Spent:
    """A redemption that paid part of a sale: its value and the postings that took its units from the member's lots."""

    unit: str
    units: int
    value: int
    postings: tuple[Posting, ...]

    @classmethod
    def of(cls, redemption: Entry) -> Spent:
        """Read the entry of a redemption."""
        body = redemption.body
        return cls(body["unit"], body["units"], body["value"], redemption.postings)


@dataclass(frozen=True, slots=True)
class RecordedSale:
    """A sale as the ledger has it, with what came back of each line so far (line index -> thousandths).

    The lines are at what they cost after discounts. `loads` are gift cards: no redemption paid any of them.
    """

    op: str
    account: str | None
    lines: tuple[Line, ...]
    effects: tuple[Effect, ...]
    spent: tuple[Spent, ...]
    returned: Mapping[int, int]
    loads: frozenset[int] = frozenset()

    @classmethod
    def of(cls, sale: Entry, redemptions: Iterable[Entry], returned: Mapping[int, int]) -> RecordedSale:
        """Read the entry of a sale, with those of the redemptions it names."""
        body = sale.body
        discounts = [Discount.from_map(discount) for discount in body.get("discounts", ())]
        effects = tuple(Effect.from_map(effect) for effect in body["effects"])
        return cls(
            op=sale.op,
            account=body["account"],
            lines=as_paid([Line(**line) for line in body["lines"]], discounts),
            effects=effects,
            spent=tuple(map(Spent.of, redemptions)),
            returned=returned,
            loads=frozenset(i for effect in effects if effect.reason.code == "loaded" for i in effect.lines),
        )

    def with_returned(self, returned: Mapping[int, int]) -> RecordedSale:
        """Return the sale with this returned, of no line more than was sold: what tills that did not know of each other
        took back twice takes nothing of other lines.
        """
        most = {index: line.quantity for index, line in enumerate(self.lines)}
        return replace(self, returned={at: min(back, most[at]) for at, back in returned.items() if at in most})

    def check_left(self, index: int, quantity: int) -> None:
        """Raise InvalidError unless so many thousandths of a line have not come back yet."""
        if not 0 <= index < len(self.lines):
            raise InvalidError(
                f"sale {self.op!r} has lines 0 to {len(self.lines) - 1}, not {index}", said=Said("not_left")
            )
        left = self.lines[index].quantity - self.returned.get(index, 0)
        if not 0 < quantity <= left:
            raise InvalidError(
                f"cannot take back {quantity} thousandths of line {index} of sale {self.op!r}: {left} are left",
                said=Said("not_left"),
                hint="check the receipt: the line may have come back already",
            )

    def paid_for(self, returned: Mapping[int, int], *, goods_only: bool = False) -> int:
        """Return what returned quantities cost, gift cards left out if `goods_only`."""
        return sum(
            amount_of(self.lines[index], quantity)
            for index, quantity in returned.items()
            if not (goods_only and index in self.loads)
        )

    def kept(self, effect: Effect, returned: Mapping[int, int]) -> int:
        """Return how much of an effect stands while `returned` is what came back."""
        if not effect.amount:
            return 0
        if effect.measure is Measure.SALE:
            is_anything_left = any(self.lines[i].quantity > returned.get(i, 0) for i in effect.lines)
            return effect.amount if is_anything_left else 0
        lines = [self.lines[index] for index in effect.lines]
        if effect.measure is Measure.QUANTITY:
            whole = sum(line.quantity for line in lines)
            left = whole - sum(returned.get(index, 0) for index in effect.lines)
        else:
            whole = sum(line.amount for line in lines)
            left = whole - sum(amount_of(self.lines[i], returned.get(i, 0)) for i in effect.lines)
        return effect.amount * left // whole


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a refund does: money to give back (minor units), the reasons, and the postings."""

    money: int
    reasons: tuple[Reason, ...]
    postings: tuple[Posting, ...]


def amount_of(line: Line, quantity: int) -> int:
    """Return what `quantity` thousandths of a line cost."""
    return line.amount * quantity // line.quantity
