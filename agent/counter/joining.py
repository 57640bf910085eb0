"""Who is it: reading cards, looking members up, enrolling them."""

from __future__ import annotations

import hashlib
import hmac

from agent.counter.answers import EnrolAnswer, EntryRef, MemberView
from agent.counter.asks import EnrolAsk
from agent.counter.bench import Bench, new_name
from agent.counter.slip_facts import slip_facts
from agent.errors import NotAllowedError, OpConflictError, UnknownError
from agent.ledger import members
from agent.ledger.members import CardHolder
from agent.ledger.records import Draft, Recorded
from agent.loyalty.cards import Source
from agent.loyalty.sale import Holder, Status

_DIGEST_BYTES = 16


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
    _check_ranges(bench, number, source)
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


def _check_ranges(bench: Bench, number: str, source: Source) -> None:
    if not bench.programme.covers(number, source):
        raise UnknownError(
            f"a card of {len(number)} characters ending in {number[-4:]!r} is not one of {bench.programme.name!r}",
            hint="ask for the loyalty card",
        )


def find_by_phone(bench: Bench, phone: str) -> list[MemberView]:
    """Return the members with this phone number."""
    return [_seen(bench, account) for account in members.accounts_by_phone(bench.ledger, phone)]


def find_by_name(bench: Bench, name: str) -> list[MemberView]:
    """Return the members whose name has all these words."""
    return [_seen(bench, account) for account in members.accounts_by_name(bench.ledger, name)]


def member(bench: Bench, account: str) -> MemberView:
    """Return a member by account; raises UnknownError."""
    return _seen(bench, account)


def _seen(bench: Bench, account: str) -> MemberView:
    return bench.view(bench.holder(account), bench.when(None), card=None)


def enrol(bench: Bench, ask: EnrolAsk, source: Source, *, by: str) -> EnrolAnswer:
    """Make a member, on the account his card has begun with if there is one.

    Raises UnknownError for a card outside the ranges or an account that is not there, and NotAllowedError when the card
    or account belongs to a member, or when a member with this name and phone exists.
    """
    before = bench.ledger.find(ask.op)
    if before is not None:
        return _answer(bench, _same_enrolment(bench, ask, before), repeated=True)
    held = _begun(bench, ask, source)
    _check_new(bench, ask, held)
    account = held.account if held else new_name()
    card = held.card if held else (new_name() if ask.card is not None else None)
    keys = bench.ledger.keys
    profiles = [keys.seal(ask.profile(), subject=account, account=account)]
    if held is None and card is not None:
        profiles.append(keys.seal({"number": ask.card, "source": str(source)}, subject=card, account=account))
    at = bench.when(None)
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=ask.op,
        ask=_keyed_digest(ask, keys.get_or_make(account)),
        kind="enrolment",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={"account": account, "card": card, "opens": held is None},
        programme=bench.programme.version,
        profiles=tuple(profiles),
        slip=slip_facts(
            "enrolment",
            op=ask.op,
            at=at.isoformat(timespec="minutes"),
            till=bench.ledger.till,
            programme=bench.programme,
            total=None,
            reasons=(),
            member=bench.view(bench.holder(account), at, card=card) if held else _blank(bench, account, card),
        ),
    )
    return _answer(bench, bench.ledger.append(draft), repeated=False)


def _begun(bench: Bench, ask: EnrolAsk, source: Source) -> CardHolder | None:
    """Return the card and account the new member has begun with, or None."""
    if ask.account is not None:
        account = bench.holder(ask.account).account
        with bench.ledger.reading() as conn:
            row = conn.execute("SELECT id FROM card WHERE account = ? ORDER BY id", (account,)).fetchone()
        if row is None:
            raise NotAllowedError(f"account {account!r} has no card, so it belongs to a member already")
        return CardHolder(row[0], account)
    if ask.card is None:
        return None
    held = members.card_holder(bench.ledger, ask.card, source)
    if held is None:
        _check_ranges(bench, ask.card, source)
    return held


def _blank(bench: Bench, account: str, card: str | None) -> MemberView:
    return bench.view(Holder(account, Status.REGULAR), bench.when(None), card=card)


def _check_new(bench: Bench, ask: EnrolAsk, held: CardHolder | None) -> None:
    if held is not None and bench.holder(held.account).status is not Status.PROVISIONAL:
        raise NotAllowedError(
            f"the card belongs to member {held.account!r} already", hint="greet the member, or take a new card"
        )
    if ask.name and ask.phone:
        same = set(members.accounts_by_phone(bench.ledger, ask.phone))
        same &= set(members.accounts_by_name(bench.ledger, ask.name))
        if same:
            raise NotAllowedError(
                f"account {min(same)!r} has this name and phone number already", hint="look the member up by phone"
            )


def _same_enrolment(bench: Bench, ask: EnrolAsk, recorded: Recorded) -> Recorded:
    account = recorded.entry.body.get("account")
    key = bench.ledger.keys.get(account) if isinstance(account, str) else None
    digest = None if key is None else _keyed_digest(ask, key)
    if recorded.entry.kind != "enrolment" or recorded.ask != digest:
        raise OpConflictError(f"op {ask.op!r} was used for another {recorded.entry.kind}")
    return recorded


def _keyed_digest(ask: EnrolAsk, key: bytes) -> bytes:
    """Digest an enrolment under the member's own key: without it nobody can test a guess, and erasing it ends it."""
    return hmac.digest(key, ask.content(), hashlib.sha256)[:_DIGEST_BYTES]


def _answer(bench: Bench, recorded: Recorded, *, repeated: bool) -> EnrolAnswer:
    account, card = recorded.entry.body["account"], recorded.entry.body["card"]
    view = bench.view(bench.holder(account), bench.when(None), card=card)
    return EnrolAnswer(EntryRef.of(recorded), account, card, view, repeated)
