"""The sale whose goods come back: this till's own, or another's by what headquarters says of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from agent.counter.bench import Bench
from agent.errors import InvalidError, JournalError, NotAllowedError, Said, UnknownError
from agent.journal.codes import SaleCode, sale_tag
from agent.journal.entry import MEMBER_PREFIX, Entry, Posting, decode_entry
from agent.journal.wire.asking import SaleTold
from agent.ledger import members
from agent.ledger.kept.feed import contained_by
from agent.loyalty.reversal import RecordedSale, Spent
from agent.loyalty.reversal.elsewhere import Provisional, matched
from agent.loyalty.sale import Line

_BEHIND_MAX = 10_000  # own entries that headquarters' books lack; looked through while nobody else may write

log = logging.getLogger(__name__)


class SalesElsewhere(Protocol):
    """Who may be asked for a sale that another till of the chain has."""

    def sale(self, code: SaleCode) -> SaleTold | None:
        """Return the sale that a slip's code names, or None if nobody could say in time; never raises, waits 2 s."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A sale of another till with its lines: `entry` is the id of its entry, `quantities` what comes back of it now."""

    till: str
    entry: str
    sale: RecordedSale
    quantities: Mapping[int, int]


def own_sale(bench: Bench, op: str) -> RecordedSale:
    """Return a sale of this till; raises UnknownError or InvalidError."""
    recorded = bench.ledger.find(op)
    if recorded is None or recorded.entry.kind != "sale":
        hint = "take the goods back without receipt"
        raise UnknownError(f"no sale {op[:80]!r} on this till", said=Said("no_sale"), hint=hint)
    with bench.ledger.reading() as conn:
        rows = conn.execute("SELECT line, quantity FROM returned WHERE op = ?", (op,)).fetchall()
    named = (bench.ledger.find(redemption) for redemption in recorded.entry.body["redemptions"])
    return _resolved(bench, recorded.entry, [one.entry for one in named if one is not None], dict(rows))


def sale_elsewhere(bench: Bench, code: SaleCode, told: SaleTold, lines: tuple[Line, ...]) -> Elsewhere | None:
    """Return the sale that a slip's code names, as headquarters told it, and which of its lines these goods are.

    None if it helps nobody here: its member is not known to this till yet, or headquarters' books are far behind.
    Raises InvalidError for goods that are not of it, or no more, and NotAllowedError for a sale of this very till.
    """
    try:
        entry, redemptions = decode_entry(told.sale), [decode_entry(data) for data in told.redemptions]
        if sale_tag(entry.id) != code.tag:
            raise JournalError(f"headquarters told another sale than that with the tag {code.tag}")
        sale = _resolved(bench, entry, redemptions, {})
    except (JournalError, KeyError, TypeError, ValueError) as error:
        log.warning("the sale with the tag %s cannot be used: %r", code.tag, error)
        return None
    if entry.till == bench.ledger.till and bench.ledger.find(entry.op) is not None:
        raise this_till()
    since = None if _is_unknown(bench, sale) else _refunds_since(bench, told, code.tag)
    if since is None:
        return None
    sale = sale.with_returned(_returned(sale, entry, told.returned, since))
    quantities, flags = matched(sale, lines)
    if flags:
        goods = f"{flags[0].quantity} thousandths of {flags[0].article[:40]!r}"
        raise InvalidError(
            f"cannot take back {goods}: they are not left in sale {entry.op!r} of till {entry.till}",
            said=Said("not_left"),
            hint="check the slip: the goods may have come back already, or be of another sale",
        )
    return Elsewhere(entry.till, entry.id, sale, quantities)


def this_till() -> NotAllowedError:
    """Return what is said of a slip of this very till."""
    hint = "name the sale by its receipt and line"
    return NotAllowedError("this slip is of this till, which has the sale", said=Said("sale_own_slip"), hint=hint)


def spent_in(bench: Bench, redemption: Entry) -> Spent:
    """Return what a redemption took, from the accounts that the lots are part of by now."""
    spent = Spent.of(redemption)
    return replace(spent, postings=tuple(_on_account(bench, posting) for posting in spent.postings))


def _resolved(bench: Bench, entry: Entry, redemptions: Iterable[Entry], returned: Mapping[int, int]) -> RecordedSale:
    """Return a sale on the accounts that its own are part of by now; raises InvalidError for another currency."""
    currency = entry.body["currency"]
    if currency != bench.programme.currency:
        raise InvalidError(
            f"sale {entry.op!r} was in {currency}, not in {bench.programme.currency}",
            said=Said("sale_currency", {"currency": currency}),
        )
    sale = RecordedSale.of(entry, (), returned)
    account = None if sale.account is None else bench.ledger.resolve(sale.account)
    return replace(sale, account=account, spent=tuple(spent_in(bench, one) for one in redemptions))


def _on_account(bench: Bench, posting: Posting) -> Posting:
    """Return a posting on the account that its own is part of by now."""
    if not posting.account.startswith(MEMBER_PREFIX):
        return posting
    account = bench.ledger.resolve(posting.account.removeprefix(MEMBER_PREFIX))
    return replace(posting, account=MEMBER_PREFIX + account)


def _is_unknown(bench: Bench, sale: RecordedSale) -> bool:
    return sale.account is not None and members.holder(bench.ledger, sale.account) is None


def _refunds_since(bench: Bench, told: SaleTold, tag: str) -> list[Entry] | None:
    """Return the refunds by slips with this tag that this till recorded and headquarters' books did not contain."""
    named = f'"tag":"{tag}"'.encode()
    found: list[Entry] = []
    with bench.ledger.reading() as conn:
        contained = contained_by(conn, told.upto, told.quarantined)
        last = int(conn.execute("SELECT coalesce(max(n), 0) FROM entry").fetchone()[0])
        ranges = [*contained.missing, (contained.upto_n + 1, last)]
        if sum(high - low + 1 for low, high in ranges) > _BEHIND_MAX:
            return None
        for low, high in ranges:
            rows = conn.execute(
                "SELECT bytes FROM entry WHERE n BETWEEN ? AND ? AND instr(bytes, ?)", (low, high, named)
            )
            found += (decode_entry(data) for (data,) in rows)
    return [entry for entry in found if entry.kind == "refund"]


def _returned(sale: RecordedSale, entry: Entry, said: Mapping[int, int], since: Iterable[Entry]) -> dict[int, int]:
    """Return what came back of a sale (line -> thousandths): as headquarters said, and by this till since."""
    returned = dict(said)
    for refund in since:
        for line, quantity in _taken_back(sale.with_returned(returned), entry, refund):
            returned[line] = returned.get(line, 0) + quantity
    return returned


def _taken_back(sale: RecordedSale, entry: Entry, refund: Entry) -> Iterator[tuple[int, int]]:
    """Yield what a refund took back of a sale elsewhere, as (line, thousandths)."""
    if refund.body["provisional"]:
        yield from matched(sale, Provisional.of(refund).lines)[0].items()
        return
    for line in refund.body["lines"]:
        if (line["sale"], line.get("till")) == (entry.op, entry.till):
            yield line["line"], line["quantity"]
