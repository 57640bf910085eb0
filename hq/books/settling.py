"""Settling: what came back of sales at tills that did not have them, put right once the books hold both.

What a refund was in truth depends on the sale, on what came back of it where its lines were known, and on the
provisional refunds before it. So each is worked out anew when any of these comes, in the order of the refunds' ids, and
what differs from what was posted before becomes an entry of headquarters' own: in the end it does not matter which till
came first.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Table, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from agent.errors import ProgrammeError
from agent.journal.entry import REDEEMED, VOUCHERS_PREFIX, Entry, Posting, decode_entry
from agent.journal.wire.place import HQ
from agent.loyalty.programme import load
from agent.loyalty.reversal import RecordedSale
from agent.loyalty.reversal.elsewhere import Provisional, Settlement, returned_twice, settle
from agent.loyalty.reversal.meanwhile import revived
from agent.loyalty.sale import Moment
from hq.books.fold import Source
from hq.books.own import Decision, decide
from hq.publish.sales import Sold, find_sale, returned_exactly, returned_of, sale_of, shop_of, spoke_as
from hq.receive.tills import raise_flag
from hq.tables import journal, programme, provisional, raw, refund_line, sale, settlement

_DETAIL_MAX = 300

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """The entries that were just booked: numbers `first` to `last` of a journal; `forgot`: somebody was forgotten."""

    source: Source
    first: int
    last: int
    forgot: bool = False

    def has(self, table: Table) -> ColumnElement[bool]:
        """Return what holds of this run's rows of a table."""
        return (table.c.journal == self.source.journal) & table.c.seq.between(self.first, self.last)


def settle_run(conn: Connection, run: Run, *, epoch: str) -> None:
    """Settle what the entries of a run decide, and flag their till for goods that came back twice by them."""
    till = run.source.till
    for tag in sorted(_tags_of(conn, run)):
        with _whatever_happens(conn, till):
            _settle_tag(conn, tag, epoch=epoch)
    with _whatever_happens(conn, till):
        for detail in _twice(conn, run):
            raise_flag(conn, till, "returned twice", detail)


def settle_all(conn: Connection, *, epoch: str) -> None:
    """Settle whatever is not: after a rebuild nothing, unless entries came in that were not in the books before."""
    for tag in conn.scalars(select(provisional.c.tag).distinct().order_by(provisional.c.tag)).all():
        with _whatever_happens(conn, HQ):
            _settle_tag(conn, tag, epoch=epoch)


@contextmanager
def _whatever_happens(conn: Connection, till: str) -> Iterator[None]:
    """Undo and flag what cannot be settled, whatever an entry does to it: nothing may stop the books (S7)."""
    try:
        with conn.begin_nested():
            yield
    except (OperationalError, ProgrammingError):  # the disk or the tables, not an entry
        raise
    except Exception as error:
        log.exception("what came back cannot be settled")
        raise_flag(conn, till, "settling", f"what came back cannot be settled: {error!r}"[:_DETAIL_MAX])


def _tags_of(conn: Connection, run: Run) -> set[str]:
    """Return the sales, by their tags, of which a provisional refund must be looked at after this run."""
    waiting = select(provisional.c.tag)
    sold = select(sale.c.tag).join(provisional, provisional.c.tag == sale.c.tag)
    returned = (
        sold.join(journal, journal.c.id == sale.c.journal)
        .join(refund_line, (refund_line.c.sale == sale.c.op) & spoke_as(refund_line.c.till))
        .where(run.has(refund_line))
    )
    queries = (waiting.where(run.has(provisional)), sold.where(run.has(sale)), returned)
    return {tag for query in queries for tag in conn.scalars(query)}


def _settle_tag(conn: Connection, tag: str, *, epoch: str) -> None:
    sales: dict[str, Sold] = {}
    refunds: dict[str, list[Entry]] = defaultdict(list)
    for refund, named in _provisionals(conn, tag):
        found = find_sale(conn, tag, entry=named, shop=shop_of(refund.till))
        if found is not None:
            sales[found.entry.id] = found
            refunds[found.entry.id].append(refund)
    for entry_id, sold in sales.items():
        _settle_sale(conn, sold, sorted(refunds[entry_id], key=lambda one: one.id), epoch=epoch)


def _provisionals(conn: Connection, tag: str) -> Iterator[tuple[Entry, str | None]]:
    """Yield the provisional refunds of a sale with this tag, and the entry that their codes named."""
    rows = conn.execute(
        select(raw.c.bytes, provisional.c.entry)
        .join(raw, (raw.c.journal == provisional.c.journal) & (raw.c.seq == provisional.c.seq))
        .where(provisional.c.tag == tag)
    ).all()
    for row in rows:
        yield decode_entry(row.bytes), row.entry


def _settle_sale(conn: Connection, sold: Sold, refunds: Iterable[Entry], *, epoch: str) -> None:
    """Settle the provisional refunds of one sale, each after what came back before it."""
    returned = returned_exactly(conn, sold.entry.till, sold.entry.op)
    known = RecordedSale.of(sold.entry, sold.redemptions, {}).with_returned(returned)
    for refund in refunds:
        settled = settle(Provisional.of(refund), known)
        _write(conn, sold, refund, settled, epoch=epoch)
        back = {line: known.returned.get(line, 0) + quantity for line, quantity in settled.quantities.items()}
        known = replace(known, returned={**known.returned, **back})


def _write(conn: Connection, sold: Sold, refund: Entry, settled: Settlement, *, epoch: str) -> None:
    """Write what differs from what was decided of a refund before, if anything does."""
    before = _decided(conn, refund.id)
    postings, vouchers = _without_paper(_late(conn, refund, settled.postings))
    missing = _missing(postings, before)
    lines = {**{one["line"]: 0 for entry in before for one in entry.body["lines"]}, **settled.quantities}
    for entry in before:
        for one in entry.body["lines"]:
            lines[one["line"]] -= one["quantity"]
    if before and not missing and not any(lines.values()):
        return
    body = {
        "flags": [{"article": flag.article, "line": flag.line, "quantity": flag.quantity} for flag in settled.flags],
        "lines": [{"line": line, "quantity": quantity} for line, quantity in sorted(lines.items()) if quantity],
        "money_over": settled.money_over,
        "refund": {"entry": refund.id, "op": refund.op, "till": refund.till},
        "sale": {"entry": sold.entry.id, "op": sold.entry.op, "till": sold.entry.till},
        "vouchers": vouchers,
    }
    decide(conn, epoch, Decision(f"settle:{refund.id}:{len(before) + 1}", "refund_settled", body, missing))
    log.info("settled refund=%s of sale=%s", refund.id, sold.entry.id)
    suspicions = "; ".join(_suspicions(settled, vouchers))
    if suspicions:
        where = f"refund {refund.op!r} of sale {sold.entry.op!r} of till {sold.entry.till}"
        raise_flag(conn, refund.till, "refund", f"{where}: {suspicions}"[:_DETAIL_MAX])


def _decided(conn: Connection, refund: str) -> list[Entry]:
    """Return what was decided of a provisional refund so far."""
    rows = conn.scalars(
        select(raw.c.bytes)
        .join(settlement, (settlement.c.journal == raw.c.journal) & (settlement.c.seq == raw.c.seq))
        .where(settlement.c.refund == refund)
        .order_by(settlement.c.journal, settlement.c.seq)
    )
    return [decode_entry(data) for data in rows]


def _missing(wanted: Iterable[Posting], before: Iterable[Entry]) -> tuple[Posting, ...]:
    """Return the postings that make what was posted before into what is wanted."""
    sums: dict[tuple[str, str, str | None, str | None], int] = defaultdict(int)
    for posting in wanted:
        sums[posting.unit, posting.account, posting.lot, posting.expires] += posting.amount
    for entry in before:
        for posting in entry.postings:
            sums[posting.unit, posting.account, posting.lot, posting.expires] -= posting.amount
    return tuple(
        Posting(unit, account, amount, lot, expires) for (unit, account, lot, expires), amount in sums.items() if amount
    )


def _without_paper(postings: Iterable[Posting]) -> tuple[list[Posting], int]:
    """Leave out the vouchers that would be given back, and say how many: new ones need paper, and a person."""
    wanted = list(postings)
    back = [one for one in wanted if one.account.startswith(VOUCHERS_PREFIX) and one.amount > 0]
    paper = {one.unit for one in back}
    left = [one for one in wanted if one not in back and not (one.unit in paper and one.account == REDEEMED)]
    return left, len(back)


def _late(conn: Connection, refund: Entry, postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Let units that go back to a lot past its last day live on, by the programme of the shop that took the goods."""
    shop = shop_of(refund.till)
    data = conn.scalar(select(programme.c.data).where(programme.c.shop == shop))
    try:
        terms = None if data is None else load(data)
    except ProgrammeError as error:
        log.warning("shop=%s has a programme that cannot be used: %s", shop, error)
        terms = None
    if terms is None:
        return tuple(postings)
    moment = Moment(refund.day, confirmed=refund.clock.get("confirmed") is True, shop=shop)
    return revived(terms, postings, moment)


def _suspicions(settled: Settlement, vouchers: int) -> Iterator[str]:
    for flag in settled.flags:
        what = "is not of this sale" if flag.line is None else f"of line {flag.line} had come back already"
        yield f"{flag.quantity} thousandths of {flag.article[:40]!r} {what}"
    if settled.money_over > 0:
        yield f"{settled.money_over} more was given than was paid for the goods"
    if vouchers:
        yield f"{vouchers} vouchers that paid for it are due to the customer"


def _twice(conn: Connection, run: Run) -> Iterator[str]:
    """Yield of which sales more came back by this run than was sold."""
    touched = select(refund_line.c.till, refund_line.c.sale).where(
        run.has(refund_line), refund_line.c.sale.is_not(None)
    )
    for till, op in conn.execute(touched.distinct()).all():
        found = sale_of(conn, till, op)
        if found is not None:
            known = RecordedSale.of(found.entry, found.redemptions, returned_of(conn, till, op))
            for flag in returned_twice(known):
                yield f"{flag.quantity} thousandths too many of line {flag.line} of sale {op!r} of till {till}"
