import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.slips.reader.commands import Command, UnknownCommandError, parse


def test_commands_come_with_offset_name_and_parameters() -> None:
    assert list(parse(b"\x1b@Anna\n\x1dV\x42\x03")) == [
        Command(0, "ESC @", b""),
        Command(2, "TEXT", b"Anna"),
        Command(6, "LF", b""),
        Command(7, "GS V", b"\x42\x03"),
    ]


def test_a_cut_without_feed_has_one_parameter() -> None:
    assert [command.args for command in parse(b"\x1dV\x00\x1dV\x31")] == [b"\x00", b"\x31"]


def test_a_rasters_length_follows_from_its_size() -> None:
    (command, after) = parse(b"\x1dv0\x00\x02\x00\x03\x00" + b"\x1b\x1b\x1b\x1b\x1b\x1b" + b"x")

    assert len(command.args) == 5 + 6
    assert after == Command(14, "TEXT", b"x")


def test_both_forms_of_a_barcode_end_where_the_reference_says() -> None:
    commands = list(parse(b"\x1dk\x024006381333931\x00\x1dk\x49\x04{B12"))

    assert [command.args for command in commands] == [b"\x024006381333931\x00", b"\x49\x04{B12"]


def test_column_pictures_have_one_or_three_bytes_a_column() -> None:
    commands = list(parse(b"\x1b*\x01\x02\x00ab\x1b*\x21\x02\x00abcdef"))

    assert [len(command.args) for command in commands] == [5, 9]


def test_the_process_id_request_of_epson_is_one_command() -> None:
    # GS ( H function 48, TM-T88 and later: 1D 28 48 06 00 30 30 d1..d4
    assert [command.name for command in parse(bytes.fromhex("1d28480600303030303031"))] == ["GS ( H"]


@pytest.mark.parametrize("request_", ["100401", "100501", "1014010001", "10140801031401060208"])
def test_real_time_requests_are_single_commands(request_: str) -> None:
    assert len(list(parse(bytes.fromhex(request_)))) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"Anna\x1b\x99", "unknown ESC/POS command 1b 99 at offset 4"),
        (b"\x1d(z\x00\x00", r"unknown ESC/POS command 1d 28 7a at offset 0"),
        (b"\x01", "unknown ESC/POS command 01 at offset 0"),
        (b"Anna\x1b", "unknown ESC/POS command 1b at offset 4"),
    ],
)
def test_an_unknown_command_is_named_with_its_offset(data: bytes, message: str) -> None:
    with pytest.raises(UnknownCommandError, match=message):
        list(parse(data))


@pytest.mark.parametrize(
    "data", [b"ab\x1ba", b"ab\x1dv0\x00\x02", b"ab\x1dv0\x00\x01\x00\x09\x00xx", b"ab\x1dk\x02123"]
)
def test_bytes_that_end_inside_a_command_are_an_error(data: bytes) -> None:
    with pytest.raises(UnknownCommandError, match=r"the bytes end inside the command .* at offset 2"):
        list(parse(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_without_a_gap_or_refused(data: bytes) -> None:
    try:
        commands = list(parse(data))
    except UnknownCommandError:
        return
    offsets = [command.offset for command in commands]
    assert offsets == sorted(set(offsets))
    assert b"".join(data[start:end] for start, end in zip(offsets, [*offsets, len(data)][1:], strict=True)) == data
