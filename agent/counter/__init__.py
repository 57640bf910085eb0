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
from agent.counter.aside.keeping import KeptAside
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
from agent.counter.closing.drawers import Opening
from agent.counter.closing.reporting import ClosureAnswer, ClosureAsk
from agent.counter.counter import Counter
from agent.counter.joining.erasing import EraseAnswer, EraseAsk
from agent.counter.reprinting.copies import SlipAnswer

__all__ = [
    "ActionAnswer",
    "ActionAsk",
    "ClosureAnswer",
    "ClosureAsk",
    "Counter",
    "EnrolAnswer",
    "EnrolAsk",
    "EntryRef",
    "EraseAnswer",
    "EraseAsk",
    "KeptAside",
    "LinkAnswer",
    "LinkAsk",
    "LotMove",
    "MemberView",
    "Opening",
    "PunchView",
    "RedeemAsk",
    "RedemptionAnswer",
    "RefundAnswer",
    "RefundAsk",
    "RefundLine",
    "RefundPreview",
    "SaleAnswer",
    "SaleAsk",
    "SlipAnswer",
    "UndoAsk",
    "VoucherAsk",
    "VoucherView",
]
