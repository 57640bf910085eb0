"""What the desk says of staff reaches the tills; what a complaint changes at one till is so at all of them."""

from pathlib import Path

import pytest

from agent.counter import Counter, GoodwillAsk, MoveAsk, VoidAsk, Why
from agent.errors import NotSignedInError
from agent.journal.staff.people import Role
from agent.loyalty.programme import load
from hq.staff.naming import Person, add, remove
from tests.hq.headquarters import PROGRAMME, opened, wait_for_books
from tests.sync.chain import all_hear
from tests.sync.halves import Till

PIN = "4071"
GIVING = load(PROGRAMME.read_bytes() + b"\n[supervision]\ngoodwill_most = 500\n")


@pytest.fixture
def pair(tills: tuple[Till, Till, Till], chain: tuple[Path, str]) -> tuple[Till, Till]:
    """Two tills that know Ada (card 1) and Ben (card 2)."""
    one, two, _ = tills
    for card, name in ((1, "Ada"), (2, "Ben")):
        one.enrol_member(card, name, f"020 {one.series:04} 000{card}")
    all_hear(chain[0], one, two)
    return one, two


def test_who_the_desk_names_signs_in_at_the_tills_until_it_says_otherwise(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    one, _ = pair
    vera = Person("corner", "vera", "anna")
    with opened(chain[0]) as database, database.write() as conn:
        add(conn, vera, role=Role.SUPERVISOR, pin=PIN, epoch=database.epoch)
    one.meet()
    session = one.counter.signing.sign_in("vera", PIN)
    assert session.role is Role.SUPERVISOR

    with opened(chain[0]) as database, database.write() as conn:
        remove(conn, vera, epoch=database.epoch)
    one.meet()

    with pytest.raises(NotSignedInError):
        one.counter.signing.who(session.id)


def test_L4_a_moved_sale_a_void_and_goodwill_are_in_the_books_as_at_the_till(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    one, two = pair
    one.counter = Counter(one.ledger, GIVING, recorded=lambda: None)
    ada, ben = one.read_card(1).account, one.read_card(2).account
    wrong = one.sell(100, card=1)
    one.counter.hearing.move(MoveAsk("M-1", wrong, ben), by="pos")
    one.sell(50, card=1)
    one.counter.void(VoidAsk("V-1"), by="pos")
    one.counter.signing.vouch("G-1", "vera")
    one.counter.hearing.give(GoodwillAsk("G-1", ada, "points", 30, Why.KINDNESS), by="pos")
    here = (one.points(1), one.points(2))

    all_hear(chain[0], one, two)

    there = tuple(two.counter.member(account).balances["points"] for account in (ada, ben))
    assert here == there == (30, 100)
    books = wait_for_books(chain[0])
    assert (books.quarantined, books.balanced) == (0, True)
