"""The till's clocks: what they say, how far to believe them, and what is recorded when they are changed."""

from agent.ledger.clock.changes import Change, Noticed
from agent.ledger.clock.till_clock import DRIFT_MAX_MS, HqTime, TillClock

__all__ = ["DRIFT_MAX_MS", "Change", "HqTime", "Noticed", "TillClock"]
