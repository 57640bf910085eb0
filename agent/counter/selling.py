"""Selling: preview, sale, redemption."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent.counter.answers import EntryRef, MemberView, RedemptionAnswer, SaleAnswer
from agent.counter.asks import RedeemAsk, SaleAsk, line_map
from agent.counter.bench import Bench
from agent.counter.slip_facts import slip_facts
from agent.errors import NotAllowedError, UnknownError
from agent.ledger.records import Draft, Recorded
from agent.loyalty import spend
from agent.loyalty.evaluate import evaluate
from agent.loyalty.sale import Effect, Holder, Judgement, Lot, Reason, Redeemed, Sale

_PREVIEW_LOT = "preview"


def preview(bench: Bench, ask: SaleAsk) -> SaleAnswer:
    """Judge a sale without recording it."""
    holder, sale, at = _prepare(bench, ask)
    judgement = evaluate(bench.programme, holder, sale, bench.moment(at), lot=_PREVIEW_LOT)
    due = sale.total - sale.value_redeemed
    view = _view_after(bench, ask, holder=holder, judgement=judgement, at=at, due=due)
    return SaleAnswer(None, bench.programme.currency, sale.total, due, judgement.effects, view, repeated=False)


def sell(bench: Bench, ask: SaleAsk, *, by: str) -> SaleAnswer:
    """Judge a sale and record it with its slip, in one durable commit."""
    digest = ask.digest()
    before = bench.repeated(ask.op, "sale", digest, account=ask.account)
    if before is not None:
        return _recorded_answer(bench, before)
    holder, sale, at = _prepare(bench, ask)
    entry_id = bench.ledger.clock.new_id()
    judgement = evaluate(bench.programme, holder, sale, bench.moment(at), lot=entry_id)
    due = sale.total - sale.value_redeemed
    view = _view_after(bench, ask, holder=holder, judgement=judgement, at=at, due=None)
    slip = slip_facts(
        "sale",
        op=ask.op,
        at=at.isoformat(timespec="minutes"),
        till=bench.ledger.till,
        programme=bench.programme,
        total=due,
        reasons=[effect.reason for effect in judgement.effects],
        member=view,
    )
    draft = Draft(
        id=entry_id,
        op=ask.op,
        ask=digest,
        kind="sale",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body=_body(bench, ask, holder=holder, sale=sale, judgement=judgement, at=at),
        programme=bench.programme.version,
        postings=judgement.postings,
        slip=slip,
    )
    recorded = bench.ledger.append(draft)
    currency = bench.programme.currency
    return SaleAnswer(EntryRef.of(recorded), currency, sale.total, due, judgement.effects, view, repeated=False)


def _prepare(bench: Bench, ask: SaleAsk) -> tuple[Holder | None, Sale, datetime]:
    bench.check_card(ask.card, ask.account)
    holder = None if ask.account is None else bench.holder(ask.account)
    redeemed = tuple(_redeemed(bench, op, holder) for op in ask.redemptions)
    return holder, Sale(ask.lines, redeemed), bench.when(ask.sold_at)


def _redeemed(bench: Bench, op: str, holder: Holder | None) -> Redeemed:
    """Return a redemption that waits for its sale; raises NotAllowedError if it is used up or somebody else's."""
    recorded = unsettled_redemption(bench, op)
    body = recorded.entry.body
    if holder is None or bench.ledger.resolve(body["account"]) != holder.account:
        raise NotAllowedError(f"redemption {op!r} belongs to account {body['account']!r}")
    return Redeemed(op, body["reward"], body["unit"], body["units"], body["value"], body["free"])


def unsettled_redemption(bench: Bench, op: str) -> Recorded:
    """Return a redemption that no sale has used and nobody has given back; raises UnknownError or NotAllowedError."""
    recorded = bench.ledger.find(op)
    if recorded is None or recorded.entry.kind != "redemption":
        raise UnknownError(f"no redemption {op[:80]!r} on this till")
    with bench.ledger.reading() as conn:
        settled = conn.execute("SELECT settled_n FROM redemption WHERE op = ?", (op,)).fetchone()
    if settled is not None:
        raise NotAllowedError(f"redemption {op!r} was used or given back already")
    return recorded


def _body(
    bench: Bench, ask: SaleAsk, *, holder: Holder | None, sale: Sale, judgement: Judgement, at: datetime
) -> dict[str, object]:
    return {
        "account": holder.account if holder else None,
        "card": ask.card,
        "currency": bench.programme.currency,
        "due": sale.total - sale.value_redeemed,
        "effects": [effect.to_map() for effect in judgement.effects],
        "lines": [line_map(line) for line in ask.lines],
        "redemptions": list(ask.redemptions),
        "sold_at": at.isoformat(),
        "tier": judgement.tier_before,
        "total": sale.total,
    }


def _view_after(
    bench: Bench, ask: SaleAsk, *, holder: Holder | None, judgement: Judgement, at: datetime, due: int | None
) -> MemberView | None:
    """Return the member as he will be; what he may have now counts what he holds before the sale."""
    if holder is None:
        return None
    after = bench.view(_with_effects(holder, judgement.effects), at, card=ask.card)
    if due is None:
        return after
    now = bench.view(holder, at, card=ask.card, due=due, lines=ask.lines)
    return replace(after, offers=now.offers)


def _with_effects(holder: Holder, effects: tuple[Effect, ...]) -> Holder:
    lots = {unit: list(held) for unit, held in holder.lots.items()}
    for effect in effects:
        if effect.amount:
            lots.setdefault(effect.unit, []).append(Lot(effect.lot, effect.amount))
    return Holder(holder.account, holder.status, {unit: tuple(held) for unit, held in lots.items()})


def _recorded_answer(bench: Bench, recorded: Recorded) -> SaleAnswer:
    body = recorded.entry.body
    effects = tuple(Effect.from_map(effect) for effect in body["effects"])
    view = None
    if body["account"] is not None:
        view = bench.view(bench.holder(body["account"]), datetime.fromisoformat(body["sold_at"]), card=body["card"])
    return SaleAnswer(EntryRef.of(recorded), body["currency"], body["total"], body["due"], effects, view, repeated=True)


def redeem(bench: Bench, ask: RedeemAsk, *, by: str) -> RedemptionAnswer:
    """Take units from the member's lots for a reward; a sale names the redemption and is so much cheaper."""
    digest = ask.digest()
    before = bench.repeated(ask.op, "redemption", digest, account=ask.account)
    at = bench.when(None)
    if before is None:
        bench.check_card(ask.card, ask.account)
        holder = bench.holder(ask.account)
        taken = spend.redeem(bench.programme, holder, ask.reward, units=ask.units, value=ask.value)
        recorded = bench.ledger.append(
            _redemption_draft(bench, ask, digest=digest, holder=holder, taken=taken, at=at, by=by)
        )
    else:
        recorded = before
    body = recorded.entry.body
    view = bench.view(bench.holder(body["account"]), at, card=ask.card)
    return RedemptionAnswer(
        EntryRef.of(recorded),
        body["reward"],
        body["label"],
        body["unit"],
        body["units"],
        body["value"],
        view,
        repeated=before is not None,
    )


def _redemption_draft(
    bench: Bench, ask: RedeemAsk, *, digest: bytes, holder: Holder, taken: spend.Redemption, at: datetime, by: str
) -> Draft:
    code = "reward_free" if taken.free else "redeemed"
    numbers: dict[str, int | str] = {
        "label": taken.label,
        "units": taken.units,
        "unit": taken.unit,
        "value": taken.value,
    }
    return Draft(
        id=bench.ledger.clock.new_id(),
        op=ask.op,
        ask=digest,
        kind="redemption",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={
            "account": holder.account,
            "card": ask.card,
            "free": taken.free,
            "label": taken.label,
            "reward": taken.reward,
            "unit": taken.unit,
            "units": taken.units,
            "value": taken.value,
        },
        programme=bench.programme.version,
        postings=taken.postings,
        slip=slip_facts(
            "redemption",
            op=ask.op,
            at=at.isoformat(timespec="minutes"),
            till=bench.ledger.till,
            programme=bench.programme,
            total=None,
            reasons=[Reason(code, numbers)],
            member=bench.view(_without(holder, taken), at, card=ask.card),
        ),
    )


def _without(holder: Holder, taken: spend.Redemption) -> Holder:
    lots = dict(holder.lots)
    lots[taken.unit] = (*lots[taken.unit], Lot("", -taken.units))
    return Holder(holder.account, holder.status, lots)
