"""Redeeming: units for a reward, money for goods; and the redemptions that wait for their sale."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent.counter.answers import EntryRef, RedemptionAnswer
from agent.counter.asks import RedeemAsk
from agent.counter.bench import Bench
from agent.counter.slip_facts import slip_facts
from agent.counter.spending.apart import check_not_forked
from agent.counter.spending.between import Leave, policy_of
from agent.counter.spending.vouchers import VOUCHER_SPENT, papers
from agent.errors import NotAllowedError, Said, UnknownError
from agent.ledger.records import Draft, Recorded
from agent.loyalty.sale import Holder, Lot, Moment, Reason, Redeemed
from agent.loyalty.spending import redeeming, vouchers
from agent.loyalty.spending.catalogue import handed_out
from agent.loyalty.spending.redeeming import Redemption

_KINDS = ("redemption", VOUCHER_SPENT)


def redeem(bench: Bench, ask: RedeemAsk, leave: Leave, proof: str | None, *, by: str) -> RedemptionAnswer:
    """Take units from the member's lots for a reward; a sale names the redemption and is so much cheaper.

    `leave` is what headquarters said of them, if it had to be asked; `proof` is what shows that it is the member.
    """
    digest = ask.digest()
    before = bench.repeated(ask.op, "redemption", digest, account=ask.account)
    at = bench.when(None)
    if before is None:
        check_not_forked(bench)
        bench.check_card(ask.card, ask.account)
        bench.check_spends(ask.card)
        holder = bench.holder(ask.account)
        taken = _taken(bench, ask, leave, holder, bench.moment(at))
        draft = _redemption_draft(bench, ask, digest=digest, holder=holder, taken=taken, at=at, by=by)
        spend = {"ground": str(leave.ground), "policy": policy_of(bench, taken.unit)}
        recorded = bench.ledger.append(replace(draft, body={**draft.body, "proof": proof, "spend": spend}))
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
        papers(bench, recorded.entry.postings),
        repeated=before is not None,
        ground=body.get("spend", {}).get("ground"),
    )


def _taken(bench: Bench, ask: RedeemAsk, leave: Leave, holder: Holder, moment: Moment) -> Redemption:
    """Work out a redemption, first on all there is: then it is known what is missing, units or leave to spend them."""

    def redeem_of(member: Holder) -> Redemption:
        return redeeming.redeem(
            bench.programme,
            member,
            moment,
            ask.reward,
            units=ask.units,
            value=ask.value,
            given=bench.given(),
            anywhere=leave.asked is not None,
        )

    whole = redeem_of(holder)
    return redeem_of(leave.part_of(bench, holder, moment, whole.units))


def _redemption_draft(
    bench: Bench, ask: RedeemAsk, *, digest: bytes, holder: Holder, taken: Redemption, at: datetime, by: str
) -> Draft:
    code = "reward_free" if taken.free else "redeemed" if taken.value else "redeemed_gift"
    numbers: dict[str, int | str] = {
        "label": taken.label,
        "units": taken.units,
        "unit": taken.unit,
        "value": taken.value,
    }
    entry_id, postings = bench.ledger.clock.new_id(), taken.postings
    if taken.voucher is not None:
        kind = next(kind for kind in bench.programme.vouchers if kind.id == taken.voucher)
        postings += vouchers.issue(kind, bench.moment(at), lot=entry_id)
    if any(known.id == taken.reward and known.stock is not None for known in bench.programme.rewards):
        postings += handed_out(taken.reward, bench.ledger.till)
    return Draft(
        id=entry_id,
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
            "voucher": taken.voucher,
        },
        programme=bench.programme.version,
        postings=postings,
        slip=slip_facts(
            "redemption",
            op=ask.op,
            at=at.isoformat(timespec="minutes"),
            till=bench.ledger.till,
            programme=bench.programme,
            total=None,
            reasons=[Reason(code, numbers)],
            member=bench.view(_without(holder, taken), at, card=ask.card),
            vouchers=papers(bench, postings),
        ),
    )


def _without(holder: Holder, taken: Redemption) -> Holder:
    lots = dict(holder.lots)
    lots[taken.unit] = (*lots[taken.unit], Lot("", -taken.units))
    return Holder(holder.account, holder.status, lots)


def waiting_redemption(bench: Bench, op: str, holder: Holder | None) -> Redeemed:
    """Return a redemption that waits for its sale; raises NotAllowedError if it is used up or somebody else's."""
    recorded = unsettled_redemption(bench, op)
    body = recorded.entry.body
    money = bench.programme.money_unit(body["unit"])
    bearer = money is not None or recorded.entry.kind == VOUCHER_SPENT  # whoever has the card or the voucher may pay
    if not bearer and (holder is None or bench.ledger.resolve(body["account"]) != holder.account):
        raise NotAllowedError(f"redemption {op!r} belongs to account {body['account']!r}", said=Said("reward_other"))
    if not body["value"]:
        raise NotAllowedError(
            f"redemption {op!r} gave something, and pays no part of a sale", said=Said("reward_apart")
        )
    earns = money is not None and money.earns
    return Redeemed(op, body["reward"], body["unit"], body["units"], body["value"], body["free"], earns)


def unsettled_redemption(bench: Bench, op: str) -> Recorded:
    """Return a redemption that no sale has used and nobody has given back; raises UnknownError or NotAllowedError."""
    recorded = bench.ledger.find(op)
    if recorded is None or recorded.entry.kind not in _KINDS:
        raise UnknownError(f"no redemption {op[:80]!r} on this till", said=Said("reward_not_taken"))
    with bench.ledger.reading() as conn:
        settled = conn.execute("SELECT settled_n FROM redemption WHERE op = ?", (op,)).fetchone()
    if settled is not None:
        raise NotAllowedError(f"redemption {op!r} was used or given back already", said=Said("reward_used"))
    if recorded.entry.body.get("voucher") is not None:
        raise NotAllowedError(
            f"redemption {op!r} gave a voucher, which is spent by its code", said=Said("reward_apart")
        )
    return recorded
