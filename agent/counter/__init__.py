"""The counter: the use cases of a till, the one object that devices, web and command line call."""

from agent.counter.answers import (
    ActionAnswer,
    EnrolAnswer,
    EntryRef,
    LinkAnswer,
    LotMove,
    MemberView,
    PunchView,
    RedemptionAnswer,
    RefundAnswer,
    RefundPreview,
    SaleAnswer,
    VoucherView,
)
from agent.counter.asks import (
    ActionAsk,
    EnrolAsk,
    LinkAsk,
    RedeemAsk,
    RefundAsk,
    RefundLine,
    SaleAsk,
    UndoAsk,
    VoucherAsk,
)
from agent.counter.counter import Counter

__all__ = [
    "ActionAnswer",
    "ActionAsk",
    "Counter",
    "EnrolAnswer",
    "EnrolAsk",
    "EntryRef",
    "LinkAnswer",
    "LinkAsk",
    "LotMove",
    "MemberView",
    "PunchView",
    "RedeemAsk",
    "RedemptionAnswer",
    "RefundAnswer",
    "RefundAsk",
    "RefundLine",
    "RefundPreview",
    "SaleAnswer",
    "SaleAsk",
    "UndoAsk",
    "VoucherAsk",
    "VoucherView",
]
