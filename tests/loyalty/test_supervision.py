import pytest

from agent.errors import ProgrammeError
from agent.loyalty.programme import load
from agent.loyalty.programme.radar import Radar
from agent.loyalty.programme.supervision import Supervision
from tests.loyalty.shops import POINTS, programme

WHOLE = """
[supervision]
sign_in = true
refund_above = "50.00"
void_minutes = 10
replace_card = true
move_sale = true
goodwill_most = 500
[radar]
days = 14
burst = 5
burst_minutes = 30
same_staff = 9
share = 70
refunds = 4
claims = 20
travel_minutes = 0
"""


def test_every_key_is_read() -> None:
    shop = programme(POINTS, WHOLE)

    assert shop.supervision == Supervision(
        sign_in=True, refund_above=5000, void_minutes=10, replace_card=True, move_sale=True, goodwill_most=500
    )
    assert shop.radar == Radar(14, 5, 30, 9, 70, 4, 20, 0)


def test_what_is_left_out_asks_nobody_and_has_the_usual_radar() -> None:
    shop = programme(POINTS)

    assert shop.supervision == Supervision()
    assert shop.radar == Radar()


@pytest.mark.parametrize(
    "line", ["[supervision]\nvoid_minutes = -1", "[radar]\nshare = 0", "[radar]\ndays = 93", "[supervision]\npin = 1"]
)
def test_what_is_outside_its_limit_or_unknown_is_refused(line: str) -> None:
    with pytest.raises(ProgrammeError):
        load(f'name = "x"\ncurrency = "EUR"\n[[cards]]\nprefix = "92"\nlength = 12\n{line}\n'.encode())
