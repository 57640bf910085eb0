"""Selling: preview and sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from agent.counter.answers import EntryRef, MemberView, SaleAnswer, VoucherView
from agent.counter.asks import SaleAsk, line_map
from agent.counter.bench import Bench, with_effects
from agent.counter.drawing import drawing, undrawn
from agent.counter.giving_back.slip_codes import returns_of
from agent.counter.slip_facts import slip_facts
from agent.counter.spending.redeeming import waiting_redemption
from agent.counter.spending.vouchers import papers
from agent.ledger.records import Draft, Recorded
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.judging.games import may_play
from agent.loyalty.programme import Programme
from agent.loyalty.sale import Discount, Effect, Holder, Judgement, Line, Reason, Sale
from agent.loyalty.spending.credit import check_loads
from agent.loyalty.spending.discounts import as_paid
from agent.loyalty.spending.redeeming import check_on

_PREVIEW_LOT = "preview"


def preview(bench: Bench, ask: SaleAsk) -> SaleAnswer:
    """Judge a sale without recording it."""
    holder, sale, at = _prepare(bench, ask)
    draws = undrawn(bench)
    judgement = evaluate(bench.programme, holder, sale, bench.moment(at), lot=_PREVIEW_LOT, draws=draws)
    due = _due(bench.programme, sale, judgement)
    view = _view_after(bench, ask, holder=holder, judgement=judgement, at=at, due=due, lines=sale.lines)
    return SaleAnswer(
        None,
        bench.programme.currency,
        sale.total,
        due,
        judgement.discounts,
        judgement.effects,
        judgement.missed,
        view,
        (),
        repeated=False,
    )


def sell(bench: Bench, ask: SaleAsk, *, by: str, noted_at: str | None = None) -> SaleAnswer:
    """Judge a sale and record it with its slip, in one durable commit.

    `noted_at` is when it was kept aside (the shop's local time), if it was: it counts unless `sold_at` was stated.
    """
    digest = ask.digest()
    before = bench.repeated(ask.op, "sale", digest, account=ask.account)
    if before is not None:
        return recorded_answer(bench, before)
    made = judged(bench, ask, digest, by=by, noted_at=noted_at)
    return answered(bench, made, bench.ledger.append(made.draft))


@dataclass(frozen=True, slots=True)
class Made:
    """A sale judged and ready to be recorded."""

    draft: Draft
    sale: Sale
    due: int
    judgement: Judgement
    view: MemberView | None
    vouchers: tuple[VoucherView, ...]


def judged(
    bench: Bench,
    ask: SaleAsk,
    digest: bytes,
    *,
    by: str,
    noted_at: str | None = None,
    said: Mapping[str, object] = MappingProxyType({}),
) -> Made:
    """Judge a sale that is about to be recorded; `said` stands in its entry, too."""
    holder, sale, at = _prepare(bench, ask, noted_at)
    entry_id = bench.ledger.clock.new_id()
    moment, draws = bench.moment(at), undrawn(bench)
    judgement = evaluate(bench.programme, holder, sale, moment, lot=entry_id, draws=draws)
    due = _due(bench.programme, sale, judgement)
    if draws is not None and may_play(judgement):
        drawn = drawing(bench, draws, by=by)
        judgement = evaluate(bench.programme, holder, sale, moment, lot=entry_id, draws=drawn)
    view = _view_after(bench, ask, holder=holder, judgement=judgement, at=at, due=None)
    vouchers = papers(bench, judgement.postings)
    slip = slip_facts(
        "sale",
        op=ask.op,
        at=at.isoformat(timespec="minutes"),
        till=bench.ledger.till,
        programme=bench.programme,
        total=due,
        reasons=[*(effect.reason for effect in judgement.effects), *_claimable(bench, ask, at)],
        member=view,
        vouchers=vouchers,
        returns=returns_of(bench, entry_id, due=due, effects=judgement.effects),
    )
    draft = Draft(
        id=entry_id,
        op=ask.op,
        ask=digest,
        kind="sale",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={**_body(bench, ask, holder=holder, sale=sale, judgement=judgement, due=due, at=at), **said},
        programme=bench.programme.version,
        postings=judgement.postings,
        slip=slip,
    )
    return Made(draft, sale, due, judgement, view, vouchers)


def _claimable(bench: Bench, ask: SaleAsk, at: datetime) -> tuple[Reason, ...]:
    """Return until when a sale that is nobody's may be claimed, for its slip."""
    days = bench.programme.without_card.claim_days
    if ask.account is not None or ask.redemptions or not days:
        return ()
    return (Reason("claim_later", {"until": (at.date() + timedelta(days)).isoformat()}),)


def answered(bench: Bench, made: Made, recorded: Recorded) -> SaleAnswer:
    """Return the answer to a sale that was just recorded."""
    bench.shelf.sold(made.sale.lines)
    return SaleAnswer(
        EntryRef.of(recorded),
        bench.programme.currency,
        made.sale.total,
        made.due,
        made.judgement.discounts,
        made.judgement.effects,
        made.judgement.missed,
        made.view,
        made.vouchers,
        repeated=False,
    )


def _due(programme: Programme, sale: Sale, judgement: Judgement) -> int:
    """Return what is left to pay; raises NotAllowedError when redemptions are worth more than the sale allows."""
    lines = as_paid(sale.lines, judgement.discounts)
    check_on(programme, sale.redeemed, lines)
    return sale.total - sum([discount.amount for discount in judgement.discounts]) - sale.value_redeemed


def _prepare(bench: Bench, ask: SaleAsk, noted_at: str | None = None) -> tuple[Holder | None, Sale, datetime]:
    bench.check_card(ask.card, ask.account)
    if ask.redemptions:
        bench.check_spends(ask.card)
    holder = None if ask.account is None else bench.holder(ask.account)
    redeemed = tuple(waiting_redemption(bench, op, holder) for op in ask.redemptions)
    at = bench.when(ask.sold_at or noted_at)
    lines = bench.shelf.filled(ask.lines, at.date().isoformat())
    check_loads(bench.programme, holder, lines)
    return holder, Sale(lines, redeemed, ask.tenders), at


def _body(
    bench: Bench, ask: SaleAsk, *, holder: Holder | None, sale: Sale, judgement: Judgement, due: int, at: datetime
) -> dict[str, object]:
    return {
        "account": holder.account if holder else None,
        "card": ask.card,
        "currency": bench.programme.currency,
        "discounts": [discount.to_map() for discount in judgement.discounts],
        "due": due,
        "effects": [effect.to_map() for effect in judgement.effects],
        "lines": [line_map(line) for line in sale.lines],
        "redemptions": list(ask.redemptions),
        "sold_at": at.isoformat(),
        "tenders": dict(sale.tenders),
        "tier": judgement.tier_before,
        "total": sale.total,
    }


def _view_after(
    bench: Bench,
    ask: SaleAsk,
    *,
    holder: Holder | None,
    judgement: Judgement,
    at: datetime,
    due: int | None,
    lines: tuple[Line, ...] = (),
) -> MemberView | None:
    """Return the member as he will be; what he may have now counts what he holds before the sale."""
    if holder is None:
        return None
    after = bench.view(with_effects(holder, judgement.effects), at, card=ask.card)
    if due is None:
        return after
    now = bench.view(holder, at, card=ask.card, due=due, lines=as_paid(lines, judgement.discounts))
    return replace(after, offers=now.offers)


def recorded_answer(bench: Bench, recorded: Recorded) -> SaleAnswer:
    """Return the answer to a sale that was recorded before."""
    body = recorded.entry.body
    effects = tuple(Effect.from_map(effect) for effect in body["effects"])
    discounts = tuple(Discount.from_map(discount) for discount in body.get("discounts", ()))
    view = None
    if body["account"] is not None:
        view = bench.view(bench.holder(body["account"]), datetime.fromisoformat(body["sold_at"]), card=body["card"])
    return SaleAnswer(
        EntryRef.of(recorded),
        body["currency"],
        body["total"],
        body["due"],
        discounts,
        effects,
        (),
        view,
        papers(bench, recorded.entry.postings),
        repeated=True,
    )
