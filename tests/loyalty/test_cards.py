import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.loyalty.cards import CardRange, Check, Source, check_digit

LUHN = CardRange("9250", 12, Check.LUHN)
CHIP = CardRange("04", 14, source=Source.CHIP)

_payloads = st.text("0123456789", min_size=7, max_size=7)


@pytest.mark.parametrize(
    ("payload", "check", "digit"),
    [
        ("7992739871", Check.LUHN, "3"),
        ("92500000001", Check.LUHN, "6"),  # 2*9-9 + 2 + 2*5-9 + 2*1 = 14
        ("0000000", Check.LUHN, "0"),
        ("400638133393", Check.EAN, "1"),  # an EAN-13
        ("9638507", Check.EAN, "4"),  # an EAN-8
    ],
)
def test_the_check_digit_is_that_of_its_standard(payload: str, check: Check, digit: str) -> None:
    assert check_digit(payload, check) == digit


@given(_payloads)
def test_a_number_with_its_check_digit_is_covered(payload: str) -> None:
    number = "9250" + payload

    assert LUHN.covers(number + check_digit(number, Check.LUHN), Source.NUMBER)


@given(_payloads, st.integers(4, 11), st.integers(1, 9), st.sampled_from([Check.LUHN, Check.EAN]))
def test_any_one_mistyped_digit_is_noticed(payload: str, at: int, more: int, check: Check) -> None:
    good = "9250" + payload + check_digit("9250" + payload, check)
    wrong = good[:at] + str((int(good[at]) + more) % 10) + good[at + 1 :]

    assert not CardRange("9250", 12, check).covers(wrong, Source.NUMBER)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "9250",
        "92500000000",  # too short
        "9250000000042",  # too long
        "9826000000006",
        "925000000013",  # check digit
        "9250000000\u0661\u0664",  # digits, but not ASCII's
        "92500000001 ",
        "9250-0000001",
    ],
)
def test_a_number_outside_the_range_is_not_covered(number: str) -> None:
    assert not LUHN.covers(number, Source.NUMBER)


@pytest.mark.parametrize("number", ["9250abcdefgh", "9250\x00\x00\x00\x00\x00\x00\x00\x00", "9250 0000000"])
def test_a_number_is_digits_even_where_no_check_digit_is_asked_for(number: str) -> None:
    assert CardRange("9250", 12).covers("925000000000", Source.NUMBER)
    assert not CardRange("9250", 12).covers(number, Source.NUMBER)


def test_a_chip_is_known_by_its_upper_case_uid() -> None:
    assert CHIP.covers("04A1B2C3D4E5F6", Source.CHIP)
    assert not CHIP.covers("04a1b2c3d4e5f6", Source.CHIP)
    assert not CHIP.covers("04A1B2C3D4E5FG", Source.CHIP)


def test_a_typed_number_is_never_a_chip_nor_a_chip_a_number() -> None:
    assert not CHIP.covers("04000000000000", Source.NUMBER)
    assert not LUHN.covers("925000000014", Source.CHIP)
