import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JournalError
from agent.journal.chain import GENESIS
from agent.journal.feed import Cursor
from agent.journal.stick import sealing
from agent.journal.stick.messages import Batch, FromHq, FromTill
from agent.journal.stick.sealing import open_sealed, seal
from agent.journal.wire.place import Position

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

    with pytest.raises(JournalError, match=r"^the stick's last batch lacks its entries$"):
        FromTill.unpack(open_sealed(seal(head, (b"{}",), KEY)))


def test_a_tills_batches_come_back_in_their_order_each_with_its_place() -> None:
    batches = tuple(Batch(Position("e" * 32, seq, bytes([seq]) * 32), b"h" * 32, b"batch %d" % seq) for seq in range(5))
    there = FromTill("corner/1", Cursor("f" * 32, 9), batches)

    assert FromTill.unpack(open_sealed(there.pack(KEY))) == there


def test_a_stick_of_the_other_side_or_of_a_later_version_is_named() -> None:
    there = FromTill("corner/1", Cursor("f" * 32, 9), ())
    back = FromHq("corner/1", "f" * 32, b"delegation", 5, (), ())
    later = {"from": "till", "stick": 2}

    with pytest.raises(
        JournalError, match=r"^this stick is not from headquarters \(`tally-hq stick take`\)$"
    ) as caught:
        FromHq.unpack(open_sealed(there.pack(KEY)))
    assert caught.value.hint == "take the other file"
    with pytest.raises(JournalError, match=r"^this stick is not from a till \(`tally sync export`\)$"):
        FromTill.unpack(open_sealed(back.pack(KEY)))
    with pytest.raises(JournalError, match=r"^a stick of version 2 cannot be read here$"):
        FromTill.unpack(open_sealed(seal(later, (), KEY)))


def test_what_is_no_stick_or_a_torn_one_is_named() -> None:
    whole = seal({"a": 1}, (b"frame",), KEY)
    signature = whole[-64:]
    for content, message in (
        (b"x" * 100, "the file is no stick of a till or of headquarters"),
        (b"{}\n\0\0", "the stick ends inside the length of a frame at byte 3"),
        (b"{}\n\0\0\0\x05four", "the frame at byte 7 says 5 bytes, 4 are there"),
    ):
        with pytest.raises(JournalError, match=f"^{message}$"):
            open_sealed(content + signature)
    for key in (b"", b"k" * 32):
        with pytest.raises(JournalError, match=r"^the stick's signature does not fit the key and what stands on it$"):
            open_sealed(whole).check(key)


def test_the_limits_of_a_file_and_of_a_frame_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = seal({"a": 1}, (b"x" * 100, b"y" * 100), KEY)
    monkeypatch.setattr(sealing, "STICK_BYTES_MAX", len(whole))
    monkeypatch.setattr(sealing, "FRAME_BYTES_MAX", 100)
    assert open_sealed(whole).frames == (b"x" * 100, b"y" * 100)

    monkeypatch.setattr(sealing, "FRAME_BYTES_MAX", 99)
    with pytest.raises(JournalError, match=r"^the frame at byte 12 says 100 bytes, 204 are there$"):
        open_sealed(whole)
    monkeypatch.setattr(sealing, "STICK_BYTES_MAX", len(whole) - 1)
    with pytest.raises(JournalError, match=rf"^the file has {len(whole)} bytes, at most {len(whole) - 1} are allowed"):
        open_sealed(whole)
