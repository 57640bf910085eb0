"""Refunds with and without receipt, shown before they are made, and redemptions undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.counter.answers import EntryRef, LotMove, RefundAnswer, RefundPreview, VoucherView
from agent.counter.asks import RefundAsk, UndoAsk, line_map
from agent.counter.bench import Bench
from agent.counter.giving_back.by_line import lines_of
from agent.counter.giving_back.coming_to import Outcome, Returned, outcome_of, view_after
from agent.counter.giving_back.slip_codes import read_code
from agent.counter.giving_back.sold import spent_in
from agent.counter.giving_back.voiding import VoidAsk, minutes_since, refund_of, sale_to_void
from agent.counter.slip_facts import slip_facts
from agent.counter.spending.redeeming import unsettled_redemption
from agent.counter.spending.vouchers import Guesses, papers
from agent.counter.staff.approving import Approvable, needs_approval
from agent.counter.staff.signing import Signing
from agent.journal.codes import SaleCode
from agent.journal.entry import MEMBER_PREFIX, Posting
from agent.journal.wire.asking import SaleTold
from agent.ledger.records import Draft, Recorded
from agent.loyalty.judging.standing import tier_of
from agent.loyalty.lots import booked
from agent.loyalty.programme import QUALIFYING, is_counter
from agent.loyalty.reversal import undo_redemption
from agent.loyalty.reversal.meanwhile import revived
from agent.loyalty.sale import Line, Reason
from agent.loyalty.spending.catalogue import restocked
from agent.loyalty.spending.vouchers import renewed

_PREVIEW_LOT = "preview"


def code_to_ask_for(bench: Bench, ask: RefundAsk, guesses: Guesses) -> SaleCode | None:
    """Return the code of a sale elsewhere that a refund needs to know of, None if it needs none or is recorded already.

    Raises CodeError or NotAllowedError for a code that is not believed.
    """
    if ask.slip is None or bench.ledger.find(ask.op) is not None:
        return None
    return read_code(bench, ask.slip, guesses)


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a refund: who knows the staff, the wrong codes of late, and what headquarters says of the sale
    that the ask's slip names; without that the refund is provisional.
    """

    signing: Signing
    guesses: Guesses
    told: SaleTold | None = None


def refund(bench: Bench, ask: RefundAsk, behind: Behind, *, by: str) -> RefundAnswer:
    """Take goods back, line by line; units go back to where they came from, in one durable commit.

    Raises ApprovalNeededError for so much money, or units let go, that a supervisor must say yes.
    """
    digest = ask.digest()
    before = bench.repeated(ask.op, "refund", digest, account=ask.account)
    if before is not None:
        return _answer(bench, before, repeated=True)
    policy, require = bench.programme.supervision, behind.signing.require
    approved_by = require(policy, Approvable.WAIVE, op=ask.op) if ask.waive else None
    entry_id = bench.ledger.clock.new_id()
    outcome = outcome_of(bench, ask, behind.guesses, behind.told, lot=entry_id)
    approved_by = require(policy, Approvable.REFUND, op=ask.op, amount=outcome.money) or approved_by
    said = {} if approved_by is None else {"approved_by": approved_by}
    draft = drafted(bench, ask, outcome, digest, entry_id, by=by, said=said)
    return _answer(bench, bench.ledger.append(draft), repeated=False)


def void(bench: Bench, ask: VoidAsk, behind: Behind, *, by: str) -> RefundAnswer:
    """Undo a sale as a whole, in one durable commit; after a while only a supervisor may."""
    digest = ask.digest()
    before = bench.repeated(ask.op, "refund", digest, account=None)
    if before is not None:
        return _answer(bench, before, repeated=True)
    sale = sale_to_void(bench, ask, by=by)
    policy, minutes = bench.programme.supervision, minutes_since(bench, sale)
    approved_by = behind.signing.require(policy, Approvable.VOID, op=ask.op, amount=minutes)
    said = {"void": True} if approved_by is None else {"approved_by": approved_by, "void": True}
    whole, entry_id = refund_of(ask, sale), bench.ledger.clock.new_id()
    outcome = outcome_of(bench, whole, behind.guesses, None, lot=entry_id)
    draft = drafted(bench, whole, outcome, digest, entry_id, by=by, said=said)
    return _answer(bench, bench.ledger.append(draft), repeated=False)


def drafted(
    bench: Bench, ask: RefundAsk, outcome: Outcome, digest: bytes, entry_id: str, *, by: str, said: Mapping[str, Any]
) -> Draft:
    """Return the entry of a refund that was worked out; `said` stands in it, too."""
    return Draft(
        id=entry_id,
        op=ask.op,
        ask=digest,
        kind="refund",
        day=outcome.at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={**_body(bench, ask, outcome), **said},
        programme=bench.programme.version,
        postings=outcome.postings,
        slip=slip_facts(
            "refund",
            op=ask.op,
            at=outcome.at.isoformat(timespec="minutes"),
            till=bench.ledger.till,
            programme=bench.programme,
            total=outcome.credited - outcome.money,
            reasons=outcome.reasons,
            member=view_after(bench, outcome),
            vouchers=papers(bench, outcome.postings),
        ),
    )


def preview_refund(bench: Bench, ask: RefundAsk, behind: Behind) -> RefundPreview:
    """Say what a refund would come to, without recording it."""
    outcome = outcome_of(bench, ask, behind.guesses, behind.told, lot=_PREVIEW_LOT)
    before, after = _tiers(bench, outcome)
    return RefundPreview(
        currency=bench.programme.currency,
        money=outcome.money - outcome.credited,
        credited=outcome.credited,
        reasons=outcome.reasons,
        lots=tuple(_moves(outcome.postings)),
        tier_before=before,
        tier_after=after,
        when_spent=str(bench.programme.refunds.when_spent),
        spent=outcome.shortfalls,
        member=view_after(bench, outcome),
        provisional=outcome.provisional,
        lines=tuple(lines_of(outcome)),
        approvals=tuple(_approvals(bench, ask, outcome)),
    )


def _approvals(bench: Bench, ask: RefundAsk, outcome: Outcome) -> Iterator[str]:
    if ask.waive:
        yield Approvable.WAIVE
    if needs_approval(bench.programme.supervision, Approvable.REFUND, outcome.money):
        yield Approvable.REFUND


def undo(bench: Bench, ask: UndoAsk, *, by: str) -> RefundAnswer:
    """Put a redemption that no sale has used back into the lots it came from."""
    digest = ask.digest()
    before = bench.repeated(ask.op, "redemption_undone", digest, account=None)
    if before is not None:
        return _answer(bench, before, repeated=True)
    recorded = unsettled_redemption(bench, ask.redemption)
    at, spent = bench.when(None), spent_in(bench, recorded.entry)
    reason = Reason("returned", {"units": spent.units, "unit": spent.unit})
    account = recorded.entry.body["account"]
    entry_id, moment = bench.ledger.clock.new_id(), bench.moment(at)
    postings = revived(bench.programme, undo_redemption(spent), moment)
    postings = (*renewed(bench.programme, postings, moment, lot=entry_id), *restocked(recorded.entry.postings))
    draft = Draft(
        id=entry_id,
        op=ask.op,
        ask=digest,
        kind="redemption_undone",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={
            "account": None if account is None else bench.ledger.resolve(account),
            "card": recorded.entry.body["card"],
            "currency": bench.programme.currency,
            "money": 0,
            "reasons": [_reason_map(reason)],
            "redemption": ask.redemption,
            "refunded_at": at.isoformat(),
        },
        programme=bench.programme.version,
        postings=postings,
        slip=_renewed_slip(bench, ask, at, papers(bench, postings)),
    )
    return _answer(bench, bench.ledger.append(draft), repeated=False)


def _renewed_slip(
    bench: Bench, ask: UndoAsk, at: datetime, vouchers: tuple[VoucherView, ...]
) -> tuple[str, dict[str, Any]] | None:
    """Return the slip of a voucher that is given back under a new serial; units come back without paper."""
    if not vouchers:
        return None
    return slip_facts(
        "refund",
        op=ask.op,
        at=at.isoformat(timespec="minutes"),
        till=bench.ledger.till,
        programme=bench.programme,
        total=None,
        reasons=(),
        member=None,
        vouchers=vouchers,
    )


def _body(bench: Bench, ask: RefundAsk, outcome: Outcome) -> dict[str, Any]:
    lines = [line for part in outcome.parts for line in _lines(part)]
    return {
        "account": outcome.account,
        "card": ask.card,
        "credited": outcome.credited,
        "currency": bench.programme.currency,
        "lines": lines + [_loose(line) for line in outcome.loose],
        "money": outcome.money,
        "provisional": outcome.provisional,
        "reasons": [_reason_map(reason) for reason in outcome.reasons],
        "refunded_at": outcome.at.isoformat(),
        "slip": outcome.slip,
    }


def _lines(part: Returned) -> Iterator[dict[str, Any]]:
    before = dict(part.sale.returned)
    for index, quantity in part.quantities.items():
        after = {**before, index: before.get(index, 0) + quantity}
        money = part.sale.paid_for(after) - part.sale.paid_for(before)
        sold = part.sale.lines[index]
        line = {"amount": money, "article": sold.article, "line": index, "quantity": quantity, "sale": part.sale.op}
        yield line if part.till is None else {**line, "till": part.till}
        before = after


def _loose(line: Line) -> dict[str, Any]:
    return {**line_map(line), "line": None, "sale": None}


def _reason_map(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "numbers": dict(reason.numbers)}


def _moves(postings: Iterable[Posting]) -> Iterator[LotMove]:
    """Yield what members' lots gain and lose, without what the rules count for themselves."""
    for posting in postings:
        is_hidden = is_counter(posting.unit) and posting.unit != QUALIFYING
        if posting.lot is not None and posting.account.startswith(MEMBER_PREFIX) and not is_hidden:
            account = posting.account.removeprefix(MEMBER_PREFIX)
            yield LotMove(account, posting.unit, posting.lot, posting.amount, posting.expires)


def _tiers(bench: Bench, outcome: Outcome) -> tuple[str | None, str | None]:
    if outcome.account is None:
        return None, None
    holder, moment = bench.holder(outcome.account), bench.moment(outcome.at)
    tiers = [tier_of(bench.programme, one, moment) for one in (holder, booked(holder, outcome.postings))]
    before, after = (None if tier is None else tier.label for tier in tiers)
    return before, after


def _answer(bench: Bench, recorded: Recorded, *, repeated: bool) -> RefundAnswer:
    body = recorded.entry.body
    reasons = tuple(Reason(reason["code"], reason["numbers"]) for reason in body["reasons"])
    view = None
    if body["account"] is not None:
        at = datetime.fromisoformat(body["refunded_at"])
        view = bench.view(bench.holder(body["account"]), at, card=body["card"])
    credited = body.get("credited", 0)
    return RefundAnswer(
        entry=EntryRef.of(recorded),
        currency=body["currency"],
        money=body["money"] - credited,
        credited=credited,
        reasons=reasons,
        member=view,
        vouchers=papers(bench, recorded.entry.postings),
        repeated=repeated,
        provisional=body.get("provisional", False),
    )
