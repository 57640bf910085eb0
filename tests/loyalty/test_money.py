import pytest

from agent.loyalty.money import minor_digits


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("EUR", 2), ("GBP", 2), ("RON", 2), ("JPY", 0), ("ISK", 0), ("KWD", 3), ("TND", 3), ("CLF", 4), ("XTS", 2)],
)
def test_a_currency_has_the_minor_digits_of_iso_4217(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits
