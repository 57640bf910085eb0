import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.devices.categories import Category, Input, Scanner
from agent.errors import ClaimedError, InvalidError, OfflineError
from agent.upkeep.replay.feed import ATR, PtyFeeder, SimulatedFeeder, VpcdFeeder, card_number, chip_uid, open_feeder
from drivers.serial_scanner import SerialScanner
from drivers.serial_scanner import Settings as SerialSettings
from drivers.simulated import Settings as SimulatedSettings
from drivers.simulated import Simulated


class Reader:
    """vpcd's side of the line: it listens, and the card connects."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(2)
        self.port: int = self._listener.getsockname()[1]
        self.card: socket.socket | None = None

    def wait_for_card(self) -> None:
        self.remove_card()
        self.card, _ = self._listener.accept()
        self.card.settimeout(2)

    def remove_card(self) -> None:
        if self.card is not None:
            self.card.close()
            self.card = None

    def send(self, command: str) -> None:
        assert self.card is not None
        content = bytes.fromhex(command)
        self.card.sendall(struct.pack(">H", len(content)) + content)

    def ask(self, command: str) -> bytes:
        assert self.card is not None
        self.send(command)
        (size,) = struct.unpack(">H", self.card.recv(2, socket.MSG_WAITALL))
        return self.card.recv(size, socket.MSG_WAITALL)

    def card_is_gone(self) -> bool:
        assert self.card is not None
        return self.card.recv(1) == b""

    def close(self) -> None:
        self.remove_card()
        self._listener.close()


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture
def chip(reader: Reader) -> Iterator[VpcdFeeder]:
    with VpcdFeeder(port=reader.port, absent_s=0.05) as chip:
        yield chip


@contextmanager
def enabled(driver: Scanner) -> Iterator[Scanner]:
    """Bring a driver up as the agent does."""
    try:
        driver.open()
        driver.claim()
        driver.enable()
        yield driver
    finally:
        driver.close()


def serial_scanner(port: Path) -> SerialScanner:
    return SerialScanner(SerialSettings(str(port), settle_s=0))


def simulated_scanner(feed: Path) -> Simulated:
    return Simulated(SimulatedSettings(Category.SCANNER, feed=feed))


def test_a_card_number_has_the_issuer_the_customer_and_a_luhn_digit() -> None:
    # By hand: 9 8 2 6 0 0 1 7 8 5 0, every second from the right doubled: 9+8+4+6+0+0+2+7+7+5+0 = 48, so 2.
    assert card_number(17850) == "982600178502"
    assert len(card_number(1)) == len(card_number(9_999_999)) == 12


def test_a_chip_has_seven_bytes_with_the_customer_in_packed_decimal() -> None:
    assert chip_uid(17850).hex() == "04000000017850"


def test_each_reader_has_its_feeder(tmp_path: Path) -> None:
    assert isinstance(open_feeder("serial", tmp_path), PtyFeeder)
    assert isinstance(open_feeder("simulated", tmp_path), SimulatedFeeder)
    assert isinstance(open_feeder("chip", None), VpcdFeeder)


@pytest.mark.parametrize(
    ("reader", "feed"), [("serial", None), ("simulated", None), ("chip", "feed"), ("tape", "feed")]
)
def test_a_reader_that_cannot_be_fed_is_refused(reader: str, feed: str | None) -> None:
    with pytest.raises(InvalidError, match=f"cannot feed reader '{reader}' at {feed}"):
        open_feeder(reader, None if feed is None else Path(feed))


def test_a_serial_scanner_reads_the_port_the_link_names(tmp_path: Path) -> None:
    with PtyFeeder(tmp_path / "scanner") as cards, enabled(serial_scanner(tmp_path / "scanner")) as driver:
        cards.present(17850)

        assert driver.read(1) == Input(b"982600178502")


def test_a_number_nobody_read_is_dropped_when_the_next_card_comes(tmp_path: Path) -> None:
    with PtyFeeder(tmp_path / "scanner") as cards, enabled(serial_scanner(tmp_path / "scanner")) as driver:
        for customer in (1, 2, 3):
            cards.present(customer)
            cards.withdraw()

        assert driver.read(1) == Input(card_number(3).encode())
        assert driver.read(0) is None


def test_a_scanner_outlives_the_driver_that_reads_it(tmp_path: Path) -> None:
    with PtyFeeder(tmp_path / "scanner") as cards:
        for customer in (1, 2):
            with enabled(serial_scanner(tmp_path / "scanner")) as driver:
                cards.present(customer)
                assert driver.read(1) == Input(card_number(customer).encode())
            cards.present(9)


def test_the_link_goes_with_the_scanner_and_replaces_one_left_behind(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    link.symlink_to("/dev/pts/gone")

    with PtyFeeder(link):
        assert link.resolve().is_char_device()
    assert not link.is_symlink()


def test_a_file_is_not_taken_for_a_link(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    link.write_text("precious", encoding="utf-8")

    with pytest.raises(ClaimedError, match="it is no link"), PtyFeeder(link):
        pass
    assert link.read_text(encoding="utf-8") == "precious"


def test_a_simulated_scanner_reads_its_feed(tmp_path: Path) -> None:
    with enabled(simulated_scanner(tmp_path / "feed")) as driver, SimulatedFeeder(tmp_path / "feed") as cards:
        cards.present(17850)

        assert driver.read(1) == Input(b"982600178502")


def test_a_feed_that_nobody_reads_is_offline(tmp_path: Path) -> None:
    with SimulatedFeeder(tmp_path / "feed") as cards:
        with pytest.raises(OfflineError, match="No such file"):
            cards.present(1)
        os.mkfifo(tmp_path / "feed")
        with pytest.raises(OfflineError, match="nobody reads the feed"):
            cards.present(1)


def test_a_file_is_not_taken_for_a_feed(tmp_path: Path) -> None:
    (tmp_path / "feed").write_text("precious", encoding="utf-8")

    with pytest.raises(ClaimedError, match="it is no FIFO"), SimulatedFeeder(tmp_path / "feed"):
        pass


def test_a_chip_answers_atr_and_uid_and_no_other_command(reader: Reader, chip: VpcdFeeder) -> None:
    chip.present(17850)
    reader.wait_for_card()

    reader.send("01")
    reader.send("02")
    assert reader.ask("04") == ATR
    assert reader.ask("ffca000000") == bytes.fromhex("04000000017850 9000")
    assert reader.ask("ffca010000") == bytes.fromhex("6a81")
    assert reader.ask("00a404000e325041592e5359532e444446303100") == bytes.fromhex("6a81")
    reader.send("00")


def test_an_atr_ends_in_the_exclusive_or_of_its_bytes() -> None:
    # ISO/IEC 7816-3, 8.2.5: all bytes from T0 to TCK give zero.
    check = 0
    for byte in ATR[1:]:
        check ^= byte
    assert check == 0


def test_withdrawing_and_presenting_again_are_removal_and_insertion(reader: Reader, chip: VpcdFeeder) -> None:
    chip.present(1)
    reader.wait_for_card()
    chip.withdraw()
    assert reader.card_is_gone()

    chip.present(2)
    chip.present(3)

    reader.wait_for_card()
    assert reader.card_is_gone()
    reader.wait_for_card()
    assert reader.ask("ffca000000") == chip_uid(3) + b"\x90\x00"


def test_a_reader_that_goes_away_does_not_hurt_the_card(reader: Reader, chip: VpcdFeeder) -> None:
    chip.present(1)
    reader.wait_for_card()
    reader.remove_card()

    chip.withdraw()


def test_a_reader_that_is_not_there_is_offline(reader: Reader, chip: VpcdFeeder) -> None:
    reader.close()

    with pytest.raises(OfflineError, match="virtual reader"):
        chip.present(1)
