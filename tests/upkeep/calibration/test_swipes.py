import pytest

from agent.devices.categories import Category
from agent.devices.swipes import lrc_of
from agent.errors import FailureError
from agent.upkeep.calibration.bursts import Finding, Reading
from agent.upkeep.calibration.swipes import find_swipe

ONE = "%B4111111111111111^DOE/JANE^30121010000?"  # Visa's test number
TWO = ";4111111111111111=30121010000?"
OWN = ";982600000017?"


def found(text: str, gap_s: float = 0.002) -> Finding:
    finding = find_swipe([Reading(text)], longest_gap_s=gap_s)
    assert finding is not None
    return finding


def frame(text: str) -> str:
    data = b"\x02" + text.encode() + b"\x03"
    lrc = 0
    for byte in data:
        lrc ^= byte
    return (data + bytes([lrc])).decode("latin-1")


def test_enter_after_two_tracks_ends_a_swipe() -> None:
    finding = found(f"{ONE}{TWO}\r")

    assert finding.category is Category.MSR
    assert finding.settings == {"one_line": True, "lrc": "none", "idle_s": None, "prefix": None, "suffix": None}
    assert finding.advice == ()


@pytest.mark.parametrize("text", [f"{ONE}\r{TWO}\r", f"{ONE}\r\n{TWO}", f"{ONE}{TWO}"])
def test_enter_between_tracks_or_nowhere_ends_no_swipe(text: str) -> None:
    finding = found(text)

    assert finding.settings["one_line"] is False
    assert finding.settings["idle_s"] == 0.15


def test_one_track_does_not_tell_what_enter_means() -> None:
    finding = found(f"{OWN}\r")

    assert finding.settings["one_line"] is None
    assert "two tracks" in finding.advice[0]


def test_etx_ends_a_swipe_without_being_told() -> None:
    finding = found(f"\x02{ONE}{TWO}\x03")

    assert finding.facts["Enter"] == "not sent; ETX ends a swipe"
    assert finding.settings["idle_s"] is None
    assert finding.advice == ()


@pytest.mark.parametrize(
    ("text", "lrc"),
    [
        (f"{ONE}{TWO}\r", "none"),
        (f"{ONE}{lrc_of(ONE)}{TWO}{lrc_of(TWO)}\r", "track"),
        (f"{ONE}{lrc_of(ONE)}{TWO}x\r", "none"),
        (f"%E?{TWO}{lrc_of(TWO)}\r", "track"),
        (frame(ONE + TWO), "frame"),
    ],
)
def test_check_characters_are_found(text: str, lrc: str) -> None:
    assert found(text).settings["lrc"] == lrc


@pytest.mark.parametrize("text", [f"{ONE}{TWO}\r", f"{ONE}\r{TWO}\r", f"%E?{TWO}", f"\x02{ONE}{TWO}\x03"])
def test_nothing_of_the_card_is_kept(text: str) -> None:
    finding = found(text)

    kept = repr(finding)
    assert "4111" not in kept
    assert "1111" not in kept
    assert "DOE" not in kept
    assert "3012" not in kept


def test_a_bank_card_is_named_and_no_more() -> None:
    assert found(";4242424242424242=30121010000?\r").facts["card"] == "a bank card; nothing of it was kept"
    assert found(f"{OWN}\r").facts["card"] == "no bank card"


def test_the_layout_is_the_one_in_which_the_tracks_are_written_right() -> None:
    readings = [
        Reading("ș4111111111111111=30121010000?\n", {"layout": "ro"}),
        Reading(ONE.lower() + TWO + "\n", {"layout": "us", "caps_lock": False}),
        Reading(ONE + TWO + "\n", {"layout": "us", "caps_lock": True}),
    ]

    finding = find_swipe(readings, longest_gap_s=0)

    assert finding is not None
    assert finding.settings["layout"] == "us"
    assert finding.settings["caps_lock"] is True


def test_a_reading_that_explains_everything_is_likelier_than_the_first() -> None:
    readings = [
        Reading(f"{ONE}<41111111=", {"layout": "us"}),
        Reading(f"{ONE}{TWO}\n", {"layout": "ro"}),
    ]

    finding = find_swipe(readings, longest_gap_s=0)

    assert finding is not None
    assert finding.settings["layout"] == "ro"


def test_what_a_reader_sends_around_a_card_is_counted_not_shown() -> None:
    assert found(f"ABC{ONE}{TWO}\r").advice == ("switch off the 3 characters that the reader sends around a card",)


@pytest.mark.parametrize("text", ["", "4111111111111111\r", "hello", f"{OWN} and much more than a suffix", "%abc?"])
def test_what_is_no_swipe_is_none(text: str) -> None:
    assert find_swipe([Reading(text)], longest_gap_s=0) is None


@pytest.mark.parametrize(("text", "said"), [(f"{TWO}\r{TWO}\r", "swipe it once"), ("%E?;E?\r", "no track")])
def test_a_swipe_that_tells_nothing_is_asked_for_again(text: str, said: str) -> None:
    with pytest.raises(FailureError, match=said):
        found(text)
