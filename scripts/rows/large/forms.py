"""Forms: entries that the counter really made, with blanks where another entry of the same kind differs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.journal.entry import decode_entry
from agent.journal.fold import changes
from agent.upkeep.replay.plan import PlannedSale
from rows.till import BenchTill, as_asks, bundled_sales, fresh_till

LINES_MAX = 1  # of a sale that becomes a form: ten million of them are to fit on a disk
FORMS_MAX = 24  # of either kind

ID, OP, SEQ, ACCOUNT, CARD, MONO_MS, WALL_MS, EPOCH = range(8)  # what fills a blank
_NUMBERED = {SEQ: b'"seq":', MONO_MS: b'"mono_ms":', WALL_MS: b'"wall_ms":'}

Lot = tuple[str, str | None, str | None, int]  # unit, lot (None: named as the entry), last day, amount


@dataclass(frozen=True, slots=True)
class Form:
    """A sale with blanks: `parts` around them, `blanks` in their order, and what a member of it holds from each."""

    text: bytes
    blanks: tuple[int, ...]
    ask: bytes
    lots: tuple[Lot, ...]

    def filled(self, values: tuple[bytes, ...]) -> bytes:
        """Return an entry's bytes; `values` are indexed by ID, OP, SEQ, ACCOUNT and so on."""
        data: bytes = self.text % tuple(values[blank] for blank in self.blanks)
        return data


def sale_forms(folder: Path) -> tuple[list[Form], list[Form]]:
    """Return forms of members' first small sales and of small sales without a card, out of the bundled invoices."""
    small = [sale for sale in bundled_sales() if len(sale.lines) <= LINES_MAX]
    first = {sale.customer: sale for sale in reversed(small) if sale.customer is not None}
    with fresh_till(folder) as till:
        named = list(_forms(till, list(first.values())[:FORMS_MAX]))
        nameless = list(_forms(till, [sale for sale in small if sale.customer is None][:FORMS_MAX]))
    return named, nameless


def _forms(till: BenchTill, sales: list[PlannedSale]) -> Iterator[Form]:
    for ask in as_asks(till, sales, suffix=""):
        till.counter.sell(ask, by="bench")
        recorded = till.ledger.find(ask.op)
        assert recorded is not None
        with till.ledger.reading() as conn:
            data = conn.execute("SELECT bytes FROM entry WHERE n = ?", (recorded.n,)).fetchone()[0]
        yield form_of(data, recorded.ask, card=ask.card)


def form_of(data: bytes, ask: bytes, *, card: str | None) -> Form:
    """Leave blanks in the bytes of an entry where its id, op, place, clocks, account and card stand."""
    entry = decode_entry(data)
    folded = changes(entry)
    stands = {
        ID: entry.id.encode(),
        OP: b'"op":"' + entry.op.encode() + b'"',
        ACCOUNT: str(entry.body["account"]).encode(),
        CARD: str(card).encode(),
        SEQ: b'"seq":%d' % entry.seq,
        MONO_MS: b'"mono_ms":%d' % entry.clock["mono_ms"],
        WALL_MS: b'"wall_ms":%d' % entry.clock["wall_ms"],
        EPOCH: entry.epoch.encode(),
    }
    if entry.body["account"] is None:
        del stands[ACCOUNT], stands[CARD]
    names = {text: name for name, text in stands.items()}
    pieces = re.split(b"(" + b"|".join(re.escape(text) for text in stands.values()) + b")", data)
    blanks = [names[piece] for piece in pieces[1::2]]
    text = b"".join(_blank(names[piece]) if at % 2 else piece.replace(b"%", b"%%") for at, piece in enumerate(pieces))
    lots = tuple(
        (unit, None if lot == entry.id else lot, expires, amount)
        for (_, unit, lot, expires), amount in folded.lots.items()
    )
    return Form(text, tuple(blanks), ask, lots)


def _blank(name: int) -> bytes:
    if name == OP:
        return b'"op":"%b"'
    return _NUMBERED.get(name, b"") + b"%b"
