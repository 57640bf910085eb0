"""Closures: what happened at a till since it was last closed, and in all, added up from its entries."""

from agent.loyalty.closures.counting import OPENED, MoneyUnits, Reason, money_of
from agent.loyalty.closures.period import CLOSURE, Closure, Period, Report, Span
from agent.loyalty.closures.totals import Moves, Takings, Totals

__all__ = [
    "CLOSURE",
    "OPENED",
    "Closure",
    "MoneyUnits",
    "Moves",
    "Period",
    "Reason",
    "Report",
    "Span",
    "Takings",
    "Totals",
    "money_of",
]
