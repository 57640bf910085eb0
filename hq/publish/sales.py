"""A sale as the books have it, for who takes its goods back at another till, and for settling what came back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, func, literal, select

from agent.journal.entry import Entry, decode_entry
from agent.journal.wire.asking import SaleAsked, SaleTold
from hq.database import total
from hq.publish.feed import quarantined_of, upto_of
from hq.tables import journal, raw, redemption, refund_line, sale, settled_line


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale in the books: its entry, the redemptions that it names, and the canonical bytes of each."""

    entry: Entry
    redemptions: tuple[Entry, ...]
    data: tuple[bytes, ...]


def told_sale(conn: Connection, till_id: str, question: SaleAsked) -> SaleTold | None:
    """Return the sale that a till asks for, and what came back of it; None if the books do not have it (yet)."""
    found = find_sale(conn, question.tag, entry=question.entry, shop=shop_of(till_id))
    if found is None:
        return None
    return SaleTold(
        sale=found.data[0],
        redemptions=found.data[1:],
        returned=returned_of(conn, found.entry.till, found.entry.op),
        upto=tuple(upto_of(conn, till_id)),
        quarantined=tuple(quarantined_of(conn, till_id)),
    )


def shop_of(till_id: str) -> str:
    """Return the shop of a till."""
    return till_id.partition("/")[0]


def find_sale(conn: Connection, tag: str, *, entry: str | None, shop: str) -> Sold | None:
    """Return the sale that a slip's code names: by its `entry`, or, typed, the one with this tag in the shop.

    None if the books have none, or several, or lack a redemption that it names: it may still come.
    """
    found = _entries(conn, sale.c.tag == tag)
    matching = [one for one in found if (one.entry.id == entry if entry else shop_of(one.entry.till) == shop)]
    return _with_redemptions(conn, matching[0]) if len(matching) == 1 else None


def sale_of(conn: Connection, till_id: str, op: str) -> Sold | None:
    """Return the sale that a till recorded under `op`, None if the books do not have it whole."""
    found = _entries(conn, (sale.c.op == op) & spoke_as(literal(till_id)))
    of_till = [one for one in found if one.machine == till_id] or found
    return _with_redemptions(conn, of_till[0]) if len(of_till) == 1 else None


def spoke_as(till_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return what holds of the journals of a till, and of machines that lost it (`hq.apart.forks` names them)."""
    begins = func.substr(journal.c.till, 1, func.length(till_id) + 1)
    return (journal.c.till == till_id) | (begins == till_id + "~")


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A sale's entry, its bytes, and of the journal it stands in the name: that of a till or of a machine that lost."""

    entry: Entry
    data: bytes
    machine: str


def _entries(conn: Connection, which: ColumnElement[bool]) -> list[_Recorded]:
    rows = conn.execute(
        select(raw.c.bytes, journal.c.till)
        .join(sale, (raw.c.journal == sale.c.journal) & (raw.c.seq == sale.c.seq))
        .join(journal, journal.c.id == sale.c.journal)
        .where(which)
    )
    return [_Recorded(decode_entry(row.bytes), row.bytes, row.till) for row in rows]


def _with_redemptions(conn: Connection, sold: _Recorded) -> Sold | None:
    named = sold.entry.body["redemptions"]
    redeemed = _redemptions(conn, sold, named)
    if len(redeemed) != len(named):
        return None
    return Sold(sold.entry, tuple(map(decode_entry, redeemed)), (sold.data, *redeemed))


def _redemptions(conn: Connection, sold: _Recorded, ops: Collection[str]) -> list[bytes]:
    """Return the redemptions with these ops, in their order, as far as the books have them: its machine's own.

    What a machine that lost recorded before there were two of it stands in the journal of the till.
    """
    rows = conn.execute(
        select(redemption.c.op, raw.c.bytes, journal.c.till)
        .join(journal, journal.c.id == redemption.c.journal)
        .join(raw, (raw.c.journal == redemption.c.journal) & (raw.c.seq == redemption.c.seq))
        .where(redemption.c.op.in_(ops), journal.c.till.in_({sold.entry.till, sold.machine}))
    ).all()
    found = {row.op: row.bytes for row in sorted(rows, key=lambda row: row.till == sold.machine)}
    return [found[op] for op in ops if op in found]


def returned_of(conn: Connection, till_id: str, op: str) -> dict[int, int]:
    """Return what came back of a sale (line -> thousandths): as its tills say, and as we settled."""
    exact, settled = (_summed(conn, table, till_id, op) for table in (refund_line, settled_line))
    return {line: exact.get(line, 0) + settled.get(line, 0) for line in exact | settled}


def returned_exactly(conn: Connection, till_id: str, op: str) -> dict[int, int]:
    """Return what came back of a sale where its lines were known."""
    return _summed(conn, refund_line, till_id, op)


def _summed(conn: Connection, table: Table, till_id: str, op: str) -> dict[int, int]:
    rows = conn.execute(
        select(table.c.sale_line, total(table.c.quantity).label("quantity"))
        .where(table.c.sale == op, table.c.till == till_id)
        .group_by(table.c.sale_line)
    )
    return {row.sale_line: row.quantity for row in rows}
