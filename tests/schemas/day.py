"""A day in which everything happens that an entry can say: for dumps of the schema and golden journals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agent.counter import (
    ActionAsk,
    Counter,
    EnrolAsk,
    LinkAsk,
    RedeemAsk,
    RefundAsk,
    RefundLine,
    SaleAsk,
    UndoAsk,
    VoucherAsk,
)
from agent.journal.feed import LotRow
from agent.ledger.kept import programmes
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.loyalty.programme.rules.earning import Action
from tests.counter.test_acting import REVIEW
from tests.counter.test_drawing import GAME
from tests.ledger.kept.test_feed import Feed, card_row, told, up_to
from tests.ledger.tills import opened
from tests.loyalty.shops import COFFEE, GOLD, HEAD, MONEY, POINTS, line
from tests.loyalty.spending.test_credit import GIFT
from tests.loyalty.spending.test_vouchers import FIVE, FOR_POINTS

BY = "checkout"
ANA, NEW, ELSEWHERE, FURTHER, GIFT_CARD = (f"92500000000{number}" for number in range(1, 6))
MORNING = f"{HEAD}{POINTS}{COFFEE}{MONEY}{GOLD}".encode()
VOUCHER = FIVE.replace('value = "5.00"', 'value = "5.00"\ntyped_max = "5.00"')
AFTERNOON = f"{HEAD}{POINTS}{COFFEE}{MONEY}{GOLD}{GIFT}{VOUCHER}{FOR_POINTS}{GAME}{REVIEW}".encode()


def play(folder: Path) -> None:
    """Play the day on a new ledger in `folder`, and close it."""
    ledger = opened(folder / "ledger.db")
    counter = Counter(ledger, programmes.adopt(ledger, MORNING), recorded=lambda: None)
    ana = _morning(counter)
    _headquarters(ledger, counter)
    counter.use(programmes.adopt(ledger, AFTERNOON))
    _afternoon(counter, ana)
    ledger.begin_epoch()
    counter.sell(SaleAsk("S-8", (line(700),), _read(counter, ELSEWHERE)), by=BY)
    SlipQueue(ledger).mark_slips({1: "confirmed", 2: "sent"})
    ledger.close()


def _read(counter: Counter, card: str) -> str:
    return counter.identify(card, Source.NUMBER, by=BY).account


def _morning(counter: Counter) -> str:
    """A member earns, redeems, thinks better of it, brings goods back; a card that is new earns."""
    ask = EnrolAsk("E-1", name="Ana Testova", phone="07700 900123", email="ana@example.org", card=ANA)
    enrolled = counter.enrol(ask, by=BY)
    ana, card = enrolled.account, enrolled.card
    counter.sell(SaleAsk("S-1", (line(52000), line(300, "coffee", pieces=2)), ana), by=BY)
    counter.redeem(RedeemAsk("R-1", ana, "money", card, units=100), by=BY)
    counter.sell(SaleAsk("S-2", (line(900),), ana, redemptions=("R-1",)), by=BY)
    counter.redeem(RedeemAsk("R-2", ana, "money", card, units=10), by=BY)
    counter.undo(UndoAsk("U-2", "R-2"), by=BY)
    counter.refund(RefundAsk("B-1", (RefundLine("S-1", 0, 500),)), by=BY)
    counter.sell(SaleAsk("S-3", (line(4000),), _read(counter, NEW)), by=BY)
    counter.link(LinkAsk("L-1", ana, "earn", FURTHER, name="Bob Testov", phone="07700 900124"), by=BY)
    return ana


def _headquarters(ledger: Ledger, counter: Counter) -> None:
    """Headquarters tells of a member of another till, whom the new card turned out to be."""
    known = card_row("card-elsewhere", "elsewhere", ELSEWHERE, key=bytes(range(32)))
    lots = (LotRow("points", "theirs", 50), LotRow("points", "ended", 7, "2027-01-31"))
    row = replace(told("elsewhere"), joined=(_read(counter, NEW),), cards=(known,), lots=lots)
    Feed(ledger).tell(row, upto=[up_to(ledger, 4)])


def _afternoon(counter: Counter, ana: str) -> None:
    """Another programme is in force: vouchers, gift cards, a game, a review."""
    (voucher,) = counter.sell(SaleAsk("S-4", (line(6000),), ana), by=BY).vouchers
    counter.spend_voucher(VoucherAsk("V-1", voucher.typed), by=BY)
    counter.sell(SaleAsk("S-5", (line(2500),), redemptions=("V-1",)), by=BY)
    counter.refund(RefundAsk("B-2", (RefundLine("S-5", 0, 1000),)), by=BY)
    gift_card = counter.identify(GIFT_CARD, Source.NUMBER, by=BY)
    gift = gift_card.account
    counter.sell(SaleAsk("S-6", (line(5000, "gift-card"),), gift), by=BY)
    counter.redeem(RedeemAsk("R-3", gift, "gift", gift_card.card, units=1200), by=BY)
    counter.sell(SaleAsk("S-7", (line(2000),), ana, redemptions=("R-3",)), by=BY)
    counter.act(ActionAsk("A-1", ana, Action.REVIEW), by=BY)
    counter.refund(RefundAsk("B-3", without_receipt=(line(200),), account=ana), by=BY)
    counter.day.close_games(by=BY)
