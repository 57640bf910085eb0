"""The counter: the use cases of a till, the one object that devices, web and command line call."""

from agent.counter.answers import (
    ActionAnswer,
    EnrolAnswer,
    EntryRef,
    LineBack,
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
from agent.counter.complaints.claiming import ClaimAsk
from agent.counter.complaints.goodwill import GoodwillAnswer, GoodwillAsk, Why
from agent.counter.complaints.looking import FindSaleAsk, Past, Seen
from agent.counter.complaints.moving import MoveAnswer, MoveAsk
from agent.counter.counter import Counter
from agent.counter.finding.searching import FindAsk
from agent.counter.giving_back.voiding import VoidAsk
from agent.counter.joining.erasing import EraseAnswer, EraseAsk
from agent.counter.reprinting.copies import SlipAnswer
from agent.counter.staff.approving import Approvable
from agent.counter.staff.naming import Change, StaffAnswer, StaffAsk
from agent.counter.staff.signing import Approval, ApprovalAsk
from agent.counter.staff.training import Ended, TrainingAnswer, TrainingAsk
from agent.loyalty.radar.detecting import Note as RadarNote

__all__ = [
    "ActionAnswer",
    "ActionAsk",
    "Approvable",
    "Approval",
    "ApprovalAsk",
    "Change",
    "ClaimAsk",
    "ClosureAnswer",
    "ClosureAsk",
    "Counter",
    "Ended",
    "EnrolAnswer",
    "EnrolAsk",
    "EntryRef",
    "EraseAnswer",
    "EraseAsk",
    "FindAsk",
    "FindSaleAsk",
    "GoodwillAnswer",
    "GoodwillAsk",
    "KeptAside",
    "LineBack",
    "LinkAnswer",
    "LinkAsk",
    "LotMove",
    "MemberView",
    "MoveAnswer",
    "MoveAsk",
    "Opening",
    "Past",
    "PunchView",
    "RadarNote",
    "RedeemAsk",
    "RedemptionAnswer",
    "RefundAnswer",
    "RefundAsk",
    "RefundLine",
    "RefundPreview",
    "SaleAnswer",
    "SaleAsk",
    "Seen",
    "SlipAnswer",
    "StaffAnswer",
    "StaffAsk",
    "TrainingAnswer",
    "TrainingAsk",
    "UndoAsk",
    "VoidAsk",
    "VoucherAsk",
    "VoucherView",
    "Why",
]
