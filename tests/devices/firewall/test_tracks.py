"""Splitting swipes, on swipes of many readers (swipes.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.firewall.tracks import Track, split_tracks

SWIPES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "swipes.json").read_text())["swipes"]


@pytest.mark.parametrize("swipe", SWIPES, ids=lambda swipe: str(swipe["id"]))
def test_a_swipe_is_split_into_its_tracks(swipe: dict[str, Any]) -> None:
    seen = split_tracks(swipe["input"])

    assert {str(track.number): track.body for track in seen.tracks} == swipe["tracks"]
    assert list(seen.errors) == swipe["errors"]


@pytest.mark.parametrize(
    "text",
    [
        "%111?;222?+333?\r",
        "%111?\r;222?\r\n+333?\r",  # readers that end every track
        "%111?Z;222?1+333??\r",  # the LRC sent after the end
        ";222?;333?",
    ],
)
def test_a_good_swipe_is_whole(text: str) -> None:
    assert split_tracks(text).whole


@pytest.mark.parametrize("text", ["", "\r", "%111?;E?", "%E?;E?+E?", "%111", ";222=33", "junk;222?", "%111;222?", "E?"])
def test_a_torn_swipe_is_not_whole(text: str) -> None:
    assert not split_tracks(text).whole


def test_a_good_track_beside_a_failed_one_is_kept() -> None:
    assert split_tracks("%E?;9498010000012345?").tracks == (Track(2, "9498010000012345"),)


@pytest.mark.parametrize(("text", "errors"), [("%E?;E?+E?", (1, 2, 3)), (";222?+E?\r", (3,)), ("%111?;222?", ())])
def test_the_reader_says_which_tracks_failed(text: str, errors: tuple[int, ...]) -> None:
    assert split_tracks(text).errors == errors


def test_a_half_track_does_not_swallow_the_next() -> None:
    assert split_tracks("%B123456^DOE;9498010000012345?").tracks == (Track(2, "9498010000012345"),)


def test_the_same_stripe_twice_is_one_track() -> None:
    assert split_tracks(";123456?\r;123456?\r").tracks == (Track(2, "123456"),)


@given(st.text("%;+?=^E19 \r"))
def test_any_bytes_are_split_without_raising(text: str) -> None:
    for track in split_tracks(text).tracks:
        assert track.body in text
