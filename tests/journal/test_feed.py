from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JournalError
from agent.journal.batch import SealedProfile
from agent.journal.entry import ENTRY_BYTES_MAX, INTEGER_MAX
from agent.journal.feed import (
    CardRow,
    Cursor,
    EntryRow,
    LotRow,
    MemberRow,
    Page,
    ProgrammeRow,
    ShopKeyRow,
    StaffRow,
    TillRow,
    VoucherRow,
    pack,
    unpack,
)
from agent.journal.wire.place import Position

_PROFILE = SealedProfile("card1", b"\x00ciphertext", b"wrapped")
_MEMBER = MemberRow(
    account="a1",
    status="regular",
    joined=("a2",),
    cards=(CardRow("card1", "a2", _PROFILE), CardRow("card2", "a1")),
    lots=(LotRow("points", "lot1", 5), LotRow("points", "lot2", -3, "2027-01-31")),
    profiles=(SealedProfile("a1", b"sealed", None),),
)
_PAGE = Page(
    after=Cursor("hq", 3),
    cursor=Cursor("hq", 9),
    more=True,
    now_ms=1_700_000_000_000,
    upto=(Position("e1", 12, b"\x01" * 32),),
    quarantined=(("e1", 4),),
    rows=(
        ProgrammeRow('name = "Café"\n'.encode(), 7, b"p" * 64, b"{}"),
        EntryRow(b'{"seq":1}', b"\x02" * 32, b"s" * 64),
        _MEMBER,
        TillRow("corner/1", b"k" * 32),
        ShopKeyRow("corner", 1, b"wrapped"),
        VoucherRow("8Q92FH5J", "five-off", "J01DR3NQK8N", 1, b"\x03" * 8),
        VoucherRow("8Q92FH5J", "five-off", "J01DR3NQK8P", -1, None),
        StaffRow("vera", "supervisor", "$argon2id$"),
        StaffRow("ion", "cashier", None),
    ),
)
_LOTS = st.builds(
    LotRow,
    st.text(max_size=8),
    st.text(max_size=8),
    st.integers(-INTEGER_MAX, INTEGER_MAX),
    st.none() | st.dates().map(str),
)


def test_a_page_comes_back_as_it_was() -> None:
    assert unpack(pack(_PAGE)) == _PAGE


def test_a_page_is_one_canonical_line_a_row() -> None:
    lines = pack(_PAGE).split(b"\n")

    assert len(lines) == 1 + len(_PAGE.rows)
    assert lines[0].startswith(b'{"after":3,"epoch":"hq","more":true,')


@given(st.lists(_LOTS, max_size=20).map(tuple))
def test_any_lots_come_back_as_they_were(lots: tuple[LotRow, ...]) -> None:
    page = replace(_PAGE, rows=(replace(_MEMBER, lots=lots),))

    assert unpack(pack(page)) == page


def test_a_member_with_more_lots_than_a_line_holds_is_told_in_several() -> None:
    lots = tuple(LotRow("points", f"{'x' * 32}{number}", number) for number in range(12_345))
    page = replace(_PAGE, rows=(replace(_MEMBER, lots=lots), replace(_MEMBER, account="b")))

    lines = pack(page).split(b"\n")

    assert max(map(len, lines)) < ENTRY_BYTES_MAX
    assert unpack(b"\n".join(lines)) == page


def test_a_row_of_a_kind_unknown_here_is_skipped() -> None:
    first, *rest = pack(_PAGE).split(b"\n")

    assert unpack(b"\n".join([first, b'{"row":"right","till":"corner/1"}', *rest])) == _PAGE


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b'{"row":"member"}',
        pack(_PAGE).replace(b'"more":true,', b""),
        pack(_PAGE) + b"\n",
        pack(_PAGE) + b'\n{"data":7,"row":"programme"}',
        pack(_PAGE) + b'\n{"account":"b","lots":[],"row":"lots"}',
        pack(replace(_PAGE, rows=(_MEMBER,))) + b'\n{"account":"a1","lots":[["points","x"]],"row":"lots"}',
        pack(_PAGE).replace(b'"row":"member"', b'"row": "member"'),
        pack(_PAGE).replace(b'"number":1,', b""),
        pack(_PAGE).replace(b'"check":null', b'"check":"x"'),
    ],
)
def test_a_page_of_another_shape_is_refused(lines: bytes) -> None:
    with pytest.raises(JournalError):
        unpack(lines)


def test_a_card_that_only_collects_and_a_member_kept_in_part_come_back_as_they_were() -> None:
    member = replace(_MEMBER, cards=(CardRow("card1", "a2", _PROFILE, "earn"),), whole=False)
    page = replace(_PAGE, rows=(member,))

    assert unpack(pack(page)) == page


def test_what_the_first_headquarters_did_not_say_of_members_is_that_all_is_whole_and_every_card_spends() -> None:
    page = replace(_PAGE, rows=(_MEMBER,))
    lines = pack(page).replace(b',"role":"spend"', b"").replace(b',"whole":true', b"")

    assert b"role" not in lines
    assert b"whole" not in lines
    assert unpack(lines) == page


def test_a_page_that_does_not_begin_with_itself_is_named() -> None:
    with pytest.raises(JournalError, match="the first row is 'till'"):
        unpack(b'{"key":"","row":"till","till":"corner/1"}')


def test_more_lots_of_a_member_follow_him_and_nobody_else() -> None:
    page = replace(_PAGE, rows=(_MEMBER, replace(_MEMBER, account="b")))
    more = b'\n{"account":"a1","lots":[["points","x",1,null]],"row":"lots"}'

    with pytest.raises(JournalError, match=r"^lots of 'a1' do not follow their member$"):
        unpack(pack(page) + more)
    with pytest.raises(JournalError, match=r"^lots of 'a1' do not follow their member$"):
        unpack(pack(replace(_PAGE, rows=())) + more)
