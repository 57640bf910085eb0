import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import ChainBrokenError
from agent.journal import chain
from agent.journal.entry import Posting
from tests.journal.values import EPOCH, TILL, Rows, chained, chains, entry


def _verify(rows: Rows, **start: Any) -> tuple[int, bytes]:
    return chain.verify(rows, till=TILL, epoch=EPOCH, **start)


def _flipped(rows: Rows, at: int, column: int, bit: int) -> Rows:
    """The rows with one bit of the hash (column 0) or the bytes (column 1) of one of them changed."""
    cell = bytearray(rows[at][column])
    cell[bit // 8] ^= 1 << bit % 8
    row = (bytes(cell), rows[at][1]) if column == 0 else (rows[at][0], bytes(cell))
    return [*rows[:at], row, *rows[at + 1 :]]


@given(chains())
def test_a_whole_chain_verifies_to_its_last_entry(rows: Rows) -> None:
    assert _verify(rows) == (len(rows), rows[-1][0])


@given(chains(entries_min=2), st.data())
def test_a_chain_verifies_from_any_of_its_entries_on(rows: Rows, data: st.DataObject) -> None:
    seq = data.draw(st.integers(1, len(rows) - 1))

    assert _verify(rows[seq:], seq=seq, head=rows[seq - 1][0]) == (len(rows), rows[-1][0])


def test_nothing_after_a_place_is_that_place() -> None:
    assert _verify([]) == (0, chain.GENESIS)
    assert _verify([], seq=7, head=b"h" * 32) == (7, b"h" * 32)


def test_a_hash_is_the_sha_256_of_the_hash_before_and_the_bytes() -> None:
    assert chain.link(b"\1" * 32, b"{}") == hashlib.sha256(b"\1" * 32 + b"{}").digest()


@given(chains(), st.data())
def test_any_flipped_bit_is_found(rows: Rows, data: st.DataObject) -> None:
    at, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.sampled_from([0, 1]))
    changed = _flipped(rows, at, column, data.draw(st.integers(0, len(rows[at][column]) * 8 - 1)))

    with pytest.raises(ChainBrokenError, match=f"entry {at + 1} of till 'till-1'"):
        _verify(changed)


@given(chains(entries_min=2), st.data())
def test_any_two_entries_changing_places_are_found(rows: Rows, data: st.DataObject) -> None:
    one, other = sorted(data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=2, max_size=2, unique=True)))
    swapped = list(rows)
    swapped[one], swapped[other] = swapped[other], swapped[one]

    with pytest.raises(ChainBrokenError, match=f"entry {one + 1} "):
        _verify(swapped)


@given(chains(), st.data())
def test_any_entry_put_in_is_found(rows: Rows, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows)))
    put_in = data.draw(st.sampled_from([*rows, *chained([entry(at + 1, body={"forged": True})])]))
    longer = [*rows[:at], put_in, *rows[at:]]
    if put_in[0] == chain.link(rows[at - 1][0] if at else chain.GENESIS, put_in[1]) and at == len(rows):
        return  # a good entry at the end is an entry appended

    with pytest.raises(ChainBrokenError):
        _verify(longer)


@given(chains(entries_min=2), st.data())
def test_any_inner_cut_is_found(rows: Rows, data: st.DataObject) -> None:
    low = data.draw(st.integers(0, len(rows) - 2))
    high = data.draw(st.integers(low + 1, len(rows) - 1))

    with pytest.raises(ChainBrokenError, match=f"entry {low + 1} "):
        _verify(rows[:low] + rows[high:])


@given(chains(entries_min=2), st.data())
def test_a_cut_tail_shows_against_any_known_head(rows: Rows, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, len(rows) - 1))

    assert _verify(rows[:left]) != (len(rows), rows[-1][0])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"seq": 3}, "says it is entry 3"),
        ({"till": "till-2"}, "of till 'till-2'"),
        ({"epoch": "cd" * 16}, "epoch cdcdcdcd"),
        ({"postings": (Posting("points", "issuance", -1),)}, "entry 2 of till .* sum to -1"),
    ],
)
def test_an_entry_that_links_but_does_not_belong_is_found(fields: dict[str, Any], message: str) -> None:
    rows = chained([entry(1), replace(entry(2), **fields)])

    with pytest.raises(ChainBrokenError, match=message):
        _verify(rows)


@pytest.mark.parametrize("data", [b"{}", b"not json", b'{"a": 1}'])
def test_bytes_that_link_but_are_no_entry_are_found(data: bytes) -> None:
    with pytest.raises(ChainBrokenError, match="entry 1 of till 'till-1'"):
        _verify([(chain.link(chain.GENESIS, data), data)])


def test_the_chain_of_another_till_does_not_pass_for_this_one() -> None:
    rows = chained([entry(1)])

    with pytest.raises(ChainBrokenError, match="till 'other'"):
        chain.verify(rows, till="other", epoch=EPOCH)


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(chains(entries_min=2), st.data())
def test_any_flip_in_any_of_very_many_chains_is_found(rows: Rows, data: st.DataObject) -> None:
    at, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.sampled_from([0, 1]))
    with pytest.raises(ChainBrokenError):
        _verify(_flipped(rows, at, column, data.draw(st.integers(0, len(rows[at][column]) * 8 - 1))))


def test_what_does_not_fit_is_said() -> None:
    (digest, data), (other, _) = chained([entry(1), entry(2)])
    with pytest.raises(ChainBrokenError, match=r"^entry 1 of till 'till-1' epoch abababab: its hash does not fit$"):
        _verify([(other, data)])
    with pytest.raises(ChainBrokenError, match=r"epoch abababab: its bytes cannot be read$"):
        chain.follow(chain.GENESIS, digest, None, till=TILL, epoch=EPOCH, seq=1)  # type: ignore[arg-type]  # as read
    with pytest.raises(ChainBrokenError) as caught:
        chain.check_place(entry(1), till="till-2", epoch="cd" * 16, seq=3)
    said = "it says it is entry 1 of till 'till-1' epoch abababab, not 3 of 'till-2' epoch cdcdcdcd"
    assert str(caught.value) == said
