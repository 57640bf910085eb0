"""Who is it: reading cards, looking members up."""

from __future__ import annotations

from agent.counter.answers import MemberView
from agent.counter.bench import Bench, new_name
from agent.errors import NotAllowedError, UnknownError
from agent.ledger import members
from agent.ledger.kept.profiles.finding import Found, by_email, by_name, by_phone
from agent.ledger.members import CardHolder
from agent.ledger.records import Draft
from agent.loyalty.cards import Source


def identify_card(bench: Bench, number: str, source: Source, *, by: str, tap: int | None = None) -> MemberView:
    """Return whose card it is.

    A card in the programme's ranges that this till has never seen gets a provisional account at once: it earns, and
    headquarters finds out later whose it is. Raises UnknownError for a card outside the ranges, NotAllowedError for a
    `tap` that is not above the last one of this card here; one that is above is remembered.
    """
    if tap is not None:
        _check_tap(bench, number, source, tap)
    found = members.card_holder(bench.ledger, number, source)
    if found is None:
        found = _open_card(bench, number, source, by=by, tap=tap)
    elif tap is not None:
        bench.ledger.remember(members.tapped(found.card, tap))
    return bench.view(bench.holder(found.account), bench.when(None), card=found.card)


def _check_tap(bench: Bench, number: str, source: Source, tap: int) -> None:
    last = members.last_tap(bench.ledger, number, source)
    if last is not None and tap <= last:
        raise NotAllowedError(
            f"tap {tap} of this card is not above {last}, the last one here", hint="tap the card itself again"
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
            hint="ask for the loyalty card",
        )


def find_by_phone(bench: Bench, phone: str) -> list[MemberView]:
    """Return the members with this phone number."""
    return [_seen(bench, found) for found in by_phone(bench.ledger, phone)]


def find_by_email(bench: Bench, email: str) -> list[MemberView]:
    """Return the members with this e-mail address."""
    return [_seen(bench, found) for found in by_email(bench.ledger, email)]


def find_by_name(bench: Bench, name: str) -> list[MemberView]:
    """Return the members whose name has all these words, or nearly; the nearest first."""
    return [_seen(bench, found) for found in by_name(bench.ledger, name)]


def member(bench: Bench, account: str) -> MemberView:
    """Return a member by account; raises UnknownError."""
    return _seen(bench, Found(account, None))


def _seen(bench: Bench, found: Found) -> MemberView:
    return bench.view(bench.holder(found.account), bench.when(None), card=found.card)
