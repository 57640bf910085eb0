"""Keeping a sale aside, and entering what is kept once the ledger is well again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.counter.asks import SaleAsk, line_map
from agent.errors import JournalError, LedgerError, NotKeptError, RefusalError
from agent.ledger.disk.aside import ASIDE_FILE, Aside
from agent.ledger.ledger import Ledger
from agent.loyalty.sale import Line

logger = logging.getLogger(__name__)

UNREADABLE = "unreadable"  # what is said of a sale that other keys, or another version of this software, kept


@dataclass(frozen=True, slots=True)
class KeptAside:
    """A sale that was made without loyalty and is kept to be entered under its op; nothing of it is recorded yet."""

    op: str
    why: LedgerError


@dataclass(frozen=True, slots=True)
class Noted:
    """A sale as it was noted: what was asked, by whom, and the shop's local time then (ISO 8601)."""

    ask: SaleAsk
    by: str
    at: str

    def to_map(self) -> dict[str, Any]:
        """Return it as it is sealed."""
        ask = self.ask
        return {
            "account": ask.account,
            "at": self.at,
            "by": self.by,
            "card": ask.card,
            "lines": [line_map(line) for line in ask.lines],
            "redemptions": list(ask.redemptions),
            "sold_at": ask.sold_at,
            "staff": ask.staff,
            "tenders": dict(ask.tenders),
        }

    @classmethod
    def from_map(cls, op: str, value: Mapping[str, Any]) -> Noted:
        """Return what `to_map` made, under its op."""
        ask = SaleAsk(
            op=op,
            lines=tuple(Line(**line) for line in value["lines"]),
            account=value["account"],
            card=value["card"],
            redemptions=tuple(value["redemptions"]),
            sold_at=value["sold_at"],
            staff=value["staff"],
            tenders=value["tenders"],
        )
        return cls(ask, value["by"], value["at"])


def aside_of(ledger: Ledger) -> Aside:
    """Return what is kept aside of a ledger."""
    return Aside(ledger.path.with_name(ASIDE_FILE), key=ledger.keys.file_key(ASIDE_FILE))


def keep(aside: Aside, noted: Noted, why: LedgerError) -> KeptAside:
    """Keep a sale that could not be recorded; raises NotKeptError if that is not possible either.

    A repetition of it is the same sale, though it comes at another time.
    """
    try:
        at = dict(aside.waiting()).get(noted.ask.op, {"at": noted.at})["at"]
        aside.put(noted.ask.op, {**noted.to_map(), "at": at})
    except OSError as error:
        raise NotKeptError(f"nothing can be kept aside: {error.strerror}") from error
    logger.warning("op=%s is kept aside: %s", noted.ask.op, why)
    return KeptAside(noted.ask.op, why)


def enter_all(aside: Aside, sell: Callable[[Noted], object]) -> None:
    """Enter what is kept, the oldest first; what is refused stays, with the reason.

    Raises LedgerError when the ledger can take nothing again: the rest waits on.
    """
    outcomes: dict[str, str | None] = dict.fromkeys(aside.unreadable(), UNREADABLE)
    try:
        for op, content in aside.waiting():
            try:
                noted = Noted.from_map(op, content)
            except (KeyError, TypeError):
                outcomes[op] = UNREADABLE
                continue
            try:
                sell(noted)
                outcomes[op] = None
                logger.info("op=%s was kept aside and is entered", op)
            except (RefusalError, JournalError) as error:
                outcomes[op] = error.code
    finally:
        aside.settle(outcomes)
