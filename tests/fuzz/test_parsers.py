"""Any bytes give a read, an error of ours, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import PARSERS, survives
from tests.fuzz.seeds import seeds
from tests.fuzz.wires import in_pieces, pieces

SEEDS = seeds()
# What framing, tracks, reports, labels and records are made of: more of it than chance would send.
TELLING = [
    b"\x02",
    b"\x03",
    b"\r\n",
    b"%",
    b";",
    b"?",
    b"+",
    b"E?",
    b"\x1d",
    b"]C1",
    b"\x00",
    b"\xff",
    b"\x10\x04",
    b"\x90\x00",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A published case with a piece cut out of it and something else in its place."""
    seed = draw(st.sampled_from(SEEDS))
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(seed))] * 2)))
    return seed[:first] + draw(st.sampled_from(TELLING) | st.binary(max_size=8)) + seed[last:]


STREAMS = st.builds(
    lambda choice, parts: in_pieces(parts, choice=choice),
    st.integers(0, 255),
    st.lists(st.sampled_from(TELLING) | st.binary(max_size=40) | st.just(b""), max_size=12),
)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300) | STREAMS | damaged())
def test_any_bytes_are_read_or_refused_by_name(name: str, data: bytes) -> None:
    survives(PARSERS[name], data)


@pytest.mark.parametrize("name", PARSERS)
def test_every_published_case_is_read_or_refused_by_name(name: str) -> None:
    for seed in SEEDS:
        survives(PARSERS[name], seed)


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("character", [b"4", b"%", b";", b"?", b"\x00", b"\xff"])
def test_ten_thousand_characters_are_read_or_refused_by_name(name: str, character: bytes) -> None:
    track = b"%B" + character * 10_000 + b"?\r"

    survives(PARSERS[name], track)
    survives(PARSERS[name], in_pieces([track]))


@given(st.lists(st.binary(min_size=1, max_size=255), max_size=8), st.integers(0, 255))
def test_an_input_is_taken_apart_as_it_was_put_together(parts: list[bytes], choice: int) -> None:
    assert list(pieces(in_pieces(parts, choice=choice)[1:])) == parts
