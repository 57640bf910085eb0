"""Random days of a till with everything in them: a step is a word and three numbers, so that a failing day shrinks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

from agent.counter import (
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
from agent.errors import RefusalError
from agent.journal.feed import CardRow, LotRow, MemberRow, Row
from agent.journal.fold import ROLES
from agent.ledger.kept import programmes
from agent.loyalty.programme.rules.earning import Action
from agent.loyalty.sale import Status
from tests.counter.shops import BY, Shop, line
from tests.ledger.kept.test_feed import Feed, up_to
from tests.loyalty.shops import COFFEE, GOLD, HEAD, MONEY, OPEN, POINTS
from tests.schemas.day import AFTERNOON, MORNING

NIGHT = f"{HEAD}{POINTS}{COFFEE.replace('punches = 9', 'punches = 4')}{MONEY}{GOLD}".encode()
PROGRAMMES = tuple(programme + OPEN.encode() for programme in (MORNING, AFTERNOON, NIGHT))
CARDS = tuple(f"92500000000{number}" for number in range(6))
CATEGORIES = (None, "coffee", "gift-card", None, None)
REWARDS = ("money", "coffee", "gift", "five-for-points")


class Days:
    """A shop, and what a headquarters would tell it: it never takes back that a member is a regular one."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.feed = Feed(shop.ledger)
        self.ops = (f"op-{number}" for number in itertools.count())
        self.sales: list[str] = []
        self.redemptions: list[str] = []
        self.vouchers: list[str] = []
        self.parts: dict[str, set[str]] = {}  # what is joined into an account, by headquarters
        self.cards: dict[str, tuple[str, str]] = {}  # card -> account and role, by headquarters
        self.heard = 0  # entries of the first epoch that its books contain
        self.use(1, 0, 0)

    def play(self, steps: list[tuple[str, int, int, int]]) -> None:
        """Take the steps; what the counter refuses has not happened."""
        for word, *numbers in steps:
            try:
                STEPS[word](self, *numbers)
            except RefusalError:
                continue

    def account(self, pick: int) -> str:
        return self.shop.identify(CARDS[pick % len(CARDS)]).account

    def use(self, pick: int, _: int, __: int) -> None:
        """Another programme comes into force in the middle of the day."""
        self.shop.counter.use(programmes.adopt(self.shop.ledger, PROGRAMMES[pick % len(PROGRAMMES)]))

    def sell(self, pick: int, amount: int, more: int) -> None:
        lines = (line(amount, CATEGORIES[more % len(CATEGORIES)]), line(more))
        mine = (self.redemptions.pop(),) if self.redemptions and more % 3 == 0 else ()
        account = None if pick % 7 == 0 else self.account(pick)
        sold = self.shop.counter.sell(SaleAsk(op := next(self.ops), lines, account, redemptions=mine), by=BY)
        self.sales.append(op)
        self.vouchers += [voucher.typed for voucher in sold.vouchers]

    def redeem(self, pick: int, units: int, reward: int) -> None:
        ask = RedeemAsk(next(self.ops), self.account(pick), REWARDS[reward % 4], units=units % 300 + 1, value=300)
        self.shop.counter.redeem(ask, by=BY)
        self.redemptions.append(ask.op)

    def undo(self, pick: int, _: int, __: int) -> None:
        if self.redemptions:
            op = self.redemptions.pop(pick % len(self.redemptions))
            self.shop.counter.undo(UndoAsk(next(self.ops), op), by=BY)

    def spend_voucher(self, pick: int, _: int, __: int) -> None:
        if self.vouchers:
            ask = VoucherAsk(next(self.ops), self.vouchers[pick % len(self.vouchers)])
            self.shop.counter.spend_voucher(ask, by=BY)
            self.redemptions.append(ask.op)

    def refund(self, pick: int, index: int, quantity: int) -> None:
        if self.sales:
            goods = RefundLine(self.sales[pick % len(self.sales)], index % 2, quantity % 1000 + 1)
            self.shop.counter.refund(RefundAsk(next(self.ops), (goods,)), by=BY)

    def enrol(self, pick: int, _: int, __: int) -> None:
        self.shop.counter.enrol(EnrolAsk(next(self.ops), name="Ana", card=CARDS[pick % len(CARDS)]), by=BY)

    def link(self, pick: int, card: int, role: int) -> None:
        ask = LinkAsk(next(self.ops), self.account(pick), ROLES[role % 2], CARDS[card % len(CARDS)])
        self.shop.counter.link(ask, by=BY)

    def act(self, pick: int, _: int, __: int) -> None:
        self.shop.counter.act(ActionAsk(next(self.ops), self.account(pick), Action.REVIEW), by=BY)

    def close(self, pick: int, _: int, __: int) -> None:
        """The day of games ends, or an epoch does."""
        if pick % 2:
            self.shop.counter.day.close_games(by=BY)
        else:
            self.shop.ledger.begin_epoch()

    # -- what headquarters says ----------------------------------------------------------------------------------------

    def told(self, pick: int, units: int, aside: int) -> None:
        """A member's snapshot: whatever other tills did is in it, and some of what this one did."""
        self.tell(self.row(self.account(pick), units), aside=aside)

    def joined(self, pick: int, other: int, units: int) -> None:
        """Two members turn out to be one."""
        into, part = (self.root(self.account(one)) for one in (pick, other))
        if into != part:
            parts = self.parts.setdefault(into, set())
            parts |= {part} | self.parts.pop(part, set())
            for card, (account, role) in self.cards.items():
                if account == part:
                    self.cards[card] = (into, role)
            self.tell(self.row(into, units), aside=0)

    def moved(self, pick: int, other: int, role: int) -> None:
        """Headquarters links a member's card to another: it tells of both."""
        view = self.shop.identify(CARDS[pick % len(CARDS)])
        before, into = self.root(view.account), self.root(self.account(other))
        if view.card is not None:
            self.cards[view.card] = (into, ROLES[role % 2])
            self.tell(*(self.row(one, role) for one in dict.fromkeys((before, into))), aside=0)

    def root(self, account: str) -> str:
        return self.shop.ledger.resolve(account)

    def row(self, account: str, units: int) -> MemberRow:
        root = self.root(account)
        cards = tuple(CardRow(card, root, role=role) for card, (of, role) in self.cards.items() if of == root)
        lots = (LotRow("points", "theirs", units), LotRow("points", "ends", units % 9 + 1, "2030-01-31"))
        row = MemberRow(root, Status.REGULAR, tuple(sorted(self.parts.get(root, ()))), cards)
        return replace(row, lots=lots[: units % 3])

    def tell(self, *rows: Row, aside: int) -> None:
        first = self.shop.ledger.epochs()[0]
        self.heard = min(first.seq, self.heard + aside % 5)
        quarantined = [(first.epoch, aside % first.seq + 1)] if aside % 4 == 0 else []
        at = replace(up_to(self.shop.ledger, self.heard), epoch=first.epoch)
        self.feed.tell(*rows, upto=[at] if self.heard else [], quarantined=quarantined)


STEPS: dict[str, Callable[[Days, int, int, int], None]] = {
    "use": Days.use,
    "sell": Days.sell,
    "redeem": Days.redeem,
    "undo": Days.undo,
    "voucher": Days.spend_voucher,
    "refund": Days.refund,
    "enrol": Days.enrol,
    "link": Days.link,
    "act": Days.act,
    "close": Days.close,
    "told": Days.told,
    "joined": Days.joined,
    "moved": Days.moved,
}
