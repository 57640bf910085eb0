"""A shop's real sales, rung up by made-up staff on made-up shifts, with made-up fraud among them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from agent.loyalty.radar.facts import Fact, Kind
from agent.upkeep.replay.baskets import Basket, read_baskets

STAFF = tuple(f"c{number}" for number in range(1, 9))
ON_SHIFT = 3  # of them on each half day


@dataclass(frozen=True)
class Mixed:
    """The facts, and who cheats: (staff, account of the own card)."""

    facts: tuple[Fact, ...]
    cheats: frozenset[tuple[str, str]]


def baskets_of(path: Path) -> tuple[Basket, ...]:
    """The sales of a file of baskets."""
    baskets = read_baskets(path)
    return tuple(basket for basket in baskets if any(line.quantity > 0 and line.price > 0 for line in basket.lines))


def sold(baskets: Iterable[Basket], *, seed: int) -> tuple[Fact, ...]:
    """The sales; who rings one up is drawn among those on shift."""
    draw = random.Random(seed)
    shifts: dict[tuple[object, bool], list[str]] = {}
    facts = []
    for basket in baskets:
        half = (basket.at.date(), basket.at.hour < 13)
        if half not in shifts:
            shifts[half] = draw.sample(STAFF, ON_SHIFT)
        account = None if basket.customer is None else str(basket.customer)
        facts.append(_fact(basket.invoice, basket.at, draw.choice(shifts[half]), account))
    return tuple(facts)


def with_own_cards(facts: Iterable[Fact], *, cheating: int, of_unknown: float, seed: int) -> Mixed:
    """So many of the staff put their own card on a share of the sales to nobody in particular that they ring up.

    Half of the members forget their card, so that there are such sales as in any shop.
    """
    draw = random.Random(seed)
    cheats = {staff: f"own-{staff}" for staff in draw.sample(STAFF, cheating)}
    mixed = []
    for fact in facts:
        unknown = replace(fact, account=None) if draw.random() < 0.5 else fact
        if unknown.account is None and unknown.staff in cheats and draw.random() < of_unknown:
            unknown = replace(unknown, account=cheats[unknown.staff])
        mixed.append(unknown)
    return Mixed(tuple(mixed), frozenset(cheats.items()))


def _fact(op: str, at: datetime, staff: str, account: str | None) -> Fact:
    return Fact(Kind.SALE, op, at, "corner/1", staff, account)
