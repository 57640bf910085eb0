"""Recycling: what some lost becomes a present for others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.journal.entry import EXPIRED, MEMBER_PREFIX, Posting
from agent.loyalty.judging.points import lot_of
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Moment


@dataclass(frozen=True, slots=True)
class Plan:
    """`each` units of `unit` for each of the `accounts`; `kept` of what was lost stays lost."""

    unit: str
    each: int
    accounts: tuple[str, ...]
    kept: int


def plan(programme: Programme, lost: Mapping[str, int], tiers: Mapping[str, str | None]) -> Plan | None:
    """Return who gets how much of what was lost (unit -> units): all members of the rule's tiers alike.

    `tiers` says which tier each account has (id, or None). None if the programme recycles nothing.
    """
    rule = programme.recycling
    if rule is None:
        return None
    total = lost.get(rule.unit, 0)
    accounts = tuple(sorted(account for account, tier in tiers.items() if tier in rule.tiers))
    each = min(total * rule.percent // 100 // len(accounts), rule.most) if accounts else 0
    return Plan(rule.unit, each, accounts if each else (), total - each * len(accounts))


def recycle(
    programme: Programme, plan: Plan, accounts: Iterable[str], moment: Moment, *, lot: str
) -> tuple[Posting, ...]:
    """Return the postings that carry a plan out for some of its accounts: from `expired` to a lot like any other.

    `lot` is the id of the entry that records it.
    """
    name, expires = lot_of(programme.unit(plan.unit), lot, moment)
    postings: list[Posting] = []
    for account in accounts:
        postings.append(Posting(plan.unit, EXPIRED, -plan.each))
        postings.append(Posting(plan.unit, MEMBER_PREFIX + account, plan.each, name, expires))
    return tuple(postings)
