from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import GoodwillAnswer, GoodwillAsk, Why
from agent.errors import ApprovalNeededError, NotAllowedError, OpConflictError, UnknownError
from tests.counter.shops import BY, Shop, open_shop
from tests.loyalty.shops import MONEY, POINTS, programme


@pytest.fixture
def giving(tmp_path: Path) -> Iterator[Shop]:
    """A shop in which a supervisor may give 100 points a day."""
    with open_shop(tmp_path, programme=programme(POINTS, MONEY, "[supervision]\ngoodwill_most = 100\n")) as opened:
        yield opened


def give(
    shop: Shop, op: str, account: str, units: int = 40, *, by: str = "vera", unit: str = "points"
) -> GoodwillAnswer:
    shop.counter.signing.vouch(op, by)
    return shop.counter.hearing.give(GoodwillAsk(op, account, unit, units, Why.WAITED), by=BY)


def test_a_supervisor_gives_units_and_the_entry_says_why(giving: Shop) -> None:
    account = giving.member().account

    given = give(giving, "G-1", account)
    again = give(giving, "G-1", account)

    assert (given.units, given.approved_by, given.member.balances["points"]) == (40, "vera", 40)
    assert again.repeated
    recorded = giving.ledger.find("G-1")
    assert recorded is not None
    assert recorded.entry.kind == "adjustment"
    assert recorded.entry.body == {"account": account, "approved_by": "vera", "reason": "waited"}


def test_nobody_gives_without_a_supervisor(giving: Shop) -> None:
    account = giving.member().account

    with pytest.raises(ApprovalNeededError):
        giving.counter.hearing.give(GoodwillAsk("G-1", account, "points", 1, Why.MISSED), by=BY)


def test_a_supervisor_gives_no_more_than_the_programme_says_on_a_day(giving: Shop) -> None:
    account = giving.member().account
    give(giving, "G-1", account, 60)

    with pytest.raises(NotAllowedError, match="may give 100 a day and has given 60"):
        give(giving, "G-2", account, 41)

    assert give(giving, "G-3", account, 40).member.balances["points"] == 100
    assert give(giving, "G-4", account, 100, by="leo").member.balances["points"] == 200  # another's own


def test_what_is_no_unit_of_the_programme_is_not_given(giving: Shop) -> None:
    account = giving.member().account

    with pytest.raises(UnknownError):
        give(giving, "G-1", account, unit="spend")
    give(giving, "G-2", account)
    with pytest.raises(OpConflictError):
        give(giving, "G-2", account, 41)


def test_where_the_programme_says_nothing_nothing_is_given(shop: Shop) -> None:
    with pytest.raises(NotAllowedError, match="may give 0 a day"):
        give(shop, "G-1", shop.member().account, 1)
