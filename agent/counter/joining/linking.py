"""Linking: a further card, or a person without one, on a member's account: a household."""

from __future__ import annotations

from agent.counter.answers import EntryRef, LinkAnswer
from agent.counter.asks import LinkAsk
from agent.counter.bench import Bench, keyed_digest, new_name
from agent.counter.joining.identifying import check_ranges
from agent.errors import NotAllowedError, OpConflictError, Said
from agent.ledger import members
from agent.ledger.records import Draft, Recorded
from agent.loyalty.cards import Source
from agent.loyalty.sale import Status


def link(bench: Bench, ask: LinkAsk, source: Source, *, by: str) -> LinkAnswer:
    """Link a card to a member's account.

    Raises UnknownError for a card outside the ranges or an account that is not there, and NotAllowedError when the
    account is no member's, or when the card is somebody's or has earned on its own: a household's card begins empty.
    """
    before = bench.ledger.find(ask.op)
    if before is not None:
        return _answer(bench, _same_link(bench, ask, before), repeated=True)
    bench.ledger.require_room()
    holder = bench.holder(ask.account)
    if holder.status is not Status.REGULAR:
        raise NotAllowedError(
            f"account {holder.account!r} is {holder.status}", said=Said("not_joined"), hint="enrol the member first"
        )
    if ask.card is not None:
        check_free(bench, ask.card, source)
    card, keys = new_name(), bench.ledger.keys
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=ask.op,
        ask=keyed_digest(ask.content(), keys.get_or_make(holder.account)),
        kind="card_linked",
        day=bench.when(None).date().isoformat(),
        by=by,
        staff=ask.staff,
        body={"account": holder.account, "card": card, "role": ask.role},
        programme=bench.programme.version,
        profiles=(keys.seal(ask.profile(str(source)), subject=card, account=holder.account),),
    )
    return _answer(bench, bench.ledger.append(draft), repeated=False)


def check_free(bench: Bench, number: str, source: Source) -> None:
    """Refuse a card that is a member's, or one whose own account has something in it.

    A card that was only read has begun an empty account; headquarters sees one number on both and joins them.
    """
    held = members.card_holder(bench.ledger, number, source)
    if held is None:
        check_ranges(bench, number, source)
        return
    begun = bench.holder(held.account)
    if begun.status is not Status.PROVISIONAL or begun.lots:
        what = "has earned on its own" if begun.status is Status.PROVISIONAL else "belongs to a member"
        raise NotAllowedError(
            f"the card {what} (account {begun.account!r})", said=Said("card_taken"), hint="take a new card"
        )


def _same_link(bench: Bench, ask: LinkAsk, recorded: Recorded) -> Recorded:
    entry = recorded.entry
    same = entry.kind == "card_linked"
    if same:
        key = bench.ledger.keys.get(entry.body["account"])
        same = key is not None and recorded.ask == keyed_digest(ask.content(), key)
        same = same and bench.ledger.resolve(ask.account) == bench.ledger.resolve(entry.body["account"])
    if not same:
        raise OpConflictError(f"op {ask.op!r} was used for another {entry.kind}")
    return recorded


def _answer(bench: Bench, recorded: Recorded, *, repeated: bool) -> LinkAnswer:
    body = recorded.entry.body
    account = bench.ledger.resolve(body["account"])
    view = bench.view(bench.holder(account), bench.when(None), card=body["card"])
    return LinkAnswer(EntryRef.of(recorded), account, body["card"], body["role"], view, repeated)
