import pytest

from agent.devices.categories import Category
from agent.errors import FailureError
from agent.upkeep.calibration.bursts import Finding, Reading
from agent.upkeep.calibration.labels import LABEL, find_label, shown


def found(text: str, gap_s: float = 0.002) -> Finding:
    finding = find_label([Reading(text)], longest_gap_s=gap_s)
    assert finding is not None
    return finding


def test_a_scanner_as_it_should_be_needs_no_setting() -> None:
    finding = found(f"]C0{LABEL}\r")

    assert finding.category is Category.SCANNER
    assert finding.settings == {"prefix": None, "suffix": None, "idle_s": None, "one_line": None}
    assert finding.advice == ()
    assert finding.facts == {
        "letters": "as printed",
        "prefix": "none",
        "suffix": "<CR>",
        "symbology identifier": "]C0",
        "longest gap": "2 ms",
    }


@pytest.mark.parametrize(
    ("text", "prefix", "suffix", "identifier"),
    [
        (f"~]Q1{LABEL}#\r", "~", "#\r", "]Q1"),
        (f"~{LABEL}\r\n", "~", None, "none"),
        (f"\x02{LABEL}\x03", None, None, "none"),
        (f"]{LABEL}\t", "]", None, "none"),
        (f"]C0\x02{LABEL}\r", "]C0\x02", None, "none"),
    ],
)
def test_what_frames_a_label_becomes_settings(
    text: str, prefix: str | None, suffix: str | None, identifier: str
) -> None:
    finding = found(text)

    assert (finding.settings["prefix"], finding.settings["suffix"]) == (prefix, suffix)
    assert finding.facts["symbology identifier"] == identifier


def test_without_a_suffix_the_pause_is_as_short_as_the_reader_allows() -> None:
    finding = found(f"]C0{LABEL}")

    assert finding.settings["idle_s"] == 0.15
    assert "every label takes 0.15 s longer" in finding.advice[0]


@pytest.mark.parametrize(
    ("label", "letters"),
    [
        (LABEL.upper(), "turned into capitals"),
        (LABEL.lower(), "turned into small letters"),
        (LABEL.swapcase(), "capitals and small letters swapped"),
    ],
)
def test_a_changed_case_is_told(label: str, letters: str) -> None:
    finding = found(f"]C0{label}\r")

    assert finding.facts["letters"] == letters
    assert "case conversion" in finding.advice[0]


def test_a_layout_without_latin_letters_is_known_by_digits_and_signs() -> None:
    finding = find_label([Reading("]C0;2:4?6-8\n", {"layout": "ru", "caps_lock": False})], longest_gap_s=0)

    assert finding is not None
    assert finding.settings["layout"] == "ru"
    assert "us layout" in finding.advice[0]


def test_the_likeliest_of_several_readings_is_taken() -> None:
    readings = [Reading("qA<", {"layout": "fr"}), Reading(LABEL, {"layout": "us"}), Reading(LABEL, {"layout": "ro"})]

    finding = find_label(readings, longest_gap_s=0)

    assert finding is not None
    assert finding.settings["layout"] == "us"


def test_a_label_as_printed_is_likelier_than_one_with_swapped_letters() -> None:
    readings = [
        Reading(LABEL.swapcase(), {"layout": "us", "caps_lock": False}),
        Reading(LABEL, {"layout": "us", "caps_lock": True}),
    ]

    finding = find_label(readings, longest_gap_s=0)

    assert finding is not None
    assert finding.settings["caps_lock"] is True


def test_ssi_packets_are_known_by_their_header() -> None:
    packet = f"\x11\xf3\x00\x00\x03{LABEL}\xfe\x12"

    assert found(packet).in_packets
    assert found(packet + packet).in_packets  # a scanner that is not answered sends it again


@pytest.mark.parametrize("text", ["4111111111111111", "", "%B123?", LABEL[:-1]])
def test_any_other_label_is_not_looked_at(text: str) -> None:
    assert find_label([Reading(text)], longest_gap_s=0) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{LABEL}\r{LABEL}\r", "scan it once"),
        (f"{LABEL}\r982600000000012\r", "scan the label alone"),
        (f"1234{LABEL}\r", "scan the label alone"),
        (f"abcdefghi{LABEL}\r", "scan the label alone"),
    ],
)
def test_something_else_beside_the_label_is_refused_and_not_shown(text: str, said: str) -> None:
    with pytest.raises(FailureError, match=said) as error:
        found(text)

    assert not any(digits in str(error.value) for digits in ("982600", "1234", "abcdefghi"))


def test_invisible_characters_are_shown_by_name() -> None:
    assert shown("~ \x02\r\n\t\x1d") == "~<space><STX><CR><LF><TAB><0x1D>"
    assert shown("") == "none"
