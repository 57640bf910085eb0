"""Every number is found however it is written, and nothing is found where there is none."""

from __future__ import annotations

import os
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.loyalty.cards import CardRange
from agent.upkeep.audit.encodings import REACH, find_numbers
from tests.upkeep.audit.writing import BRANDS, VISA, WRITINGS, clean

MEGABYTES = 200


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("number", BRANDS)
def test_a_number_is_found_however_it_is_written(writing: str, number: str) -> None:
    written = WRITINGS[writing](number)
    assert len(written) < REACH

    for around in (b"", b"\n", b'", "'):
        hits = list(find_numbers(around + written + around, ()))

        assert (BRANDS[number], len(number)) in {(hit.brand, hit.digits) for hit in hits}
        assert all(0 <= hit.offset - len(around) <= len(written) for hit in hits)


@pytest.mark.parametrize("writing", WRITINGS)
@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
def test_a_number_is_found_whatever_stands_around_it(writing: str, before: bytes, after: bytes) -> None:
    around = before + b"\n|\n", b"\n|\n" + after

    assert list(find_numbers(around[0] + WRITINGS[writing](VISA) + around[1], ()))


@pytest.mark.parametrize("writing", ["plain", "track 2", "UTF-16", "tag 57"])
def test_a_card_of_our_own_is_no_payment_card(writing: str) -> None:
    written = WRITINGS[writing](VISA)

    assert list(find_numbers(written, ()))
    assert not list(find_numbers(written, (CardRange("4111", 16),)))


@given(st.binary(max_size=2000))
def test_any_bytes_are_searched_without_raising(data: bytes) -> None:
    for hit in find_numbers(data, ()):
        assert 0 <= hit.offset < len(data)


@given(st.text("0123456789abcdf ;=^%BD-.\x00\\xu3MNOTDw", max_size=300))
def test_any_digits_are_searched_without_raising(text: str) -> None:
    list(find_numbers(text.encode(), ()))


@pytest.mark.parametrize("seed", range(4))
def test_what_a_tills_files_are_full_of_is_clean(seed: int) -> None:
    assert list(find_numbers(clean(random.Random(seed), 500), ())) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_what_very_many_tills_files_are_full_of_is_clean() -> None:
    seed = int(os.environ.get("TALLYSTICK_SEED", time.time_ns()))
    print(f"TALLYSTICK_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    chance, searched = random.Random(seed), 0

    while searched < MEGABYTES << 20:
        data = clean(chance, 1000)
        searched += len(data)
        assert [(hit, data[max(hit.offset - 40, 0) : hit.offset + 60]) for hit in find_numbers(data, ())] == []
