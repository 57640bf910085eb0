import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JournalError
from agent.journal.chain import GENESIS
from agent.journal.feed import Cursor
from agent.journal.stick.messages import Batch, FromHq, FromTill
from agent.journal.stick.sealing import open_sealed, seal
from agent.journal.wire import Position

KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
frames = st.lists(st.binary(max_size=40), max_size=5)


@given(frames)
def test_what_is_sealed_is_read_again(pieces: list[bytes]) -> None:
    sealed = open_sealed(seal({"a": 1}, pieces, KEY))

    sealed.check(PUBLIC)
    assert (sealed.head, sealed.frames) == ({"a": 1}, tuple(pieces))


@given(frames, st.data())
def test_a_file_that_was_cut_or_changed_anywhere_is_refused(pieces: list[bytes], data: st.DataObject) -> None:
    whole = seal({"a": 1}, pieces, KEY)
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]

    for bad in (whole[:at], flipped, whole + b"\0"):
        with pytest.raises(JournalError):
            open_sealed(bad).check(PUBLIC)


def test_both_messages_are_read_again() -> None:
    position = Position("e" * 32, 3, b"h" * 32)
    there = FromTill("corner/1", Cursor("f" * 32, 9), (Batch(position, GENESIS, b"batch"),))
    back = FromHq("corner/1", "f" * 32, b"delegation", 5, (position,), (b"page",))

    assert FromTill.unpack(open_sealed(there.pack(KEY))) == there
    assert FromHq.unpack(open_sealed(back.pack(KEY))) == back


@pytest.mark.parametrize(
    "head", [{}, {"stick": 2, "from": "till"}, {"stick": 1, "from": "till"}, {"stick": 1, "from": "nobody"}]
)
def test_a_map_of_another_shape_is_refused(head: dict[str, object]) -> None:
    sealed = open_sealed(seal(head, (), KEY))

    for kind in (FromTill, FromHq):
        with pytest.raises(JournalError):
            kind.unpack(sealed)


def test_a_batch_without_its_entries_is_refused() -> None:
    head = {"after": 0, "epoch": "e", "from": "till", "stick": 1, "till": "corner/1"}

    with pytest.raises(JournalError, match="lacks its entries"):
        FromTill.unpack(open_sealed(seal(head, (b"{}",), KEY)))
