"""Who is it: reading cards."""

from __future__ import annotations

from agent.counter.answers import MemberView
from agent.counter.bench import Bench, new_name
from agent.counter.finding.proving import with_proofs
from agent.errors import BlockedCardError, NotAllowedError, Said, UnknownError
from agent.journal.fold import BLOCKED
from agent.ledger import members
from agent.ledger.members import CardHolder
from agent.ledger.records import Draft
from agent.loyalty.cards import Source


def identify_card(bench: Bench, number: str, source: Source, *, by: str, tap: int | None = None) -> MemberView:
    """Return whose card it is.

    A card in the programme's ranges that this till has never seen gets a provisional account at once: it earns, and
    headquarters finds out later whose it is. Raises UnknownError for a card outside the ranges, BlockedCardError, and
    NotAllowedError for a `tap` that is not above the last one of this card here; one that is above is remembered.
    """
    if tap is not None:
        _check_tap(bench, number, source, tap)
    found = members.card_holder(bench.ledger, number, source)
    if found is None:
        found = _open_card(bench, number, source, by=by, tap=tap)
    elif members.card_role(bench.ledger, found.card) == BLOCKED:
        raise BlockedCardError("this card is blocked")
    elif tap is not None:
        bench.ledger.remember(members.tapped(found.card, tap))
    bench.shown.note(found.card, bench.now_ms())
    return bench.view(bench.holder(found.account), bench.when(None), card=found.card)


def _check_tap(bench: Bench, number: str, source: Source, tap: int) -> None:
    last = members.last_tap(bench.ledger, number, source)
    if last is not None and tap <= last:
        raise NotAllowedError(
            f"tap {tap} of this card is not above {last}, the last one here",
            said=Said("card_tapped"),
            hint="tap the card itself again",
        )


def _open_card(bench: Bench, number: str, source: Source, *, by: str, tap: int | None) -> CardHolder:
    check_ranges(bench, number, source)
    bench.ledger.require_room()
    account, card = new_name(), new_name()
    profile = bench.ledger.keys.seal({"number": number, "source": str(source)}, subject=card, account=account)
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=f"card:{card}",
        ask=b"",
        kind="card_opened",
        day=bench.when(None).date().isoformat(),
        by=by,
        body={"account": account, "card": card},
        programme=bench.programme.version,
        profiles=(profile,),
        state={} if tap is None else members.tapped(card, tap),
    )
    bench.ledger.append(draft)
    return CardHolder(card, account)


def check_ranges(bench: Bench, number: str, source: Source) -> None:
    """Raise UnknownError for a card outside the programme's ranges."""
    if not bench.programme.covers(number, source):
        raise UnknownError(
            f"a card of {len(number)} characters ending in {number[-4:]!r} is not one of {bench.programme.name!r}",
            said=Said("card_foreign"),
            hint="ask for the loyalty card",
        )


def member(bench: Bench, account: str, card: str | None) -> MemberView:
    """Return a member by account, and the card he shows; raises UnknownError, or InvalidError for another's card."""
    bench.check_card(card, account)
    return with_proofs(bench, bench.view(bench.holder(account), bench.when(None), card=card))


def number_of(bench: Bench, card: str) -> tuple[str, Source]:
    """Return the number of a card that was read here of late, by its id; raises UnknownError for any other."""
    profile = members.profile_of(bench.ledger, card) if bench.is_shown(card) else None
    if profile is None or profile.get("number") is None:
        raise UnknownError(
            "that card was not read here of late", said=Said("card_not_read"), hint="read the card again"
        )
    return profile["number"], Source(profile["source"])
