import pytest

from agent.errors import InvalidError
from agent.journal.staff.people import check_pin, fits, hash_pin

SALT = bytes(16)


def test_a_pin_fits_what_was_kept_of_it_and_no_other_does() -> None:
    kept = hash_pin("4071", SALT)

    assert fits("4071", kept)
    assert not fits("4072", kept)


def test_what_is_kept_is_an_argon2id_string_that_has_not_the_pin_in_it() -> None:
    kept = hash_pin("40713958", SALT)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "40713958" not in kept


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "$2b$12$abcdefghijklmnopqrstuv"])
def test_nothing_fits_what_is_no_hash(kept: str) -> None:
    assert not fits("4071", kept)


@pytest.mark.parametrize("pin", ["", "407", "407139580", "40a1", "4 71", "٤٠٧١", "1111", "1234", "9876", "7890"])
def test_a_pin_that_is_none_or_the_first_to_be_tried_is_refused_and_not_repeated(pin: str) -> None:
    with pytest.raises(InvalidError) as refused:
        check_pin(pin)

    assert not pin or pin not in str(refused.value)
