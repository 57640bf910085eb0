"""Enrolling: a new member, on the account his card has begun with if there is one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from agent.counter.answers import EnrolAnswer, EntryRef
from agent.counter.asks import EnrolAsk
from agent.counter.bench import Bench, keyed_digest, new_name, with_effects
from agent.counter.details.consenting import ConsentAsk, check_asked, consent
from agent.counter.finding.proving import with_proofs
from agent.counter.joining.identifying import check_ranges
from agent.counter.joining.referring import Referrer, referrer_of
from agent.counter.slip_facts import slip_facts
from agent.errors import BlockedCardError, NotAllowedError, OpConflictError, Said
from agent.journal.fold import BLOCKED
from agent.ledger import members
from agent.ledger.kept.profiles.finding import of_this_name
from agent.ledger.members import CardHolder
from agent.ledger.records import Draft, Recorded
from agent.loyalty.cards import Source
from agent.loyalty.judging.evaluate import postings_of, reward_action
from agent.loyalty.judging.referral import brought
from agent.loyalty.programme.rules.earning import Action
from agent.loyalty.sale import Effect, Holder, Moment, Status
from agent.slips.facts import SlipCode


def enrol(bench: Bench, ask: EnrolAsk, source: Source, *, by: str, pin: str | None = None) -> EnrolAnswer:
    """Make a member, on the account his card has begun with if there is one; `pin` is the Argon2id string of his PIN.

    What he agrees to is an entry of its own, with a slip of its own; a repetition makes it if it is not there.

    Raises UnknownError for a card outside the ranges or an account that is not there, and NotAllowedError when the card
    or account belongs to a member, when a member with this name and phone exists, or when the member who brings this
    one cannot.
    """
    before = bench.ledger.find(ask.op)
    if before is not None:
        return _answer(bench, ask, _same_enrolment(bench, ask, before), by=by, repeated=True)
    bench.ledger.require_room()
    held = _begun(bench, ask, source)
    _check_new(bench, ask, held)
    account = held.account if held else new_name()
    card = held.card if held else (new_name() if ask.card is not None else None)
    begun = bench.holder(account) if held else Holder(account, Status.PROVISIONAL)
    referrer = referrer_of(bench, ask, begun)
    at, entry_id = bench.when(None), bench.ledger.clock.new_id()
    member = replace(begun, status=Status.REGULAR)
    effects = tuple(_signed_up(bench, member, referrer, bench.moment(at), lot=entry_id))
    keys = bench.ledger.keys
    profile = ask.profile() if pin is None else {**ask.profile(), "pin": pin}
    profiles = [keys.seal(profile, subject=account, account=account)]
    claim = new_name() if ask.email is None or ask.birthday is None else None
    if held is None and card is not None:
        profiles.append(keys.seal({"number": ask.card, "source": str(source)}, subject=card, account=account))
    draft = Draft(
        id=entry_id,
        op=ask.op,
        ask=keyed_digest(ask.content(), keys.get_or_make(account)),
        kind="enrolment",
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={
            "account": account,
            "card": card,
            "claim": None if claim is None else claim_digest(claim),
            "effects": [effect.to_map() for effect in effects],
            "opens": held is None,
            "referred_by": None if referrer is None else referrer.to_map(),
        },
        programme=bench.programme.version,
        postings=tuple(postings_of(account, effects)),
        profiles=tuple(profiles),
        slip=slip_facts(
            "enrolment",
            op=ask.op,
            at=at.isoformat(timespec="minutes"),
            till=bench.ledger.till,
            programme=bench.programme,
            total=None,
            reasons=[effect.reason for effect in effects],
            member=bench.view(with_effects(member, effects), at, card=card),
            codes=() if claim is None else (SlipCode("code_details", claim, f"?claim={claim}"),),
        ),
    )
    if card is not None and ask.card is not None:
        bench.shown.note(card, bench.now_ms())
    return _answer(bench, ask, bench.ledger.append(draft), by=by, repeated=False)


def _signed_up(
    bench: Bench, member: Holder, referrer: Referrer | None, moment: Moment, *, lot: str
) -> Iterator[Effect]:
    """Yield what a sign-up brings by itself, and for having been brought."""
    yield from reward_action(bench.programme, member, Action.SIGN_UP, moment, lot=lot).effects
    if referrer is not None and referrer.holder is not None:
        for verdict in brought(bench.programme, member, referrer.holder, moment, lot=lot):
            if isinstance(verdict, Effect):
                yield verdict


def _begun(bench: Bench, ask: EnrolAsk, source: Source) -> CardHolder | None:
    """Return the card and account the new member has begun with, or None."""
    if ask.account is not None:
        account = bench.holder(ask.account).account
        with bench.ledger.reading() as conn:
            row = conn.execute("SELECT id FROM card WHERE account = ? ORDER BY id", (account,)).fetchone()
        if row is None:
            raise NotAllowedError(
                f"account {account!r} has no card, so it belongs to a member already", said=Said("joined_already")
            )
        return CardHolder(row[0], account)
    if ask.card is None:
        return None
    held = members.card_holder(bench.ledger, ask.card, source)
    if held is None:
        check_ranges(bench, ask.card, source)
    return held


def _check_new(bench: Bench, ask: EnrolAsk, held: CardHolder | None) -> None:
    check_asked(bench, ask.consents)
    if held is not None and members.card_role(bench.ledger, held.card) == BLOCKED:
        raise BlockedCardError("this card is blocked")
    if held is not None and bench.holder(held.account).status is not Status.PROVISIONAL:
        raise NotAllowedError(
            f"the card belongs to member {held.account!r} already",
            said=Said("card_taken"),
            hint="greet the member, or take a new card",
        )
    if ask.name and ask.phone:
        same = of_this_name(bench.ledger, ask.name, ask.phone)
        if same:
            account = min(found.account for found in same)
            raise NotAllowedError(
                f"account {account!r} has this name and phone number already",
                said=Said("member_exists"),
                hint="look the member up by phone",
            )


def _same_enrolment(bench: Bench, ask: EnrolAsk, recorded: Recorded) -> Recorded:
    account = recorded.entry.body.get("account")
    key = bench.ledger.keys.get(account) if isinstance(account, str) else None
    digest = None if key is None else keyed_digest(ask.content(), key)
    if recorded.entry.kind != "enrolment" or recorded.ask != digest:
        raise OpConflictError(f"op {ask.op!r} was used for another {recorded.entry.kind}")
    return recorded


def claim_digest(claim: str) -> str:
    """Return what the entry says of the code by which a member completes his details: the first half of its SHA-256."""
    return hashlib.sha256(claim.encode()).hexdigest()[:32]


def _answer(bench: Bench, ask: EnrolAsk, recorded: Recorded, *, by: str, repeated: bool) -> EnrolAnswer:
    account, card = recorded.entry.body["account"], recorded.entry.body["card"]
    agreed = None
    if ask.consents:
        agreed = consent(
            bench, ConsentAsk(f"consent:{recorded.entry.id}", account, ask.consents, ask.staff), by=by
        ).entry
    view = with_proofs(bench, bench.view(bench.holder(account), bench.when(None), card=card))
    effects = [Effect.from_map(effect) for effect in recorded.entry.body["effects"]]
    told = tuple(effect.reason for effect in effects if effect.reason.code != "counted")
    return EnrolAnswer(EntryRef.of(recorded), account, card, told, view, repeated, agreed)
