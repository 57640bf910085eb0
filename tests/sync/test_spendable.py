"""What the cashier sees before a redemption: what may be spent here whatever headquarters says."""

from pathlib import Path

from agent.counter import Counter, SaleAsk
from agent.ledger.kept.apart import note_forked
from agent.loyalty.sale import Line as SaleLine
from tests.sync.chain import PROGRAMME_OF_CHAIN
from tests.sync.halves import Till
from tests.sync.test_spending import OPEN, direct, pair

__all__ = ["pair"]


def _spendable(till: Till) -> int:
    return till.read_card(1).spendable["points"]


def test_under_online_it_is_what_headquarters_has_not_seen(pair: tuple[Till, Till], chain: tuple[Path, str]) -> None:
    one, two = pair
    for till in pair:
        direct(till)
        assert _spendable(till) == 0

    one.sell(120, card=1)

    assert (_spendable(one), one.points(1)) == (120, 1120)
    assert _spendable(two) == 0
    one.meet()
    assert _spendable(one) == 0


def test_under_open_it_is_what_the_member_has(pair: tuple[Till, Till]) -> None:
    one, _ = pair
    direct(one)
    one.counter.use(OPEN)

    assert _spendable(one) == one.points(1) == 1000


def test_by_stick_nobody_knows_what_headquarters_has_seen(pair: tuple[Till, Till]) -> None:
    one, _ = pair
    asks = direct(one)
    one.sell(120, card=1)

    asks.by_stick = True

    assert _spendable(one) == 0


def test_a_till_that_asks_nobody_spends_what_it_knows(pair: tuple[Till, Till]) -> None:
    one, _ = pair
    one.counter = Counter(one.ledger, PROGRAMME_OF_CHAIN, recorded=lambda: None)

    assert _spendable(one) == 1000


def test_while_two_machines_speak_as_this_till_it_is_nothing(pair: tuple[Till, Till]) -> None:
    one, _ = pair
    one.counter.use(OPEN)
    note_forked(one.ledger, is_forked=True)

    assert _spendable(one) == 0


def test_a_preview_says_it_as_well(pair: tuple[Till, Till]) -> None:
    one, _ = pair
    direct(one)
    one.sell(120, card=1)
    member = one.read_card(1)

    answer = one.counter.preview(
        SaleAsk("P-1", (SaleLine("mug", 1000, 500),), account=member.account, card=member.card)
    )

    assert answer.member is not None
    assert answer.member.spendable["points"] == 120
