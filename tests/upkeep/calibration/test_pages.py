from pathlib import Path

import pytest

from agent.devices.escpos.model import Model, load_model
from agent.errors import InvalidError
from agent.upkeep.calibration.pages import CANDIDATES, candidate_lines, candidate_slip, read_picks


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("default", code_pages={}, font=None)


def lines_of(slip: bytes) -> list[bytes]:
    return [line for line in slip.split(b"\n") if b"=" in line]


def test_every_number_of_every_page_has_a_line_that_begins_with_what_to_pick(model: Model) -> None:
    lines = lines_of(candidate_slip(model, 32))

    picks = [f"{each.page}={number}" for each in CANDIDATES for number in each.numbers]
    assert len(lines) == len(picks)
    assert all(f"{pick:<4} ".encode() in line for pick, line in zip(picks, lines, strict=True))
    assert len(set(picks)) == len(picks)


def test_a_line_selects_its_number_and_stands_in_its_page(model: Model) -> None:
    slip = candidate_slip(model, 32)

    (line,) = [line for line in lines_of(slip) if b"CP866=7 " in line]
    assert b"\x1bt\x07CP866=7   " in line
    assert line.endswith("Щука, ёж: мышь".encode("cp866"))


def test_every_sample_stands_in_its_page_as_it_is_apart_from_romanian(model: Model) -> None:
    slip = candidate_slip(model, 32)

    for each in CANDIDATES:
        sample = each.sample.translate(str.maketrans("șțȘȚ", "şţŞŢ"))
        assert sample.encode(each.page) in slip


def test_lines_fit_the_narrowest_paper(model: Model) -> None:
    longest = max(len(f"{each.page}={max(each.numbers):<3} {each.sample}") for each in CANDIDATES)

    assert longest <= 32
    assert candidate_slip(model, 32)


def test_above_the_lines_the_sample_is_drawn_where_there_is_a_font(model: Model) -> None:
    font = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
    if not font.exists():
        pytest.skip("needs fonts-dejavu-core")
    with_font = load_model("default", code_pages={}, font=font)

    assert candidate_slip(with_font, 32).count(b"\x1dv0") == len(CANDIDATES)
    assert b"\x1dv0" not in candidate_slip(model, 32)


def test_the_terminal_shows_how_each_page_should_look() -> None:
    assert candidate_lines()[0].split() == ["CP852", "ăâîșț", "ĂÂÎȘȚ", "Romanian"]


def test_picks_become_code_pages() -> None:
    assert read_picks(["CP852=18", "866=17", " cp1251=46", "ISO_8859-2=39"]) == {
        "CP852": 18,
        "CP866": 17,
        "CP1251": 46,
        "ISO_8859-2": 39,
    }
    assert read_picks([]) == {}


@pytest.mark.parametrize("pick", ["12", "CP852", "CP852=", "=18", "CP852=18=19", "CP852=1234", "CP852=-1", ""])
def test_what_is_no_pick_is_refused(pick: str) -> None:
    with pytest.raises(InvalidError, match="is no pick"):
        read_picks([pick])


@pytest.mark.parametrize(("pick", "said"), [("CP8520=18", "did you mean 'CP852'"), ("CP852=256", "must be 0 to 255")])
def test_a_page_or_number_that_cannot_be_is_named(pick: str, said: str) -> None:
    with pytest.raises(InvalidError, match=said) as error:
        read_picks([pick])

    assert "CP852=18" in error.value.hint
