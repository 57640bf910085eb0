"""Elsewhere: goods of a sale that this till does not have, taken back provisionally and settled by headquarters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.errors import InvalidError, Said
from agent.journal.codes import SaleCode, kind_tag
from agent.journal.entry import ISSUANCE, MEMBER_PREFIX, Entry, Posting
from agent.loyalty.programme.whole import Programme
from agent.loyalty.reversal.recorded import RecordedSale, Reversal
from agent.loyalty.reversal.with_receipt import reverse
from agent.loyalty.reversal.without_receipt import without_receipt
from agent.loyalty.sale import Holder, Line, Moment, Reason

_SALE = "sale:"


@dataclass(frozen=True, slots=True)
class Provisional:
    """A provisional refund as it was recorded: the goods at what was given for them, and the postings on the member's
    lot that hold units against him until it is settled.
    """

    lines: tuple[Line, ...]
    held: tuple[Posting, ...]

    @classmethod
    def of(cls, refund: Entry) -> Provisional:
        """Read the entry of a provisional refund."""
        lines = [line for line in refund.body["lines"] if line["sale"] is None]
        held = tuple(one for one in refund.postings if one.lot is not None and one.lot.startswith(_SALE))
        return cls(tuple(Line(line["article"], line["quantity"], line["amount"]) for line in lines), held)


@dataclass(frozen=True, slots=True)
class Flag:
    """Goods that came back and were not there to come back: so many thousandths of an article, of a line of the sale
    (None: the sale has no such line).
    """

    article: str
    line: int | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a provisional refund was in truth: what came back of which line (index -> thousandths), the postings that
    put it right, the money given beyond what was paid for it (below 0: short of it), and what is suspicious.
    """

    quantities: Mapping[int, int]
    postings: tuple[Posting, ...]
    money_over: int
    flags: tuple[Flag, ...]


def sale_lot(tag: str) -> str:
    """Return the lot that holds units against a member until a sale that is elsewhere is known."""
    return f"{_SALE}{tag}"


def provisional(
    programme: Programme, code: SaleCode, holder: Holder | None, lines: tuple[Line, ...], moment: Moment
) -> Reversal:
    """Take back goods of a sale of which only the slip's code is known; `lines` are at what the cashier gives for them.

    Units are held pro rata to what was paid; by a typed code, which does not say that, what the goods would earn now.
    All refunds of one sale here hold no more than it earned. Raises InvalidError for more money than was paid.
    """
    money = sum(line.amount for line in lines)
    if code.paid is not None and money > code.paid:
        raise InvalidError(
            f"the goods are to cost {money}, and {code.paid} were paid for the whole sale", said=Said("too_much_back")
        )
    if holder is None:
        return Reversal(money, (), ())
    now = without_receipt(programme, holder.account, lines, moment, lot="").postings
    lot, own = sale_lot(code.tag), MEMBER_PREFIX + holder.account
    reasons: list[Reason] = []
    postings: list[Posting] = []
    for unit, earned in _earned(programme, code):
        if code.paid is None:
            wanted = -sum(one.amount for one in now if one.unit == unit and one.account == own)
        else:
            wanted = earned - earned * (code.paid - money) // code.paid if code.paid else 0
        held = min(wanted, earned + holder.count(unit, lot))
        if held > 0:
            reasons.append(Reason("held", {"units": held, "unit": unit}))
            postings += (Posting(unit, ISSUANCE, held), Posting(unit, own, -held, lot))
    return Reversal(money, tuple(reasons), tuple(postings))


def _earned(programme: Programme, code: SaleCode) -> Iterator[tuple[str, int]]:
    """Yield what a code says of the programme's units; a typed one means the unit that its slip prints first."""
    tags = {kind_tag(unit.id): unit.id for unit in programme.units}
    for tag, units in code.earned:
        if tag is None and programme.earn:
            yield programme.earn[0].unit, units
        elif tag in tags:
            yield tags[tag], units


def matched(sale: RecordedSale, lines: Sequence[Line]) -> tuple[dict[int, int], tuple[Flag, ...]]:
    """Return of which lines of a sale goods are (index -> thousandths), and what cannot be of it, or no more."""
    quantities: dict[int, int] = {}
    flags: list[Flag] = []
    for line in lines:
        wanted, of = line.quantity, None
        for index, sold in enumerate(sale.lines):
            if sold.article == line.article:
                of = index
                part = min(wanted, sold.quantity - sale.returned.get(index, 0) - quantities.get(index, 0))
                if part > 0:
                    quantities[index] = quantities.get(index, 0) + part
                    wanted -= part
        if wanted:
            flags.append(Flag(line.article, of, wanted))
    return quantities, tuple(flags)


def settle(refund: Provisional, sale: RecordedSale) -> Settlement:
    """Return what puts a provisional refund right, once the sale is known: what was held is let go, and what a refund
    with the receipt would have done is done. `sale.returned` is what other refunds took back.
    """
    quantities, flags = matched(sale, refund.lines)
    truth = reverse(sale, quantities)
    released: list[Posting] = []
    for held in refund.held:
        own = Posting(held.unit, held.account, -held.amount, held.lot, held.expires)
        released += (Posting(held.unit, ISSUANCE, held.amount), own)
    given = sum(line.amount for line in refund.lines)
    return Settlement(quantities, (*released, *truth.postings), given - truth.money, flags)


def returned_twice(sale: RecordedSale) -> tuple[Flag, ...]:
    """Return what came back of a sale beyond what was sold, in different tills that did not know of each other."""
    return tuple(
        Flag(line.article, index, sale.returned[index] - line.quantity)
        for index, line in enumerate(sale.lines)
        if sale.returned.get(index, 0) > line.quantity
    )
