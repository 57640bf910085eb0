"""A till that sells under strace's hands: every sale is asked for again until it is acknowledged, or twice in vain.

`python -m tests.faults.teller FOLDER FIRST COUNT` enrols a member with every third op. It says "open", then of each op
"begin OP" and "ack OP", or "no OP CODE" for each refusal, and "closed" at the end.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from agent.counter import EnrolAsk, SaleAsk
from agent.errors import TallyError
from tests.counter.shops import BY, Shop, line, shop_programme
from tests.ledger.tills import opened

TRIES = 3


def work(shop: Shop, number: int) -> None:
    """Make a member, or sell."""
    if number % 3 == 2:
        shop.counter.enrol(EnrolAsk(f"op-{number}", name=f"Ana Testova {number}"), by=BY)
    else:
        shop.counter.sell(SaleAsk(f"op-{number}", (line(1000),)), by=BY)


def main(folder: Path, first: int, count: int) -> None:
    with closing(opened(folder / "ledger.db")) as ledger:
        shop = Shop(ledger, shop_programme())
        say("open")
        for number in range(first, first + count):
            say(f"begin op-{number}")
            for _ in range(TRIES):
                try:
                    work(shop, number)
                except TallyError as error:
                    say(f"no op-{number} {error.code}")
                else:
                    say(f"ack op-{number}")
                    break
    say("closed")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
