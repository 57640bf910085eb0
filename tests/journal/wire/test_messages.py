import pytest

from agent.errors import JournalError
from agent.journal.chain import GENESIS
from agent.journal.entry import encode
from agent.journal.wire.apart import Branched, Standing, Witness
from agent.journal.wire.asking import SaleAsked, SaleTold, SpendAsked, SpendTold
from agent.journal.wire.enrolling import Enrolled, Enrolment
from agent.journal.wire.form import read
from agent.journal.wire.meeting import Held, Outcome, Refusal, Where
from agent.journal.wire.place import Position

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
