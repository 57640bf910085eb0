"""A customer who forgot the card comes back with the slip: at the till that sold, or at another of the shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import ClaimAsk, Counter, MoveAsk, RefundLine, SaleAsk
from agent.errors import (
    ApprovalNeededError,
    CodeError,
    InvalidError,
    NotAllowedError,
    OpConflictError,
    TallyError,
    UnknownError,
)
from agent.journal.codes import SaleCode
from agent.journal.entry import Entry, encode_entry
from agent.journal.wire.asking import SaleTold
from agent.ledger.audit import verify
from agent.ledger.kept.codes import SHOP_KEY
from tests.counter.shops import BY, CARD, NEXT_CARD, Shop, line, open_shop
from tests.counter.test_slip_facts import facts
from tests.loyalty.shops import MONEY, POINTS, programme

SHOP_WIDE = b"k" * 32
CODED = '[refunds]\nslip_code = "typed"\n'


def points(shop: Shop, account: str) -> int:
    return shop.balances(account)["points"]


def entry_of(shop: Shop, op: str) -> Entry:
    found = shop.ledger.find(op)
    assert found is not None
    return found.entry


def test_a_sale_that_was_nobodys_is_credited_by_its_receipt_and_once(shop: Shop) -> None:
    account, other = shop.member().account, shop.member(NEXT_CARD, "Ion Popa").account
    shop.sell("S-1", line(12_000))
    before = shop.entries

    claimed = shop.counter.hearing.claim(ClaimAsk("C-1", account, sale="S-1"), by=BY)
    again = shop.counter.hearing.claim(ClaimAsk("C-1", account, sale="S-1"), by=BY)

    assert (points(shop, account), claimed.moved_from, claimed.money) == (120, "S-1", 0)
    assert (again.sale.repeated, again.moved_from, again.money) == (True, "S-1", 0)
    assert shop.entries == before + 2
    assert entry_of(shop, "C-1").body["moved_from"] == "S-1"
    for member in (account, other):
        with pytest.raises(NotAllowedError, match="came back already"):
            shop.counter.hearing.claim(ClaimAsk("C-2", member, sale="S-1"), by=BY)
    with pytest.raises(OpConflictError):
        shop.counter.hearing.claim(ClaimAsk("C-1", other, sale="S-1"), by=BY)
    verify(shop.ledger)


def test_what_was_claimed_comes_back_as_any_sale_does(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000))
    shop.counter.hearing.claim(ClaimAsk("C-1", account, sale="S-1"), by=BY)

    assert shop.refund("B-1", RefundLine("C-1", 0, 1000)) == 1000
    assert points(shop, account) == 0


def test_what_cannot_be_claimed_is_refused_and_nothing_is_written(shop: Shop) -> None:
    account, other = shop.member().account, shop.member(NEXT_CARD, "Ion Popa").account
    shop.sell("S-1", line(1000), account=other)
    shop.sell("S-2", line(1000))
    shop.refund("B-1", RefundLine("S-2", 0, 500))
    before = shop.entries

    refused: list[tuple[type[TallyError], str, ClaimAsk]] = [
        (NotAllowedError, "has a member already", ClaimAsk("C-1", account, sale="S-1")),
        (NotAllowedError, "has a member already", ClaimAsk("C-1", other, sale="S-1")),
        (NotAllowedError, "came back already", ClaimAsk("C-1", account, sale="S-2")),
        (UnknownError, "no such sale", ClaimAsk("C-1", account, sale="S-9")),
        (CodeError, "code", ClaimAsk("C-1", account, slip="0000")),
    ]
    for error, match, ask in refused:
        with pytest.raises(error, match=match):
            shop.counter.hearing.claim(ask, by=BY)
    assert shop.entries == before
    for wrong in ({}, {"sale": "S-1", "slip": "X"}):
        with pytest.raises(InvalidError):
            ClaimAsk("C-1", account, **wrong)
    with pytest.raises(InvalidError):
        ClaimAsk("C" * 60, account, sale="S-1")


def test_a_claim_has_as_many_days_as_the_programme_gives_and_a_supervisor_moves_what_is_older(tmp_path: Path) -> None:
    days = programme(POINTS, MONEY, "[without_card]\nclaim_days = 3\n")
    with open_shop(tmp_path, programme=days) as shop:
        account = shop.member().account
        today = shop.ledger.clock.now().replace(tzinfo=None, microsecond=0)
        for op, ago in (("S-1", 3), ("S-2", 4)):
            sold_at = today.fromordinal(today.toordinal() - ago).isoformat()
            shop.counter.sell(SaleAsk(op, (line(1000),), sold_at=sold_at), by=BY)

        shop.counter.hearing.claim(ClaimAsk("C-1", account, sale="S-1"), by=BY)
        with pytest.raises(NotAllowedError, match="could be claimed for 3 days"):
            shop.counter.hearing.claim(ClaimAsk("C-2", account, sale="S-2"), by=BY)
        with pytest.raises(ApprovalNeededError):
            shop.counter.hearing.move(MoveAsk("M-1", "S-2", account), by=BY)
        shop.counter.signing.vouch("M-1", "vera")
        shop.counter.hearing.move(MoveAsk("M-1", "S-2", account), by=BY)

        assert points(shop, account) == 20


@pytest.fixture
def tills(tmp_path: Path) -> Iterator[tuple[Shop, Shop]]:
    """Two tills of one shop, each with a ledger of its own."""
    with (
        open_shop(tmp_path / "one", programme=programme(POINTS, MONEY, CODED)) as one,
        open_shop(tmp_path / "two", programme=programme(POINTS, MONEY, CODED)) as two,
    ):
        for till in (one, two):
            till.ledger.keys.adopt({SHOP_KEY: SHOP_WIDE})
        yield one, two


class Headquarters:
    """What headquarters says of the sale S-1 of a till, once the refunds of others arrived there."""

    def __init__(self, till: Shop) -> None:
        self.till = till
        self.returned: dict[int, int] = {}
        self.silent = False

    def sale(self, _code: SaleCode) -> SaleTold | None:
        return None if self.silent else SaleTold(encode_entry(entry_of(self.till, "S-1")), (), self.returned)


def asking(till: Shop, headquarters: Headquarters) -> Counter:
    return Counter(till.ledger, till.counter.programme, recorded=lambda: None, elsewhere=headquarters)


def slip_of(till: Shop) -> str:
    returns = facts(till, "S-1").returns
    assert returns is not None
    return returns.typed


def test_a_sale_of_another_till_is_credited_by_the_code_on_its_slip(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    one.sell("S-1", line(1250), line(500, pieces=2))
    headquarters, account = Headquarters(one), two.member().account
    counter = asking(two, headquarters)

    claimed = counter.hearing.claim(ClaimAsk("C-1", account, slip=slip_of(one)), by=BY)

    assert (points(two, account), claimed.money, claimed.sale.due) == (17, 0, 1750)
    taken = entry_of(two, "C-1:from")
    assert [(row["sale"], row["till"], row["quantity"]) for row in taken.body["lines"]] == [
        ("S-1", one.ledger.till, 1000),
        ("S-1", one.ledger.till, 2000),
    ]
    assert entry_of(two, "C-1").body["moved_from_till"] == one.ledger.till
    assert counter.hearing.claim(ClaimAsk("C-1", account, slip=slip_of(one)), by=BY).sale.repeated
    with pytest.raises(InvalidError, match="not left"):  # before headquarters has heard of it
        counter.hearing.claim(ClaimAsk("C-2", account, slip=slip_of(one)), by=BY)


def test_what_headquarters_says_came_back_is_credited_nowhere(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    one.sell("S-1", line(1250))
    headquarters = Headquarters(one)
    headquarters.returned = {0: 1000}
    here, there = one.member().account, two.member(CARD).account

    with pytest.raises(NotAllowedError, match="credited already"):
        asking(two, headquarters).hearing.claim(ClaimAsk("C-1", there, slip=slip_of(one)), by=BY)
    with pytest.raises(NotAllowedError, match="credited already"):
        asking(one, headquarters).hearing.claim(ClaimAsk("C-1", here, sale="S-1"), by=BY)


def test_without_a_line_only_the_till_that_sold_can_credit_it(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    one.sell("S-1", line(1250))
    headquarters = Headquarters(one)
    headquarters.silent = True

    with pytest.raises(NotAllowedError, match="cannot say now"):
        asking(two, headquarters).hearing.claim(ClaimAsk("C-1", two.member().account, slip=slip_of(one)), by=BY)

    account = one.member().account
    asking(one, headquarters).hearing.claim(ClaimAsk("C-1", account, sale="S-1"), by=BY)
    assert points(one, account) == 12


def test_a_sale_of_another_till_that_has_a_member_is_not_claimed(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    one.sell("S-1", line(1250), account=one.member().account)

    with pytest.raises(NotAllowedError, match="has a member already"):
        asking(two, Headquarters(one)).hearing.claim(ClaimAsk("C-1", two.member().account, slip=slip_of(one)), by=BY)
