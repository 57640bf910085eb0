"""People: who brings a friend, and what both get for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import ProgrammeError
from agent.loyalty.programme.conditions import Scope, When, read_scope, read_when
from agent.loyalty.programme.table import UNITS_MAX, Table


class On(StrEnum):
    """When a friend who was brought brings something."""

    SIGN_UP = "sign-up"
    FIRST_PURCHASE = "first-purchase"
    EVERY_PURCHASE = "every-purchase"


@dataclass(frozen=True, slots=True)
class Referral:
    """`referrer` units for who brought a friend and `friend` units for the friend (0: nothing), of `unit`.

    For the first `times` purchases of `scope` that hold `when`, or for the sign-up. It is open to members of `tiers`
    (empty: to all) who hold `holding` units at least, and for at most `friends_a_year` friends (None: any number).
    """

    id: str
    label: str
    unit: str
    on: On
    times: int
    referrer: int
    friend: int
    tiers: tuple[str, ...]
    holding: int
    friends_a_year: int | None
    scope: Scope
    when: When


def read_referral(table: Table) -> Referral:
    """Read one of [[referrals]]."""
    on = table.choice("on", On)
    referral = Referral(
        id=table.id(),
        label=table.label(),
        unit=table.id_of("unit"),
        on=on,
        times=table.whole("times", 1, 100) if on is On.EVERY_PURCHASE else 1,
        referrer=table.whole("referrer", 1, UNITS_MAX, 0),
        friend=table.whole("friend", 1, UNITS_MAX, 0),
        tiers=table.ids("referrer_tiers"),
        holding=table.whole("referrer_holds", 1, UNITS_MAX, 0),
        friends_a_year=table.whole("friends_a_year", 1, 10_000) if "friends_a_year" in table else None,
        scope=read_scope(table),
        when=read_when(table),
    )
    if not referral.referrer and not referral.friend:
        raise ProgrammeError(f"{table.name}: neither 'referrer' nor 'friend' gets anything")
    if on is On.SIGN_UP and (referral.scope != Scope() or referral.when.minimum or referral.when.pieces):
        raise ProgrammeError(f"{table.name}: a sign-up buys nothing, so it has no articles, amounts and pieces")
    table.done()
    return referral
