"""Radar: from where on a supervisor is quietly told that somebody may play with somebody else's sales."""

from __future__ import annotations

from dataclasses import dataclass

from agent.loyalty.programme.table import Table

DAYS_MAX = 92


@dataclass(frozen=True, slots=True)
class Radar:
    """`days`: how far it looks back. The others are how many of a kind within that make a note; 0: none ever does.

    `burst` sales of one account within `burst_minutes`, all by one of the staff. `same_staff` sales of one account by
    one of the staff, `share` percent of all of that account's at least, where that person rang up no more than half as
    large a share of all others. `refunds` by one of the staff of sales that a redemption paid a part of. `claims` by
    one of the staff: sales moved to a member, or units given. `travel_minutes`: one account at two shops within so
    many.
    """

    days: int = 28
    burst: int = 4
    burst_minutes: int = 60
    same_staff: int = 5
    share: int = 80
    refunds: int = 3
    claims: int = 10
    travel_minutes: int = 20


def read_radar(table: Table) -> Radar:
    """Read [radar]."""
    usual = Radar()
    radar = Radar(
        days=table.whole("days", 1, DAYS_MAX, usual.days),
        burst=_count(table, "burst", usual.burst),
        burst_minutes=table.whole("burst_minutes", 1, 24 * 60, usual.burst_minutes),
        same_staff=_count(table, "same_staff", usual.same_staff),
        share=table.whole("share", 1, 100, usual.share),
        refunds=_count(table, "refunds", usual.refunds),
        claims=_count(table, "claims", usual.claims),
        travel_minutes=table.whole("travel_minutes", 0, 24 * 60, usual.travel_minutes),
    )
    table.done()
    return radar


def _count(table: Table, key: str, usual: int) -> int:
    return table.whole(key, 0, 1000, usual)
