"""The catalogue: things that are given for units. Every till counts what it gave of its stock, as it counts prizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from agent.journal.entry import ISSUANCE, TILL_PREFIX, Posting
from agent.loyalty.programme.rules.rewarding import Reward

STOCK_LOT = "stock"  # of the units in which a till counts what it gave


def stock_unit(reward: str) -> str:
    """Return the unit in which a till counts how many of a reward it gave."""
    return f"{reward}.stock"


def in_stock(reward: Reward, given: Mapping[str, int]) -> bool:
    """Say whether a till that gave so many (unit -> how many) still has one."""
    return reward.stock is None or given.get(stock_unit(reward.id), 0) < reward.stock


def handed_out(reward: str, till: str) -> tuple[Posting, ...]:
    """Return the postings by which a till counts one that it gives."""
    unit = stock_unit(reward)
    return (Posting(unit, ISSUANCE, -1), Posting(unit, TILL_PREFIX + till, 1, STOCK_LOT))


def restocked(postings: Iterable[Posting]) -> Iterator[Posting]:
    """Yield the postings by which a till has back what it gave with these."""
    for posting in postings:
        if posting.account.startswith(TILL_PREFIX):
            yield Posting(posting.unit, ISSUANCE, posting.amount)
            yield replace(posting, amount=-posting.amount)
