"""A till's mixed day, to be cut anywhere: enrolments, sales, redemptions, refunds, a closure, pauses.

`python -m tests.faults.day FOLDER` works through the real counter on the ledger in FOLDER and says, after each thing
that was acknowledged, how many entries the journal has and how often something was remembered: "7 2".
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from agent.counter import ClosureAsk, EnrolAsk, RedeemAsk, RefundAsk, RefundLine, SaleAsk, UndoAsk
from agent.ledger.kept.slip_queue import SlipQueue
from agent.loyalty.closures.period import Report
from agent.loyalty.programme import load
from tests.counter.shops import BY, Shop, line
from tests.ledger.tills import opened
from tests.loyalty.shops import COFFEE, GOLD, HEAD, MONEY, OPEN, POINTS

REMEMBERED = "day"  # a key in `state`
CUSTOMERS = 6
FIRST_CARD = 925000000100
PROGRAMME = (HEAD + POINTS + COFFEE + MONEY + GOLD + OPEN).encode()


def run(folder: Path) -> None:
    """Open the ledger and work through the day."""
    with closing(opened(folder / "ledger.db")) as ledger:
        shop = Shop(ledger, load(PROGRAMME))
        remembered = int(ledger.recall(REMEMBERED) or b"0")
        say(ledger.identity.seq, remembered)
        for customer in range(CUSTOMERS):
            for _ in customer_of(shop, customer):
                say(ledger.identity.seq, remembered)
            remembered += 1
            ledger.remember({REMEMBERED: str(remembered).encode()})
            say(ledger.identity.seq, remembered)
            if customer % 2:
                _print_slips(SlipQueue(ledger))
                ledger.checkpoint()
        shop.counter.day.close(ClosureAsk("closure", Report.Z), by=BY)
        say(ledger.identity.seq, remembered)


def customer_of(shop: Shop, number: int) -> Iterator[None]:
    """Serve one customer, stopping after each thing that was acknowledged."""
    counter, card = shop.counter, str(FIRST_CARD + number)
    shop.identify(card)
    yield
    member = counter.enrol(EnrolAsk(f"enrol-{number}", name=f"Ana Testova {number}", card=card), by=BY).account
    yield
    bought = (line(3000), line(450, "coffee", pieces=2))
    counter.sell(SaleAsk(f"sale-{number}", bought, member), by=BY)
    yield
    counter.redeem(RedeemAsk(f"spent-{number}", member, "money", units=10), by=BY)
    yield
    counter.sell(SaleAsk(f"cheaper-{number}", (line(900),), member, redemptions=(f"spent-{number}",)), by=BY)
    yield
    counter.sell(SaleAsk(f"nobody-{number}", (line(120),)), by=BY)
    yield
    counter.refund(RefundAsk(f"back-{number}", (RefundLine(f"sale-{number}", 0, 1000),)), by=BY)
    yield
    counter.redeem(RedeemAsk(f"unused-{number}", member, "money", units=1), by=BY)
    yield
    counter.undo(UndoAsk(f"undone-{number}", f"unused-{number}"), by=BY)
    yield


def _print_slips(slips: SlipQueue) -> None:
    job = slips.next_slip()
    while job is not None:
        slips.mark_slips({job.id: "confirmed"})
        job = slips.next_slip(after=job.id)


def say(entries: int, remembered: int) -> None:
    """Say what is acknowledged by now."""
    sys.stdout.write(f"{entries} {remembered}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run(Path(sys.argv[1]))
