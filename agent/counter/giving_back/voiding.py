"""Voiding: the last sale is undone as a whole, by a refund of all its lines; a mistake at the till, noticed at once."""

from __future__ import annotations

from dataclasses import dataclass

from agent.counter.aside.keeping import aside_of
from agent.counter.asks import RefundAsk, RefundLine, digest_of
from agent.counter.bench import Bench
from agent.errors import NotAllowedError, Said, UnknownError
from agent.journal.entry import check_op, decode_entry
from agent.journal.staff.people import check_staff
from agent.ledger.records import Recorded

_LOOK_BACK = 200  # entries: the last sale is among them, or it is not the last thing anybody wants undone


@dataclass(frozen=True, slots=True)
class VoidAsk:
    """Undo a sale of this till: the one recorded under `sale`, or the last one that the same token or device made."""

    op: str
    sale: str | None = None
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def digest(self) -> bytes:
        """Return the digest of all but the op (16 bytes)."""
        return digest_of({"sale": self.sale, "staff": self.staff, "void": True})


def sale_to_void(bench: Bench, ask: VoidAsk, *, by: str) -> Recorded:
    """Return the sale.

    Raises UnknownError, or NotAllowedError when goods of it came back already, or when it waits to be entered.
    """
    _check_not_aside(bench, ask, by)
    recorded = _last_sale(bench, by) if ask.sale is None else bench.ledger.find(ask.sale)
    if recorded is None or recorded.entry.kind != "sale":
        raise UnknownError("no such sale on this till", said=Said("no_sale"), hint="name the sale by its receipt")
    op = recorded.entry.op
    with bench.ledger.reading() as conn:
        if conn.execute("SELECT 1 FROM returned WHERE op = ?", (op,)).fetchone():
            raise NotAllowedError(
                f"goods of sale {op!r} came back already",
                said=Said("sale_came_back"),
                hint="take back what is left of it as a refund",
            )
    return recorded


def minutes_since(bench: Bench, recorded: Recorded) -> int:
    """Return how long ago a sale was recorded, by the boot clock if it still runs."""
    then, now = recorded.entry.clock, bench.ledger.clock.read()
    if then["boot"] == now.boot:
        return (now.mono_ms - int(then["mono_ms"])) // 60_000
    return abs(now.wall_ms - int(then["wall_ms"])) // 60_000


def refund_of(ask: VoidAsk, sale: Recorded) -> RefundAsk:
    """Return the refund that a void is."""
    lines = sale.entry.body["lines"]
    whole = tuple(RefundLine(sale.entry.op, index, line["quantity"]) for index, line in enumerate(lines))
    return RefundAsk(ask.op, whole, staff=ask.staff)


def _check_not_aside(bench: Bench, ask: VoidAsk, by: str) -> None:
    """Raise NotAllowedError for a sale without loyalty: the last one recorded is another customer's."""
    for op, content in reversed(aside_of(bench.ledger).untried()):
        if op == ask.sale or (ask.sale is None and content.get("by") == by):
            raise NotAllowedError(
                f"sale {op!r} was made without loyalty and is not entered yet",
                said=Said("sale_aside"),
                hint="it is entered by itself: undo it then",
            )


def _last_sale(bench: Bench, by: str) -> Recorded | None:
    with bench.ledger.reading() as conn:
        rows = conn.execute("SELECT bytes FROM entry ORDER BY n DESC LIMIT ?", (_LOOK_BACK,)).fetchall()
    entries = map(decode_entry, (data for (data,) in rows))
    found = next((entry.op for entry in entries if entry.kind == "sale" and entry.by == by), None)
    return None if found is None else bench.ledger.find(found)
