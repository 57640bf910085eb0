import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agent.slips.columns import clean, row, width, wrap

COLUMNS = st.sampled_from([2, 16, 21, 32, 42, 48])


def test_control_characters_in_a_name_never_reach_the_printer() -> None:
    assert clean("An\x1bp\x00\x19na\x1d\x56\x00") == "Anpna V"


def test_characters_that_turn_the_reading_direction_are_dropped() -> None:
    assert clean("\u202eAnna\u2066\u200b") == "Anna"


def test_line_breaks_and_odd_spaces_become_one_space() -> None:
    assert clean(" Anna\r\n\u00a0\t Maria\u2028") == "Anna Maria"


def test_a_combining_accent_takes_no_column_and_a_wide_character_two() -> None:
    assert width("q\u0308") == 1
    assert width("日本") == 4
    assert width("\uff21") == 2


def test_text_is_wrapped_between_words() -> None:
    assert wrap("Still missing to your next reward", 16) == ["Still missing to", "your next reward"]


def test_a_word_longer_than_the_line_is_cut() -> None:
    assert wrap("Donaudampfschiff fahrt", 10) == ["Donaudampf", "schiff", "fahrt"]


def test_a_combining_accent_stays_with_its_letter_at_the_end_of_a_line() -> None:
    assert wrap("abq\u0308cd", 3) == ["abq\u0308", "cd"]


def test_an_empty_text_gives_no_line() -> None:
    assert wrap(" \x00 ", 42) == []


def test_a_value_stands_at_the_right_edge_beside_the_last_line_of_its_label() -> None:
    lines = row("New card: it earns from today and on", "+12", 24)

    assert lines == ["New card: it earns", "from today and on    +12"]


def test_a_value_wider_than_half_the_paper_stands_below_its_label() -> None:
    assert row("2011-12-09", "Proof 7f3a9c2e11d04b55", 32) == ["2011-12-09", " " * 10 + "Proof 7f3a9c2e11d04b55"]


def test_a_label_without_a_value_is_not_padded() -> None:
    assert row("You have reached Gold!", "", 42) == ["You have reached Gold!"]


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from([16, 32, 42, 48]))
def test_no_row_is_wider_than_the_paper_or_holds_a_control_character(left: str, right: str, columns: int) -> None:
    for line in row(left, right, columns):
        assert width(line) <= columns
        assert not any(unicodedata.category(char).startswith("C") for char in line)


@given(st.text(max_size=80), COLUMNS)
def test_wrapping_loses_nothing_but_spaces(text: str, columns: int) -> None:
    assert "".join(wrap(text, columns)).replace(" ", "") == clean(text).replace(" ", "").replace("\u00a0", "")
