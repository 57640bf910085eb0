"""NDEF messages: what they say, and what is wrong with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import DATA_MAX
from agent.devices.chips.ndef import MESSAGE_MAX, Record, TypeName, first_text, parse_message
from agent.errors import FailureError
from tests.devices.chips.cards import uri


def record(kind: bytes, payload: bytes, *, flags: int = 0xD1) -> bytes:
    return bytes([flags, len(kind), len(payload)]) + kind + payload


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (bytes.fromhex("d1010a55036e666370792e6f7267"), "http://nfcpy.org"),
        (record(b"U", b"\x04id.example.com/8018/1"), "https://id.example.com/8018/1"),
        (record(b"U", b"\x00urn:x"), "urn:x"),
        (record(b"U", b"\x23x"), "urn:nfc:x"),
        (record(b"T", b"\x02en9498010000012345"), "9498010000012345"),
        (record(b"T", b"\x85de-DE" + "\ufeffKäse".encode("utf-16-be")), "Käse"),
        (record(b"T", b"\x82de" + "Käse".encode("utf-16")), "Käse"),
        (record(b"T", b"\x82de" + "Käse".encode("utf-16-be")), "Käse"),
        (record(b"http://example.com/", b"", flags=0xD3), "http://example.com/"),
        (bytes.fromhex("c1010000000a55036e666370792e6f7267"), "http://nfcpy.org"),
        (b"\xd9\x01\x03\x01Ui\x00ab", "ab"),
        (record(b"text/plain", b"9498", flags=0xD2), None),
        (bytes.fromhex("d00000"), None),
        (record(b"Sp", record(b"T", b"\x02enOurs", flags=0x91) + record(b"U", b"\x03x.org", flags=0x51)), "http://x.org"),
        (record(b"Sp", record(b"T", b"\x02enOurs")), None),
    ],
    ids=[
        "published", "https", "no prefix", "last prefix", "text", "utf-16 with a mark", "utf-16 of the host",
        "utf-16 without a mark", "absolute", "long record", "with an id", "media", "empty", "poster", "poster without",
    ],
)  # fmt: skip
def test_the_first_text_or_address_is_found(message: bytes, text: str | None) -> None:
    assert first_text(message) == text


def test_the_first_of_several_records_counts() -> None:
    message = (
        record(b"x/y", b"?", flags=0x92) + record(b"U", b"\x00one", flags=0x11) + record(b"U", b"\x00two", flags=0x51)
    )

    assert first_text(message) == "one"


def test_an_empty_text_is_passed_over() -> None:
    assert first_text(record(b"T", b"\x02en", flags=0x91) + record(b"U", b"\x00one", flags=0x51)) == "one"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"", "ends in the middle"),
        (uri("https://example.com")[:-1], "ends in the middle"),
        (uri("https://example.com") + b"\x00", "goes on after"),
        (b"\xd1\x01\xffU\x00", "ends in the middle"),
        (b"\xc1\x01\xff\xff\xff\xffU\x00", "ends in the middle"),
        (b"\x51\x01\x01U\x00", "not one whole message"),
        (record(b"U", b"\x00a", flags=0x91) + record(b"U", b"\x00b"), "not one whole message"),
        (record(b"U", b"\x00a", flags=0xF1), "not one whole message"),
        (record(b"U", b""), "does not begin"),
        (record(b"U", b"\x24a"), "does not begin"),
        (record(b"U", b"\x00\xff"), "not UTF-8"),
        (record(b"T", b"\x05en"), "shorter than its language"),
        (record(b"T", b""), "shorter than its language"),
        (record(b"T", b"\x82en\xd8"), "not UTF-16"),
        (record(b"Sp", record(b"U", b"\x00a")[:-1]), "ends in the middle"),
        (bytes(MESSAGE_MAX + 1), "over the limit of 2048"),
    ],
)
def test_a_message_that_is_not_whole_is_a_failure(message: bytes, said: str) -> None:
    with pytest.raises(FailureError, match=said):
        first_text(message)


def test_a_poster_in_a_poster_is_not_followed() -> None:
    message = record(b"U", b"\x00deep")
    for _ in range(20):
        message = record(b"Sp", message)

    assert first_text(message) is None


def test_a_record_does_not_show_its_payload() -> None:
    assert "9498" not in repr(Record(TypeName.WELL_KNOWN, b"T", b"\x02en9498010000012345"))


@given(st.binary(max_size=300))
def test_any_bytes_give_records_or_a_failure(message: bytes) -> None:
    try:
        records = parse_message(message)
    except FailureError:
        return
    assert sum(len(r.payload) for r in records) < len(message)


@given(st.sampled_from([b"U", b"T", b"Sp"]), st.binary(max_size=255))
def test_any_payload_gives_a_text_within_the_limit_of_a_read(kind: bytes, payload: bytes) -> None:
    try:
        text = first_text(record(kind, payload))
    except FailureError:
        return
    assert text is None or len(text.encode()) <= DATA_MAX


def test_the_longest_text_is_within_the_limit_of_a_read() -> None:
    text = "€".encode("utf-16-be") * 1000  # two bytes become three
    head = b"\xc1\x01" + (len(text) + 3).to_bytes(4) + b"T\x82en"

    found = first_text(head + text)

    assert found is not None
    assert len(found.encode()) <= DATA_MAX
