"""The counter: the use cases of a till, the one object that devices, web and command line call."""

from agent.counter.answers import (
    EnrolAnswer,
    EntryRef,
    MemberView,
    PunchView,
    RedemptionAnswer,
    RefundAnswer,
    SaleAnswer,
)
from agent.counter.asks import EnrolAsk, RedeemAsk, RefundAsk, RefundLine, SaleAsk, UndoAsk
from agent.counter.counter import Counter

__all__ = [
    "Counter",
    "EnrolAnswer",
    "EnrolAsk",
    "EntryRef",
    "MemberView",
    "PunchView",
    "RedeemAsk",
    "RedemptionAnswer",
    "RefundAnswer",
    "RefundAsk",
    "RefundLine",
    "SaleAnswer",
    "SaleAsk",
    "UndoAsk",
]
