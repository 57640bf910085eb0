"""Giving back: refunds with and without receipt, redemptions undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.counter.answers import EntryRef, MemberView, RefundAnswer
from agent.counter.asks import RefundAsk, UndoAsk, line_map
from agent.counter.bench import Bench
from agent.counter.selling import unsettled_redemption
from agent.counter.slip_facts import slip_facts
from agent.errors import InvalidError, UnknownError
from agent.journal.entry import MEMBER_PREFIX, Posting
from agent.ledger.records import Draft, Recorded
from agent.loyalty.reverse import RecordedSale, Reversal, Spent, reverse, undo_redemption, without_receipt
from agent.loyalty.sale import Effect, Holder, Line, Lot, Reason


@dataclass(frozen=True, slots=True)
class _Returned:
    """One sale's part of a refund."""

    sale: RecordedSale
    quantities: Mapping[int, int]
    reversal: Reversal


def refund(bench: Bench, ask: RefundAsk, *, by: str) -> RefundAnswer:
    """Take goods back, line by line; units go back to where they came from, in one durable commit."""
    digest = ask.digest()
    before = bench.repeated(ask.op, "refund", digest, account=ask.account)
    if before is not None:
        return _answer(bench, before, repeated=True)
    bench.check_card(ask.card, ask.account)
    at, entry_id = bench.when(ask.refunded_at), bench.ledger.clock.new_id()
    account = None if ask.account is None else bench.holder(ask.account).account
    parts = [_part(bench, sale, quantities) for sale, quantities in _by_sale(ask).items()]
    moment = bench.moment(at)
    loose = without_receipt(bench.programme, account, ask.without_receipt, moment, lot=entry_id)
    reversals = [*(part.reversal for part in parts), loose]
    account = account or next((part.sale.account for part in parts if part.sale.account), None)
    postings = tuple(posting for reversal in reversals for posting in reversal.postings)
    reasons = _summed(reason for reversal in reversals for reason in reversal.reasons)
    money = sum(reversal.money for reversal in reversals)
    draft = Draft(
        id=entry_id,
        op=ask.op,
        ask=digest,
        kind="refund",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={
            "account": account,
            "card": ask.card,
            "currency": bench.programme.currency,
            "lines": [line for part in parts for line in _lines(part)] + [_loose(li) for li in ask.without_receipt],
            "money": money,
            "reasons": [{"code": reason.code, "numbers": dict(reason.numbers)} for reason in reasons],
            "refunded_at": at.isoformat(),
        },
        programme=bench.programme.version,
        postings=postings,
        slip=slip_facts(
            "refund",
            op=ask.op,
            at=at.isoformat(timespec="minutes"),
            till=bench.ledger.till,
            programme=bench.programme,
            total=-money,
            reasons=reasons,
            member=_view_after(bench, account, postings, at),
        ),
    )
    return _answer(bench, bench.ledger.append(draft), repeated=False)


def undo(bench: Bench, ask: UndoAsk, *, by: str) -> RefundAnswer:
    """Put a redemption that no sale has used back into the lots it came from."""
    digest = ask.digest()
    before = bench.repeated(ask.op, "redemption_undone", digest, account=None)
    if before is not None:
        return _answer(bench, before, repeated=True)
    recorded = unsettled_redemption(bench, ask.redemption)
    at, spent = bench.when(None), _spent(recorded)
    postings = undo_redemption(spent)
    reason = Reason("returned", {"units": spent.units, "unit": spent.unit})
    account = bench.ledger.resolve(recorded.entry.body["account"])
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=ask.op,
        ask=digest,
        kind="redemption_undone",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={
            "account": account,
            "card": recorded.entry.body["card"],
            "currency": bench.programme.currency,
            "money": 0,
            "reasons": [{"code": reason.code, "numbers": dict(reason.numbers)}],
            "redemption": ask.redemption,
            "refunded_at": at.isoformat(),
        },
        programme=bench.programme.version,
        postings=postings,
    )
    return _answer(bench, bench.ledger.append(draft), repeated=False)


def _by_sale(ask: RefundAsk) -> dict[str, dict[int, int]]:
    sales: dict[str, dict[int, int]] = {}
    for line in ask.lines:
        quantities = sales.setdefault(line.sale, {})
        quantities[line.index] = quantities.get(line.index, 0) + line.quantity
    return sales


def _part(bench: Bench, op: str, quantities: Mapping[int, int]) -> _Returned:
    recorded = bench.ledger.find(op)
    if recorded is None or recorded.entry.kind != "sale":
        hint = "take the goods back without receipt"
        raise UnknownError(f"no sale {op[:80]!r} on this till", hint=hint)
    if recorded.entry.body["currency"] != bench.programme.currency:
        raise InvalidError(f"sale {op!r} was in {recorded.entry.body['currency']}, not in {bench.programme.currency}")
    sale = _recorded_sale(bench, recorded)
    return _Returned(sale, quantities, reverse(sale, quantities))


def _recorded_sale(bench: Bench, recorded: Recorded) -> RecordedSale:
    body = recorded.entry.body
    with bench.ledger.reading() as conn:
        rows = conn.execute("SELECT line, quantity FROM returned WHERE op = ?", (recorded.entry.op,)).fetchall()
    redemptions = [bench.ledger.find(op) for op in body["redemptions"]]
    return RecordedSale(
        op=recorded.entry.op,
        account=None if body["account"] is None else bench.ledger.resolve(body["account"]),
        lines=tuple(Line(**line) for line in body["lines"]),
        effects=tuple(Effect.from_map(effect) for effect in body["effects"]),
        spent=tuple(_spent(redemption) for redemption in redemptions if redemption is not None),
        returned=dict(rows),
    )


def _spent(redemption: Recorded) -> Spent:
    body = redemption.entry.body
    return Spent(body["unit"], body["units"], body["value"], redemption.entry.postings)


def _lines(part: _Returned) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for index, quantity in part.quantities.items():
        sold = part.sale.lines[index]
        before = part.sale.returned.get(index, 0)
        money = sold.amount * (before + quantity) // sold.quantity - sold.amount * before // sold.quantity
        lines.append(
            {"amount": money, "article": sold.article, "line": index, "quantity": quantity, "sale": part.sale.op}
        )
    return lines


def _loose(line: Line) -> dict[str, Any]:
    return {**line_map(line), "line": None, "sale": None}


def _summed(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Add up what several sales of one refund say alike."""
    sums: dict[tuple[str, str], int] = {}
    for reason in reasons:
        key = (reason.code, str(reason.numbers["unit"]))
        sums[key] = sums.get(key, 0) + int(reason.numbers["units"])
    return tuple(Reason(code, {"units": units, "unit": unit}) for (code, unit), units in sums.items())


def _view_after(bench: Bench, account: str | None, postings: tuple[Posting, ...], at: datetime) -> MemberView | None:
    if account is None:
        return None
    holder = bench.holder(account)
    lots = {unit: list(held) for unit, held in holder.lots.items()}
    for posting in postings:
        if posting.account == MEMBER_PREFIX + holder.account and posting.lot is not None:
            lots.setdefault(posting.unit, []).append(Lot(posting.lot, posting.amount, posting.expires))
    after = Holder(holder.account, holder.status, {unit: tuple(held) for unit, held in lots.items()})
    return bench.view(after, at, card=None)


def _answer(bench: Bench, recorded: Recorded, *, repeated: bool) -> RefundAnswer:
    body = recorded.entry.body
    reasons = tuple(Reason(reason["code"], reason["numbers"]) for reason in body["reasons"])
    view = None
    if body["account"] is not None:
        at = datetime.fromisoformat(body["refunded_at"])
        view = bench.view(bench.holder(body["account"]), at, card=body["card"])
    return RefundAnswer(EntryRef.of(recorded), body["currency"], body["money"], reasons, view, repeated)
