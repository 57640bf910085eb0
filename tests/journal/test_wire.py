import pytest
import zstandard

from agent.errors import JournalError
from agent.journal.chain import GENESIS
from agent.journal.entry import encode
from agent.journal.wire import (
    Branched,
    Enrolled,
    Enrolment,
    Held,
    Nonce,
    Outcome,
    Position,
    Refusal,
    SaleAsked,
    SaleTold,
    SpendAsked,
    SpendTold,
    Standing,
    Where,
    Witness,
    compress,
    expand,
    from_text,
    read,
)

_Message = Held | Where | Branched | Enrolment | Enrolled | Refusal | SaleAsked | SpendAsked | SpendTold
_POSITION = Position("e1", 7, b"\x07" * 32)


@pytest.mark.parametrize(
    "message",
    [
        Held(Outcome.GAP, _POSITION, 3, 1_700_000_000_000),
        Where((_POSITION, Position("e2")), 3, 1),
        Where((), 3, 1, (_POSITION,)),
        Branched(_POSITION, Standing.LOST),
        SpendAsked("op", "a", "points", 1, "e", 0, None),
        SpendAsked("op", "a", "points", 7, "e", 3, "2026-11-22", "before"),
        SpendTold({"one": 5, "two": 1}),
        Enrolment("CODE", "corner/1", b"k" * 32, b"p" * 32),
        Enrolled("corner/1", "e", b"r" * 32, b"p" * 32, 5),
        Refusal("rejected", "no", "ask", "e"),
        SaleAsked("8Q92FH5J", None),
        SaleAsked("8Q92FH5J", "0190b7a0-0000-7000-8000-000000000001"),
    ],
)
def test_a_message_comes_back_as_it_was(message: _Message) -> None:
    assert read(encode(message.to_map()), type(message).from_map) == message


def test_a_sale_comes_back_as_it_was_and_none_is_none() -> None:
    told = SaleTold(b'{"by":"the pos"}', (b'{"seq":2}',), {3: 1000, 0: 500}, (_POSITION,), (("e1", 4),))

    assert SaleTold.unpack(told.pack()) == told
    assert SaleTold.unpack(encode({})) is None
    with pytest.raises(JournalError):
        SaleTold.unpack(b'{"returned":[]}\n{"seq":1}')


def test_a_new_journal_stands_at_nothing() -> None:
    assert Position("e") == Position("e", 0, GENESIS)


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b'{"epochs": []}',
        b'{"epochs":[],"now_ms":1}',
        b'{"epochs":[{"epoch":"e","head":"00","seq":0}],"now_ms":1,"version":1}',
        b'{"epochs":[{"epoch":"e","head":"zz","seq":0}],"now_ms":1,"version":1}',
        b'{"epochs":7,"now_ms":1,"version":1}',
    ],
)
def test_a_message_of_another_shape_is_refused(text: bytes) -> None:
    with pytest.raises(JournalError):
        read(text, Where.from_map)


def test_a_position_before_the_first_entry_is_none() -> None:
    with pytest.raises(JournalError, match="seq -1"):
        read(encode({"epoch": "e", "head": GENESIS.hex(), "seq": -1}), Position.from_map)


def test_public_keys_of_another_length_are_refused() -> None:
    with pytest.raises(JournalError, match="32 bytes"):
        read(encode(Enrolment("C", "t", b"k" * 31, b"p" * 32).to_map()), Enrolment.from_map)


def test_a_nonce_comes_back_as_it_was() -> None:
    nonce = Nonce("epoch", 42, "ab")

    assert Nonce.parse(str(nonce)) == nonce


def test_the_next_nonce_shows_that_its_maker_knows_the_one_before() -> None:
    first = Nonce("0123456789abcdef0123456789abcdef", 0, "start").next(bytes(8))

    assert str(first) == "0123456789abcdef0123456789abcdef.1.f2d382b3611137920000000000000000"
    second = first.next(bytes(8))
    assert second.counter == 2
    assert second.follows(str(first))
    assert not second.follows(str(first.next(b"8 others")))


@pytest.mark.parametrize("text", ["", "a", "a.1", ".1.x", "a.-1.x", "a.x.y", "a.1.", "a.\u0661.x", f"a.{10**16}.x"])
def test_what_is_no_nonce_is_refused(text: str) -> None:
    with pytest.raises(JournalError, match="nonce"):
        Nonce.parse(text)


def test_compressed_bytes_come_back_as_they_were() -> None:
    assert expand(compress(b"entry" * 1000), bytes_max=5000) == b"entry" * 1000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no frame at all",
        compress(b"x" * 5000)[:-3],
        compress(bytes(10**8)),  # a bomb: a few kilobytes that say they hold 100 MB
        compress(b"x" * 5000)[:5] + b"\x01" + compress(b"x" * 5000)[6:],  # says less than it holds
        zstandard.ZstdCompressor(write_content_size=False).compress(b"x" * 100),
    ],
)
def test_what_is_no_small_whole_frame_is_refused(data: bytes) -> None:
    with pytest.raises(JournalError, match="zstd frame"):
        expand(data, bytes_max=6000)


def test_what_is_not_there_is_not_said() -> None:
    assert "own" not in Where((_POSITION,), 3, 1).to_map()
    assert Where((), 3, 1, (_POSITION,)).to_map()["own"] == [_POSITION.to_map()]


def test_a_witness_comes_back_with_every_entry_beside_its_signature() -> None:
    entries = ((b'{"by":"hq at home"}', b"\x01" * 64), (b'{"seq":2}', b"\x02" * 64), (b'{"seq":3}', b"\x03" * 64))
    witness = Witness(Position("e1"), _POSITION, (b"one", b"two"), entries)

    assert Witness.unpack(witness.pack()) == witness
    assert Witness.unpack(Witness(_POSITION, _POSITION).pack()) == Witness(_POSITION, _POSITION)
    with pytest.raises(JournalError):
        Witness.unpack(witness.pack().rpartition(b"\n")[0])


@pytest.mark.parametrize(("units", "seq"), [(0, 3), (-1, 3), (1, -1)])
def test_nobody_asks_for_no_units_or_before_the_first_entry(units: int, seq: int) -> None:
    asked = SpendAsked("op", "a", "points", units, "e", seq, None)

    with pytest.raises(JournalError, match=f"{units} units at entry {seq} are not to be had"):
        read(encode(asked.to_map()), SpendAsked.from_map)


@pytest.mark.parametrize("text", ["YQ", "Y\nQ==", " YQ==", "YQ==!", "Y-8="])
def test_bytes_are_read_from_base64_and_from_nothing_else(text: str) -> None:
    assert from_text("YQ==") == b"a"
    with pytest.raises(ValueError, match=r"base64|padding|characters|padded|string"):
        from_text(text)


def test_an_empty_frame_is_a_whole_one() -> None:
    assert expand(compress(b""), bytes_max=0) == b""


def test_the_random_part_of_a_nonce_is_all_that_follows_the_counter() -> None:
    assert Nonce.parse("e.1.a.b") == Nonce("e", 1, "a.b")
    assert Nonce.parse(f"e.{10**15 - 1}.x").counter == 10**15 - 1
    with pytest.raises(JournalError, match=rf"nonce '{'x' * 80}' is not epoch.counter.random"):
        Nonce.parse("x" * 81)
    with pytest.raises(JournalError):
        Nonce.parse(f"e.{10**15}.x")
