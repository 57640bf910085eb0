from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import EntryTooLargeError, InvalidError, JournalError, NotCanonicalError
from agent.journal.entry import (
    DEPTH_MAX,
    ENTRY_BYTES_MAX,
    INTEGER_MAX,
    ClockReading,
    Entry,
    Posting,
    check_op,
    decode,
    decode_entry,
    encode,
    encode_entry,
    ledger_account,
)
from agent.loyalty.sale import Status
from tests.journal.values import entry, maps, moved, texts


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@given(maps)
def test_the_encoding_is_that_of_rfc_8785_for_everything_an_entry_may_hold(value: dict[str, Any]) -> None:
    assert encode(value) == rfc8785.dumps(value)


@pytest.mark.slow
@settings(max_examples=4_000, deadline=None)
@given(maps)
def test_the_encoding_is_that_of_rfc_8785_for_very_many_values(value: dict[str, Any]) -> None:
    assert encode(value) == rfc8785.dumps(value)


@given(maps)
def test_what_was_encoded_decodes_to_the_same_value(value: dict[str, Any]) -> None:
    assert decode(encode(value)) == value


def test_every_character_of_the_basic_plane_is_encoded_as_rfc_8785_says() -> None:
    value = {"all": "".join(chr(i) for i in range(0x10000) if not 0xD800 <= i < 0xE000)}

    assert encode(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        1e400,
        float("nan"),
        INTEGER_MAX + 1,
        -INTEGER_MAX - 1,
        2**63,
        2**64,
        Decimal(1),
        b"bytes",
        {1, 2},
        Status.REGULAR,  # a subclass of str: its name must be a plain string in an entry
        "\ud800",
        {"naïve": 1},
        {1: "a"},
        {None: "a"},
    ],
)
def test_what_an_entry_may_not_hold_is_refused(value: object) -> None:
    with pytest.raises(JournalError):
        encode({"a": value})
    with pytest.raises(JournalError):
        encode({"a": [{"b": value}]})


def test_the_greatest_integers_are_held() -> None:
    assert encode({"a": INTEGER_MAX, "b": -INTEGER_MAX}) == b'{"a":9007199254740991,"b":-9007199254740991}'


def test_maps_may_be_nested_to_the_limit_and_no_deeper() -> None:
    encode(_nested(DEPTH_MAX))

    with pytest.raises(JournalError, match=f"deeper than {DEPTH_MAX}"):
        encode(_nested(DEPTH_MAX + 1))


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(JournalError, match="deeper"):
        encode({"a": endless})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"[]",
        b"1",
        b'"text"',
        b"null",
        b'{"a":1,"a":1}',  # a key twice
        b'{"a":1,"a":2}',
        b'{"a": 1}',  # white space
        b' {"a":1}',
        b'{"a":1}\n',
        b'\xef\xbb\xbf{"a":1}',  # byte order mark
        b'{"b":1,"a":1}',  # order
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e400}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":9007199254740992}',  # 2^53
        b'{"a":9223372036854775808}',  # 2^63
        b'{"a":18446744073709551616}',  # 2^64
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\u0041"}',  # an escape where none is needed
        b'{"a":"\\/"}',
        b'{"a":"\\u000A"}',  # upper case
        b'{"a":"\\u001F"}',
        b'{"a":"\\ud800"}',  # half of a pair
        b'{"a":"\xff"}',  # not UTF-8
        b'{"a":"\xc0\x80"}',
        b'{"\xc3\xa9":1}',  # a key outside ASCII
        b'{"a":1',
        b'{"a":1}}',
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_bytes_that_are_not_the_canonical_form_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        decode(data)


@given(st.binary(max_size=40) | maps.map(encode), st.integers(0, 200), st.integers(0, 255))
def test_bytes_are_refused_or_are_the_one_form_of_what_they_say(data: bytes, at: int, byte: int) -> None:
    changed = data[:at] + bytes([byte]) + data[at + 1 :]
    try:
        value = decode(changed)
    except NotCanonicalError:
        return

    assert encode(value) == changed


def test_an_entry_over_the_limit_is_refused_in_both_directions() -> None:
    room = ENTRY_BYTES_MAX - len(encode_entry(entry(body={"a": ""})))
    fits = encode_entry(entry(body={"a": "x" * room}))

    assert len(fits) == ENTRY_BYTES_MAX
    assert decode_entry(fits).seq == 1
    with pytest.raises(EntryTooLargeError, match=f"'op-1' has {ENTRY_BYTES_MAX + 1} bytes, at most {ENTRY_BYTES_MAX}"):
        encode_entry(entry(body={"a": "x" * (room + 1)}))
    with pytest.raises(EntryTooLargeError):
        decode(b'{"a":"' + b"x" * ENTRY_BYTES_MAX + b'"}')


@given(maps, texts, st.integers(0, 10**6))
def test_an_entry_comes_back_as_it_was(body: dict[str, Any], staff: str, amount: int) -> None:
    made = entry(body=body, staff=staff, postings=moved("a", amount), profiles=(("a", "00ff"),), programme="v")

    assert decode_entry(encode_entry(made)) == made


@pytest.mark.parametrize("name", sorted(entry().to_map()))
def test_an_entry_without_one_of_its_fields_is_refused(name: str) -> None:
    value = entry().to_map()
    del value[name]

    with pytest.raises(JournalError, match=name):
        decode_entry(encode(value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("till", 1),
        ("epoch", None),
        ("seq", "1"),
        ("seq", True),
        ("v", False),
        ("kind", None),
        ("clock", []),
        ("clock", "now"),
        ("body", None),
        ("staff", 7),
        ("programme", {}),
        ("postings", {}),
        ("postings", [1]),
        ("postings", ["unit"]),
        ("postings", [{"unit": "p", "account": "issuance"}]),
        ("postings", [{"unit": "p", "account": "issuance", "amount": "1"}]),
        ("postings", [{"unit": "p", "account": "issuance", "amount": True}]),
        ("postings", [{"unit": 1, "account": "issuance", "amount": 1}]),
        ("postings", [{"unit": "p", "account": "account:a", "amount": 1}]),  # no lot
        ("postings", [{"unit": "p", "account": "account:a", "amount": 1, "lot": None}]),
        ("postings", [{"unit": "p", "account": "account:a", "amount": 1, "lot": 0}]),
        ("postings", [{"unit": "p", "account": "account:a", "amount": 1, "lot": []}]),
        ("postings", [{"unit": "p", "account": "account:a", "amount": 1, "lot": "l", "expires": 0}]),
        ("profiles", {}),
        ("profiles", ["ab"]),
        ("profiles", [["a"]]),
        ("profiles", [["a", 1]]),
        ("profiles", [{"a": 1, "b": 2}]),
    ],
)
def test_an_entry_with_a_field_of_the_wrong_shape_is_refused(name: str, value: object) -> None:
    with pytest.raises(JournalError):
        decode_entry(encode(entry().to_map() | {name: value}))


@pytest.mark.parametrize("fields", [{"staff": 7}, {"day": None}, {"seq": True}, {"body": []}])
def test_an_entry_that_could_not_be_read_again_is_not_written(fields: dict[str, Any]) -> None:
    with pytest.raises(JournalError, match=next(iter(fields))):
        encode_entry(replace(entry(), **fields))


def test_a_posting_on_a_members_account_without_a_lot_cannot_be_made() -> None:
    with pytest.raises(JournalError, match="'account:a' names no lot"):
        Posting("p", "account:a", 1)


def test_an_entry_of_a_kind_nobody_knows_is_still_an_entry() -> None:
    made = entry(kind="from-the-future", body={"what": [1, "two"]})

    assert decode_entry(encode_entry(made)).kind == "from-the-future"


def test_a_posting_repeats_the_last_day_of_its_lot_only_when_it_names_one() -> None:
    assert Posting("p", "issuance", -1).to_map() == {"account": "issuance", "amount": -1, "unit": "p"}
    assert Posting("p", "account:a", 1, "l", "2025-12-31").to_map() == {
        "account": "account:a",
        "amount": 1,
        "expires": "2025-12-31",
        "lot": "l",
        "unit": "p",
    }


@pytest.mark.parametrize("op", ["a", "R-1", "receipt 12/3", "!" * 64, "~"])
def test_an_op_of_printable_ascii_is_taken(op: str) -> None:
    assert check_op(op) == op


@pytest.mark.parametrize("op", ["", " ", " a", "a ", "a" * 65, "a\n", "a\tb", "é", "a\x7f", "\x00", "a\nb"])
def test_an_op_of_anything_else_is_refused(op: str) -> None:
    with pytest.raises(InvalidError, match="1 to 64 printable ASCII"):
        check_op(op)


def test_an_entry_holds_every_field_even_when_empty() -> None:
    assert set(entry().to_map()) == set(Entry.__slots__)


def test_a_clock_reading_stands_in_an_entry_with_all_it_says() -> None:
    reading = ClockReading(1, 2, "boot", "Europe/Paris", 60, hq_ms=3, hq_age_ms=None, confirmed=True)

    assert reading.to_map() == {
        "boot": "boot",
        "confirmed": True,
        "hq_age_ms": None,
        "hq_ms": 3,
        "mono_ms": 2,
        "offset_min": 60,
        "wall_ms": 1,
        "zone": "Europe/Paris",
    }


@pytest.mark.parametrize(
    ("holder", "account"),
    [("a", "account:a"), ("till:corner/1", "till:corner/1"), ("vouchers:8Q92FH5J", "vouchers:8Q92FH5J")],
)
def test_a_tills_and_a_shops_accounts_are_ledger_accounts_already(holder: str, account: str) -> None:
    assert ledger_account(holder) == account


def test_a_long_op_is_shown_by_how_it_begins() -> None:
    with pytest.raises(InvalidError, match=rf"op '{'x' * 80}' must be"):
        check_op("x" * 81)
    with pytest.raises(JournalError, match=r"profile \['a', 1\] is not a subject and a digest"):
        decode_entry(encode(entry().to_map() | {"profiles": [["a", 1]]}))
