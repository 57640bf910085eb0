from collections.abc import Callable
from typing import Any

import pytest

from agent.counter import EnrolAsk, RedeemAsk, RefundAsk, RefundLine, SaleAsk, UndoAsk
from agent.errors import InvalidError
from tests.counter.shops import line

ASKS: list[Callable[[str, str | None], object]] = [
    lambda op, staff: SaleAsk(op, (line(1),), staff=staff),
    lambda op, staff: RedeemAsk(op, "account", "money", staff=staff),
    lambda op, staff: RefundAsk(op, (RefundLine("S-1", 0, 1000),), staff=staff),
    lambda op, staff: UndoAsk(op, "R-1", staff=staff),
    lambda op, staff: EnrolAsk(op, name="Ana", staff=staff),
]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("op", ["", "a" * 65, " a", "a ", "a\n", "ä"])
def test_an_op_that_is_none_is_refused(ask: Callable[[str, str | None], object], op: str) -> None:
    with pytest.raises(InvalidError):
        ask(op, None)


@pytest.mark.parametrize("ask", ASKS)
def test_a_staff_id_that_looks_like_a_name_is_refused_and_not_repeated(
    ask: Callable[[str, str | None], object],
) -> None:
    with pytest.raises(InvalidError) as refused:
        ask("op", "Ana Testova")

    assert "Testova" not in str(refused.value)


@pytest.mark.parametrize("sold_at", ["yesterday", "2024-13-01T10:00:00", "2024-05-01T10:00:00+02:00", ""])
def test_a_time_that_is_no_local_time_is_refused(sold_at: str) -> None:
    with pytest.raises(InvalidError):
        SaleAsk("op", (line(1),), sold_at=sold_at)
    with pytest.raises(InvalidError):
        RefundAsk("op", without_receipt=(line(1),), refunded_at=sold_at)


def test_a_redemption_named_twice_is_refused() -> None:
    with pytest.raises(InvalidError):
        SaleAsk("op", (line(1),), redemptions=("R-1", "R-1"))


def test_a_refund_has_one_line_at_least_and_not_endlessly_many() -> None:
    for lines in ((), (RefundLine("S-1", 0, 1),) * 2001):
        with pytest.raises(InvalidError):
            RefundAsk("op", lines)


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"name": "  "},
        {"name": "A" * 81},
        {"name": "Ana\x07Testova"},
        {"phone": "12345"},
        {"phone": "call me 0700111222"},
        {"phone": "0" * 25},
        {"name": "Ana", "email": "testova"},
        {"name": "Ana", "birthday": "1.2.1990"},
        {"name": "Ana", "card": "925000000001", "account": "abc"},
    ],
)
def test_a_member_who_cannot_be_is_refused_without_repeating_what_was_typed(typed: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as refused:
        EnrolAsk("op", **typed)

    for value in typed.values():
        assert value not in str(refused.value).replace("name@example.com", "")


def test_the_digest_of_a_sale_depends_on_its_content_and_not_on_its_op() -> None:
    ask = SaleAsk("S-1", (line(1),))

    assert ask.digest() == SaleAsk("S-2", (line(1),)).digest()
    assert ask.digest() != SaleAsk("S-1", (line(2),)).digest()
    assert len(ask.digest()) == 16
