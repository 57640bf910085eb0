"""Acting: what a member did besides buying - a review, a survey, a profile completed."""

from __future__ import annotations

from agent.counter.answers import ActionAnswer, EntryRef
from agent.counter.asks import ActionAsk
from agent.counter.bench import Bench, with_effects
from agent.ledger.records import Draft, Recorded
from agent.loyalty.judging.evaluate import reward_action
from agent.loyalty.sale import Effect


def act(bench: Bench, ask: ActionAsk, *, by: str) -> ActionAnswer:
    """Record what a member did, and what the programme gives for it; an action that earns nothing is recorded too."""
    digest = ask.digest()
    before = bench.repeated(ask.op, "action", digest, account=ask.account)
    if before is not None:
        return _answer(bench, before, repeated=True)
    holder, at, entry_id = bench.holder(ask.account), bench.when(None), bench.ledger.clock.new_id()
    judgement = reward_action(bench.programme, holder, ask.action, bench.moment(at), lot=entry_id)
    draft = Draft(
        id=entry_id,
        op=ask.op,
        ask=digest,
        kind="action",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={
            "account": holder.account,
            "action": str(ask.action),
            "effects": [effect.to_map() for effect in judgement.effects],
        },
        programme=bench.programme.version,
        postings=judgement.postings,
    )
    recorded = bench.ledger.append(draft)
    view = bench.view(with_effects(holder, judgement.effects), at, card=None)
    return ActionAnswer(EntryRef.of(recorded), judgement.effects, judgement.missed, view, repeated=False)


def _answer(bench: Bench, recorded: Recorded, *, repeated: bool) -> ActionAnswer:
    body = recorded.entry.body
    effects = tuple(Effect.from_map(effect) for effect in body["effects"])
    view = bench.view(bench.holder(body["account"]), bench.when(None), card=None)
    return ActionAnswer(EntryRef.of(recorded), effects, (), view, repeated)
