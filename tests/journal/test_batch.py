import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JournalError
from agent.journal.batch import ENTRIES_MAX, BatchItem, SealedProfile, pack, unpack
from agent.journal.entry import ENTRY_BYTES_MAX, encode

_profiles = st.builds(SealedProfile, st.text("ab-", max_size=6), st.binary(max_size=30), st.none() | st.binary())
_items = st.builds(BatchItem, st.binary(max_size=40), st.lists(_profiles, max_size=2).map(tuple))
_batches = st.lists(_items, max_size=4)


def _frame(kind: int, payload: bytes) -> bytes:
    return struct.pack(">BI", kind, len(payload)) + payload


@given(_batches)
def test_a_batch_comes_back_as_it_was_packed(items: list[BatchItem]) -> None:
    assert unpack(pack(items)) == items


@given(_batches, st.data())
def test_a_batch_cut_anywhere_is_an_error_or_ends_between_two_frames(
    items: list[BatchItem], data: st.DataObject
) -> None:
    packed = pack(items)
    cut = packed[: data.draw(st.integers(0, len(packed)))]
    try:
        found = unpack(cut)
    except JournalError:
        return

    assert pack(found) == cut  # nothing of it is half an entry
    assert [item.data for item in found] == [item.data for item in items[: len(found)]]


def test_S6_every_cut_inside_a_frame_is_an_error() -> None:
    profile = SealedProfile("a", b"sealed", None)
    packed = pack([BatchItem(b"first", (profile,)), BatchItem(b"second")])
    ends = {0, len(pack([BatchItem(b"first")])), len(pack([BatchItem(b"first", (profile,))])), len(packed)}
    for length in set(range(len(packed))) - ends:
        with pytest.raises(JournalError):
            unpack(packed[:length])


@given(st.binary(max_size=60))
def test_any_bytes_are_a_batch_or_a_journal_error(data: bytes) -> None:
    try:
        items = unpack(data)
    except JournalError:
        return

    assert sum(len(item.data) + 5 for item in items) <= len(data)


def test_an_empty_batch_holds_nothing() -> None:
    assert unpack(pack([])) == []


@pytest.mark.parametrize("kind", [0, 3, 255])
def test_a_frame_of_an_unknown_type_is_an_error(kind: int) -> None:
    with pytest.raises(JournalError, match=f"type {kind} is not expected"):
        unpack(_frame(1, b"entry") + _frame(kind, b""))


def test_a_profile_before_any_entry_is_an_error() -> None:
    with pytest.raises(JournalError, match="type 2 is not expected"):
        unpack(_frame(2, encode({"key": None, "sealed": "", "subject": "a"})))


def test_a_frame_over_the_limit_of_an_entry_is_an_error() -> None:
    assert len(unpack(_frame(1, bytes(ENTRY_BYTES_MAX)))) == 1

    with pytest.raises(JournalError, match=f"says {ENTRY_BYTES_MAX + 1} bytes"):
        unpack(_frame(1, bytes(ENTRY_BYTES_MAX + 1)))


def test_a_batch_holds_no_more_than_its_limit_of_entries() -> None:
    assert len(unpack(_frame(1, b"e") * ENTRIES_MAX)) == ENTRIES_MAX

    with pytest.raises(JournalError):
        unpack(_frame(1, b"e") * (ENTRIES_MAX + 1))


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"key": None, "sealed": ""},
        {"key": None, "sealed": None, "subject": "a"},
        {"key": None, "sealed": "not base64!", "subject": "a"},
        {"key": 7, "sealed": "", "subject": "a"},
        {"key": "é", "sealed": "", "subject": "a"},
    ],
)
def test_a_profile_frame_of_the_wrong_shape_is_an_error(value: dict[str, object]) -> None:
    with pytest.raises(JournalError):
        unpack(_frame(1, b"entry") + _frame(2, encode(value)))


def test_a_profile_frame_that_is_not_canonical_is_an_error() -> None:
    with pytest.raises(JournalError):
        unpack(_frame(1, b"entry") + _frame(2, b'{"subject":"a","sealed":"","key":null}'))


def test_a_batch_that_ends_inside_a_header_says_where() -> None:
    with pytest.raises(JournalError, match=r"^batch ends inside a frame header at byte 7$"):
        unpack(_frame(1, b"{}") + b"\x01\0\0\0")


@pytest.mark.parametrize("field", ["key", "sealed"])
@pytest.mark.parametrize("text", ["Y\nQ==", " YQ==", "YQ==!", "Y-Q=="])
def test_the_bytes_of_a_profile_are_base64_and_nothing_else(field: str, text: str) -> None:
    good = {"key": "YQ==", "sealed": "YQ==", "subject": "a"}
    assert unpack(_frame(1, b"entry") + _frame(2, encode(good)))[0].profiles == (SealedProfile("a", b"a", b"a"),)

    with pytest.raises(JournalError, match=r"^profile frame of the wrong shape: "):
        unpack(_frame(1, b"entry") + _frame(2, encode(good | {field: text})))
