"""Detecting: facts become notes. Pure; the same facts in any order give the same notes.

What is looked for:

    burst       one account in several sales within an hour, all by one person: a customer does not come three times
    same_staff  nearly all of an account's sales by one person, who rings up far less of all the others'
    refund      refunds of sales that a redemption paid a part of: units come back, and the customer knows nothing
    claim       sales moved to members, or units given, by one person
    travel      one account at two shops within minutes

A note is a question, not a verdict: a customer may like one cashier, or send the family one after the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from agent.loyalty.programme.radar import Radar
from agent.loyalty.radar.facts import Fact, Kind


@dataclass(frozen=True, slots=True)
class Note:
    """What a supervisor is told: `what` was seen, of which staff and account, how often (`count`), of how many (`of`).

    `since` and `until` are the first and the last of them (the shop's local time), `ops` the receipts to look at.
    """

    what: str
    staff: str
    account: str | None
    count: int
    of: int
    since: str
    until: str
    ops: tuple[str, ...]


def detect(facts: Iterable[Fact], radar: Radar) -> tuple[Note, ...]:
    """Return the notes, the weightiest first."""
    ordered = sorted(facts, key=lambda fact: (fact.at, fact.till, fact.op))
    sales = [fact for fact in ordered if fact.kind is Kind.SALE]
    notes = [
        *_bursts(sales, radar),
        *_same_staff(sales, radar),
        *_by_staff(ordered, Kind.REFUND, radar.refunds),
        *_by_staff(ordered, Kind.CLAIM, radar.claims),
        *_travel(sales, radar),
    ]
    return tuple(sorted(notes, key=lambda note: (-note.count, note.what, note.staff, note.account or "")))


def _bursts(sales: Sequence[Fact], radar: Radar) -> Iterator[Note]:
    """One note an account and person, of all the sales that stood in some burst."""
    if not radar.burst:
        return
    within = timedelta(minutes=radar.burst_minutes)
    for (account, staff), theirs in _by_pair(sales).items():
        seen: set[int] = set()
        for first in range(len(theirs) - radar.burst + 1):
            last = first + radar.burst - 1
            if theirs[last].at - theirs[first].at <= within:
                seen.update(range(first, last + 1))
        if seen:
            yield _note("burst", staff, account, [theirs[at] for at in sorted(seen)], of=len(theirs))


def _same_staff(sales: Sequence[Fact], radar: Radar) -> Iterator[Note]:
    if not radar.same_staff:
        return
    rung_up = Counter(fact.staff for fact in sales)
    of_account = Counter(fact.account for fact in sales if fact.account is not None)
    for (account, staff), theirs in _by_pair(sales).items():
        whole = of_account[account]
        share = 100 * len(theirs) // whole
        others = len(sales) - whole
        usual = 100 * (rung_up[staff] - len(theirs)) // others if others else 100
        if len(theirs) >= radar.same_staff and share >= radar.share and 2 * usual <= share:
            yield _note("same_staff", staff, account, theirs, of=whole)


def _by_staff(facts: Sequence[Fact], kind: Kind, most: int) -> Iterator[Note]:
    of_kind = [fact for fact in facts if fact.kind is kind]
    by_staff: dict[str, list[Fact]] = defaultdict(list)
    for fact in of_kind:
        by_staff[fact.staff].append(fact)
    for staff, theirs in by_staff.items():
        if most and len(theirs) >= most:
            yield _note(str(kind), staff, None, theirs, of=len(of_kind))


def _travel(sales: Sequence[Fact], radar: Radar) -> Iterator[Note]:
    within = timedelta(minutes=radar.travel_minutes)
    by_account: dict[str, list[Fact]] = defaultdict(list)
    for fact in sales:
        if fact.account is not None:
            by_account[fact.account].append(fact)
    for account, theirs in by_account.items():
        hops = [(a, b) for a, b in pairwise(theirs) if a.shop != b.shop and b.at - a.at < within]
        if hops:
            stops = sorted({fact for hop in hops for fact in hop}, key=lambda fact: (fact.at, fact.op))
            yield _note("travel", stops[-1].staff, account, stops, of=len(theirs))


def _by_pair(sales: Iterable[Fact]) -> dict[tuple[str, str], list[Fact]]:
    pairs: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in sales:
        if fact.account is not None:
            pairs[fact.account, fact.staff].append(fact)
    return pairs


def _note(what: str, staff: str, account: str | None, facts: Sequence[Fact], *, of: int) -> Note:
    since, until = facts[0].at.isoformat(timespec="minutes"), facts[-1].at.isoformat(timespec="minutes")
    return Note(what, staff, account, len(facts), of, since, until, tuple(fact.op for fact in facts))
