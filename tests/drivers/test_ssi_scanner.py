"""ssi_scanner: packets, answers, repetition, labels of several packets."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import DATA_MAX
from agent.devices.settings import parse_settings
from agent.errors import ConfigError, FailureError
from drivers.ssi_scanner import (
    CONTINUED,
    PATIENCE_S,
    RETRANSMIT,
    Assembler,
    Framer,
    Opcode,
    Packet,
    Settings,
    SsiScanner,
    encode,
)
from tests.contracts.input_contract import bring_up, data_of
from tests.drivers.serial_line import SerialLine
from tests.drivers.ssi_decoder import ACK, NAK_RESEND, SsiDecoder, decode_data

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "ssi_packets.json").read_text())["vectors"]
DECODED = [vector for vector in VECTORS if vector["meaning"] == "DECODE_DATA"]
EVENT = bytes.fromhex("05f6000001ff04")
NAK_BAD_CONTEXT = encode(Opcode.CMD_NAK, b"\x02")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path) as line:
        yield line


@pytest.fixture
def scanner(line: SerialLine) -> Iterator[SsiScanner]:
    scanner = SsiScanner(Settings(line.path, idle_s=0.05, settle_s=0.02))
    bring_up(scanner)
    yield scanner
    scanner.close()


def test_the_hosts_packets_are_those_of_the_manuals() -> None:
    host = {vector["meaning"]: vector["hex"] for vector in VECTORS if vector["meaning"].startswith("host")}

    assert encode(Opcode.CMD_ACK).hex() == host["host CMD_ACK"]
    assert encode(Opcode.CMD_NAK, b"\x01").hex() == host["host CMD_NAK RESEND"]
    assert encode(Opcode.CMD_NAK, b"\x06").hex() == host["host CMD_NAK DENIED"]


@pytest.mark.parametrize("vector", DECODED, ids=lambda vector: str(vector["hex"][:12]))
def test_a_packet_is_read_as_published(vector: dict[str, Any]) -> None:
    framer = Framer()
    assert framer.feed(bytes.fromhex(vector["hex"]))
    packet = framer.next()

    assert packet is not None
    assert packet.data == bytes([vector["symbology_byte"]]) + vector["data"].encode()
    assert bool(packet.status & RETRANSMIT) == vector["retransmit"]
    assert bool(packet.status & CONTINUED) == vector["continued"]


def test_a_corrupt_packet_is_asked_for_again_and_the_repetition_is_read(line: SerialLine, scanner: SsiScanner) -> None:
    corrupt = next(bytes.fromhex(vector["hex"]) for vector in VECTORS if vector["meaning"] == "corrupted packet")
    line.send(corrupt)
    assert scanner.read(0.05) is None
    assert line.receive(1) == NAK_RESEND
    line.send(decode_data(b"5901234123457", status=RETRANSMIT))

    assert data_of(scanner) == b"5901234123457"
    assert line.receive(1) == ACK


def test_a_label_of_two_packets_is_one(line: SerialLine, scanner: SsiScanner) -> None:
    first, last = DECODED[1], DECODED[2]
    line.send(bytes.fromhex(first["hex"]))
    assert scanner.read(0.05) is None
    assert line.receive(1) == ACK
    line.send(bytes.fromhex(last["hex"]))

    assert data_of(scanner) == (first["data"] + last["data"]).encode()


def test_a_packet_that_is_sent_again_is_published_once_and_acknowledged_twice(
    line: SerialLine, scanner: SsiScanner
) -> None:
    line.send(decode_data(b"123"))
    line_ack = data_of(scanner), line.receive(1)
    line.send(decode_data(b"123", status=RETRANSMIT))

    assert line_ack == (b"123", ACK)
    assert scanner.read(0.05) is None
    assert line.receive(1) == ACK


def test_the_same_label_scanned_twice_is_two(line: SerialLine, scanner: SsiScanner) -> None:
    line.send(decode_data(b"123") + decode_data(b"123"))

    assert [data_of(scanner), data_of(scanner)] == [b"123", b"123"]


def test_a_first_try_that_was_corrupt_does_not_hide_the_second_scan_of_a_label(
    line: SerialLine, scanner: SsiScanner
) -> None:
    line.send(decode_data(b"123"))
    assert data_of(scanner) == b"123"
    line.send(decode_data(b"123")[:-1] + b"\x00")
    assert scanner.read(0.05) is None
    line.send(decode_data(b"123", status=RETRANSMIT))

    assert data_of(scanner) == b"123"


def test_a_packet_that_lost_bytes_is_asked_for_again_after_silence(line: SerialLine, scanner: SsiScanner) -> None:
    line.send(decode_data(b"123")[:6])
    begun = time.monotonic()
    assert scanner.read(0.2) is None

    assert line.receive(1) == NAK_RESEND
    assert time.monotonic() - begun < 0.5


def test_a_packet_that_is_no_label_is_refused_and_an_answer_is_not_answered(
    line: SerialLine, scanner: SsiScanner
) -> None:
    line.send(EVENT)
    assert scanner.read(0.05) is None
    assert line.receive(1) == NAK_BAD_CONTEXT
    line.send(encode(Opcode.CMD_ACK))
    assert scanner.read(0.05) is None
    assert line.receive(0.05) == b""


def test_a_label_of_many_packets_is_read_from_a_scanner_that_waits_for_every_answer(tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        scanner = SsiScanner(Settings(line.path, settle_s=0.02))
        decoder = SsiDecoder(line)
        decoder.start()
        bring_up(scanner)
        long_label = b"https://ex.am/p/8018/" * 60
        decoder.scan(long_label)
        read = [data_of(scanner), scanner.read(0.05)]
        decoder.stop()
        scanner.close()

    assert read == [long_label, None]
    assert decoder.given_up == 0


def test_an_endless_label_is_one_bad_read() -> None:
    assembler = Assembler()
    part = b"\x1c" + b"9" * 240
    whole_parts = DATA_MAX // 240
    for _ in range(whole_parts):
        assert assembler.add(Packet(0xF3, CONTINUED, part), 0) is None
    with pytest.raises(FailureError, match="over 4096 bytes"):
        assembler.add(Packet(0xF3, CONTINUED, part), 0)

    assert assembler.add(Packet(0xF3, CONTINUED, part), 0) is None
    assert assembler.add(Packet(0xF3, 0, part), 0) is None
    assert assembler.add(Packet(0xF3, 0, b"\x1c123"), 0) == b"123"


def test_a_label_whose_end_never_came_is_not_joined_to_the_next() -> None:
    assembler = Assembler()
    assembler.add(Packet(0xF3, CONTINUED, b"\x1c123"), 0)
    assembler.give_up_late(PATIENCE_S)
    with pytest.raises(FailureError, match="did not come"):
        assembler.give_up_late(PATIENCE_S + 0.1)

    assert assembler.add(Packet(0xF3, 0, b"\x1c456"), PATIENCE_S + 0.2) == b"456"


def test_after_any_noise_on_the_line_a_label_is_read(line: SerialLine, scanner: SsiScanner) -> None:
    noise = random.Random(18)
    for length in (1, 2, 5, 40, 300):
        line.send(noise.randbytes(length))
        begun = time.monotonic()
        assert scanner.read(0.12) is None
        assert time.monotonic() - begun < 0.5
        line.send(decode_data(b"123"))

        assert data_of(scanner) == b"123"


@pytest.mark.parametrize("table", [{"path": "x", "baud": 0}, {"path": "x", "idle_s": 0}, {"path": "x", "settle_s": 9}])
def test_settings_that_cannot_be_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_settings(Settings, table, where="device 'scanner'")


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_are_packets_with_a_right_checksum_or_nothing(pieces: list[bytes]) -> None:
    framer = Framer()
    for piece in pieces:
        if not framer.feed(piece):
            framer.restart()
        while (packet := framer.next()) is not None:
            assert len(packet.data) < 256
    assert len(framer._received) < 257


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(min_size=1, max_size=250)), max_size=40))
def test_any_packets_give_labels_within_the_limit(packets: list[tuple[int, bytes]]) -> None:
    assembler = Assembler()
    for at, (status, data) in enumerate(packets):
        try:
            label = assembler.add(Packet(0xF3, status, data), at)
        except FailureError:
            continue
        assert label is None or len(label) <= DATA_MAX
