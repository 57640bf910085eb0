"""Explaining a sale: what every rule of the programme said to it, whether it was recorded or might be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from agent.counter import SaleAsk
from agent.errors import InvalidError, UnknownError
from agent.ledger import members
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.ledger.records import Recorded
from agent.loyalty.explaining import Explained, explain
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme import Programme, load
from agent.loyalty.sale import Effect, Holder, Judgement, Line, Moment, Redeemed, Sale, Status
from agent.upkeep.history import history
from agent.web.api.requests.form import explain as explain_body
from agent.web.api.requests.selling import PreviewBody


@dataclass(frozen=True, slots=True)
class SaleExplained:
    """A sale explained, under the programme that judged it (or would).

    `same` is False if the entries of this till do not lead to what was recorded: the till knew more then, by a word of
    headquarters that has been replaced since. What applied is as recorded; what did not is worked out with less.
    """

    programme: Programme
    rules: tuple[Explained, ...]
    same: bool = True


def explain_recorded(ledger: Ledger, op: str) -> SaleExplained:
    """Explain the sale recorded under `op`, by the version of the programme that judged it; raises UnknownError."""
    recorded = ledger.find(op)
    if recorded is None or recorded.entry.kind != "sale":
        raise UnknownError(f"no sale {op[:80]!r} on this till", hint="`tally sale list` shows the last ones")
    entry = recorded.entry
    assert entry.programme is not None
    programme = load(programmes.stored(ledger, entry.programme))
    body = entry.body
    at, shop = datetime.fromisoformat(body["sold_at"]), entry.till.partition("/")[0]
    moment = Moment(at.date().isoformat(), bool(entry.clock["confirmed"]), at.strftime("%H:%M"), shop)
    holder = _holder_before(ledger, recorded)
    lines, redeemed = tuple(Line(**line) for line in body["lines"]), _redeemed(ledger, programme, body["redemptions"])
    sale = Sale(lines, redeemed, body["tenders"])
    judged = evaluate(programme, holder, sale, moment, lot=entry.id)
    effects = tuple(Effect.from_map(effect) for effect in body["effects"])
    as_recorded = Judgement(
        effects, entry.postings, judged.tier_before, judged.tier_after, judged.missed, judged.discounts
    )
    rules = explain(programme, holder, moment, as_recorded, sale.redeemed)
    games = {game.id for game in programme.games}  # drawn with a seed that is not shown before the day is over
    return SaleExplained(programme, rules, _but(effects, games) == _but(judged.effects, games))


def explain_what_if(
    ledger: Ledger | None, programme: Programme, data: bytes, *, account: str | None, now: Moment
) -> SaleExplained:
    """Explain a sale that might be: `data` is JSON as it is sent to preview a sale, without redemptions.

    Without an account it is for a registered member who holds nothing yet. Raises InvalidError and UnknownError.
    """
    asked = _read(data)
    account = account or asked.account
    at = None if asked.sold_at is None else datetime.fromisoformat(asked.sold_at)
    if at is not None:
        now = replace(now, day=at.date().isoformat(), time=at.strftime("%H:%M"))
    holder = Holder("somebody", Status.REGULAR)
    if account is not None:
        held = None if ledger is None else members.holder(ledger, account)
        if held is None:
            raise UnknownError(f"no account ending in {account[-4:]!r} on this till")
        holder = held
    judged = evaluate(programme, holder, Sale(asked.lines, (), asked.tenders), now, lot="what-if")
    return SaleExplained(programme, explain(programme, holder, now, judged, ()))


def _holder_before(ledger: Ledger, recorded: Recorded) -> Holder | None:
    account = recorded.entry.body["account"]
    if account is None:
        return None
    return history(ledger, account, before=recorded.n).holder(Status.REGULAR)


def _redeemed(ledger: Ledger, programme: Programme, ops: list[str]) -> tuple[Redeemed, ...]:
    found = [recorded.entry.body for op in ops if (recorded := ledger.find(op)) is not None]
    bodies = zip(ops, found, strict=True)
    return tuple(
        Redeemed(op, body["reward"], body["unit"], body["units"], body["value"], body["free"], _earns(programme, body))
        for op, body in bodies
    )


def _earns(programme: Programme, body: Mapping[str, Any]) -> bool:
    money = programme.money_unit(body["unit"])
    return money is not None and money.earns


def _but(effects: tuple[Effect, ...], rules: set[str]) -> list[Effect]:
    return [effect for effect in effects if effect.rule not in rules]


def _read(data: bytes) -> SaleAsk:
    """Read a sale as the API takes it to preview: `quantity` in pieces, money in minor units."""
    try:
        return PreviewBody.model_validate_json(data).ask()
    except ValidationError as error:
        first = error.errors()[0]
        said = explain_body([{**first, "loc": ("sale", *first["loc"])}])
        hint = 'write it like {"lines": [{"article": "A-1", "quantity": 1, "amount": 250, "category": "coffee"}]}'
        raise InvalidError(f"the sale cannot be read: {said}", hint=hint) from error
