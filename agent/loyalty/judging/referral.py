"""Referral: who brought whom, and what both get for it.

That a friend was brought is a lot of his own: unit `<rule>.by`, named after the account of who brought him. So a till
that has never seen that member judges the friend's purchases all the same.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterator

from agent.errors import InvalidError, Said
from agent.loyalty.calendar import Period
from agent.loyalty.judging.case import Case
from agent.loyalty.judging.limits import unmet
from agent.loyalty.judging.points import Verdict, lot_for, lot_of
from agent.loyalty.programme.rules.people import On, Referral
from agent.loyalty.programme.units import counter_of
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Effect, Holder, Measure, Missed, Moment, Reason, Status
from agent.loyalty.spending.customer import Customer

CODE_LETTERS = 8  # of the account, 40 bits; a ninth letter checks them
_LETTERS = str.maketrans({"0": "o", "1": "i", "8": "b", "-": None, " ": None})  # what is no letter of an account


def code_of(account: str) -> str:
    """Return the code with which a member brings friends: the beginning of the account and a letter that checks it."""
    start = account[:CODE_LETTERS]
    return f"{start[:4]}-{start[4:]}{_check(start)}".upper()


def account_start(code: str) -> str:
    """Return what the account of a code begins with; raises InvalidError for one that was misread or mistyped."""
    plain = code.casefold().translate(_LETTERS)
    start, check = plain[:CODE_LETTERS], plain[CODE_LETTERS:]
    if len(start) != CODE_LETTERS or not start.isascii() or check != _check(start):
        raise InvalidError(
            f"{code[:20]!r} is no code of a member",
            said=Said("no_friend_code"),
            hint="read the code on the friend's slip again",
        )
    return start


def _check(start: str) -> str:
    return b32encode(hashlib.sha256(start.encode()).digest()[:1]).decode()[0].lower()


def may_refer(programme: Programme, holder: Holder, moment: Moment) -> bool:
    """Say whether a member's code brings anybody anything now."""
    if not programme.referrals or holder.status is not Status.REGULAR or _ended(programme, moment) is not None:
        return False
    referrer = Customer.of(programme, holder, moment)
    return any(_not_for(referral, referrer) is None for referral in programme.referrals)


def brought(programme: Programme, friend: Holder, referrer: Holder, moment: Moment, *, lot: str) -> Iterator[Verdict]:
    """Judge the sign-up of a friend: what both get for it, and which rules will hold when the friend buys."""
    known, new = Customer.of(programme, referrer, moment), Customer.of(programme, friend, moment)
    for referral in programme.referrals:
        missing = _ended(programme, moment) or _not_for(referral, known)
        if missing is None and referral.on is On.SIGN_UP:
            missing = unmet(new, referral.when, cost=0, pieces=0)
        if missing is not None:
            yield Missed(referral.id, missing)
            continue
        if referral.friends_a_year is not None:
            year, unit = Period.YEAR.of(moment.day), _friends(referral)
            yield Effect(referral.id, unit, 1, year, (), Measure.SALE, Reason("counted"), account=referrer.account)
        if referral.on is On.SIGN_UP:
            into = lot_of(programme.unit(referral.unit), lot, moment)
            yield from _bonus(referral, referrer.account, into, (), Measure.SALE)
        else:
            yield Effect(referral.id, _by(referral), 1, referrer.account, (), Measure.SALE, Reason("counted"))


def bought_by_friend(case: Case, referral: Referral) -> Iterator[Verdict]:
    """Judge a purchase of a friend who was brought: the first, or as many as the rule says.

    The units are taken back in part when part of the goods comes back; the purchase counts while anything is left of
    it, so that nobody has a first one twice.
    """
    if referral.on is On.SIGN_UP:
        return
    referrer = next((lot.lot for lot in case.holder.lots.get(_by(referral), ()) if lot.amount > 0), None)
    counted = case.counted(referral.scope)
    missing = _missing(case, referral, referrer, counted)
    if referrer is None or missing is not None:
        yield Missed(referral.id, missing or Reason("only_referred"))
        return
    yield from _bonus(referral, referrer, lot_for(case, referral.unit), counted, Measure.AMOUNT)
    yield Effect(referral.id, counter_of(referral.id), 1, referrer, counted, Measure.SALE, Reason("counted"))


def _missing(case: Case, referral: Referral, referrer: str | None, counted: tuple[int, ...]) -> Reason | None:
    if referrer is None:
        return Reason("only_referred")
    if case.holder.count(counter_of(referral.id), referrer) >= referral.times:
        return Reason("referral_done", {"label": referral.label, "times": referral.times})
    cost = case.cost(counted)
    missing = unmet(case, referral.when, cost=cost, pieces=case.pieces(counted))
    return Reason("no_such_article") if missing is None and case.paid(cost) < 1 else missing


def _bonus(
    referral: Referral, referrer: str, into: tuple[str, str | None], counted: tuple[int, ...], measure: Measure
) -> Iterator[Effect]:
    lot, expires = into
    for code, amount, account in (
        ("referral_friend", referral.friend, None),
        ("referral_referrer", referral.referrer, referrer),
    ):
        if amount:
            reason = Reason(code, {"label": referral.label, "points": amount})
            yield Effect(referral.id, referral.unit, amount, lot, counted, measure, reason, expires, account)


def _ended(programme: Programme, moment: Moment) -> Reason | None:
    return None if programme.closing is None else programme.closing.no_earning(moment)


def _not_for(referral: Referral, referrer: Customer) -> Reason | None:
    """Return why a member brings nobody under this rule; None if he does."""
    if referral.tiers and (referrer.tier is None or referrer.tier.id not in referral.tiers):
        labels = [tier.label for tier in referrer.programme.tiers if tier.id in referral.tiers]
        return Reason("only_tiers", {"tiers": ", ".join(labels)})
    held = referrer.holder.balance(referral.unit)
    if held < referral.holding:
        label = referrer.programme.unit_label(referral.unit)
        return Reason("referrer_holds", {"units": referral.holding, "label": label, "more": referral.holding - held})
    year = Period.YEAR.of(referrer.moment.day)
    if (
        referral.friends_a_year is not None
        and referrer.holder.count(_friends(referral), year) >= referral.friends_a_year
    ):
        return Reason("friends_reached", {"label": referral.label, "times": referral.friends_a_year})
    return None


def _by(referral: Referral) -> str:
    return f"{referral.id}.by"


def _friends(referral: Referral) -> str:
    return f"{referral.id}.friends"
