"""The supervisor with good devices and with every kind of bad one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.devices.categories import Category, HealthLevel
from agent.devices.document import Document, Text
from agent.devices.firewall.recognise import BadRead, BankCard, OwnCard
from agent.devices.loading import DeviceSetup, DriverRow
from agent.devices.supervision.pace import Pace
from agent.devices.supervision.report import DeviceReport, DeviceStatus
from agent.devices.supervision.supervisor import Supervisor
from agent.errors import ConfigError, DeviceTimeoutError, IllegalError, NoServiceError, OfflineError, UnknownError
from agent.loyalty.cards import CardRange, Source
from drivers import DRIVERS
from tests.devices import odd_drivers
from tests.drivers.wait import wait_until

CARD = "9498010000012345"
VISA = "4111111111111111"  # published by the brand for tests
PACE = Pace(
    read_s=0.02, answer_s=0.2, send_s=0.3, interactive_s=0.5, status_s=0.02, first_pause_s=0.01, longest_pause_s=0.05
)


class Till:
    """A supervisor with what it said of its devices."""

    def __init__(self, *setups: DeviceSetup) -> None:
        self.changes: list[DeviceReport] = []
        self.supervisor = Supervisor(
            setups,
            dict(DRIVERS) | odd_rows(),
            ranges=lambda: (CardRange("9498", 16),),
            on_change=self.changes.append,
            pace=PACE,
        )

    def report(self, name: str) -> DeviceReport:
        return next(report for report in self.supervisor.reports() if report.name == name)

    def wait_for(self, name: str, status: DeviceStatus) -> DeviceReport:
        wait_until(lambda: self.report(name).status is status, f"{name} is {status}")
        return self.report(name)


def odd_rows() -> dict[str, DriverRow]:
    names = [name for name, thing in vars(odd_drivers).items() if isinstance(thing, type)]
    every = tuple(Category)
    return {name: DriverRow(every, f"tests.devices.odd_drivers:{name}") for name in names}


@contextmanager
def running(*setups: DeviceSetup) -> Iterator[Till]:
    till = Till(*setups)
    till.supervisor.start()
    try:
        yield till
    finally:
        till.supervisor.stop()


def scanner(feed: Path, name: str = "scanner") -> DeviceSetup:
    return DeviceSetup(name, "simulated", {"category": "Scanner", "feed": str(feed)})


def printer(name: str = "printer", **settings: str) -> DeviceSetup:
    return DeviceSetup(name, "simulated", {"category": "POSPrinter", **settings})


def odd(name: str) -> DeviceSetup:
    return DeviceSetup("odd", name, {})


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return tmp_path / "feed"


@pytest.fixture
def write(feed: Path) -> Callable[[str], None]:
    def write_line(line: str) -> None:
        with feed.open("w") as fifo:
            fifo.write(line + "\n")

    return write_line


def test_a_card_that_is_read_is_taken(feed: Path, write: Callable[[str], None]) -> None:
    with running(scanner(feed)) as till:
        till.wait_for("scanner", DeviceStatus.ENABLED)
        before_ns = time.monotonic_ns()
        write(CARD)

        sighting = till.supervisor.take(2)

        assert sighting is not None
        assert sighting.card == OwnCard(CARD, Source.NUMBER)
        assert (sighting.device, sighting.category) == ("scanner", Category.SCANNER)
        assert before_ns <= sighting.at_ns <= time.monotonic_ns()
        wait_until(lambda: till.report("scanner").counters.good_reads == 1, "the read is counted")


def test_a_payment_card_leaves_only_its_brand(feed: Path, write: Callable[[str], None]) -> None:
    with running(scanner(feed)) as till:
        till.wait_for("scanner", DeviceStatus.ENABLED)
        write(VISA)

        sighting = till.supervisor.take(2)

        assert sighting is not None
        assert sighting.card == BankCard("visa")
        assert VISA not in repr((sighting, till.changes))


def test_nothing_read_is_nothing_taken() -> None:
    with running() as till:
        assert till.supervisor.take(0.01) is None


def test_an_unplugged_device_is_offline_and_comes_back(feed: Path, write: Callable[[str], None]) -> None:
    with running(scanner(feed)) as till:
        till.wait_for("scanner", DeviceStatus.ENABLED)
        write("!unplug 0.1")
        till.wait_for("scanner", DeviceStatus.OFFLINE)
        report = till.wait_for("scanner", DeviceStatus.ENABLED)
        write(CARD)

        assert till.supervisor.take(2) is not None
        assert report.counters.reopens == 1
        assert [change.status for change in till.changes][:2] == [DeviceStatus.ENABLED, DeviceStatus.OFFLINE]


@pytest.mark.parametrize(
    ("driver", "status", "text"),
    [
        ("Rubbish", DeviceStatus.STOPPED_BY_SELF_CHECK, "str in place of an Input"),
        ("Endless", DeviceStatus.STOPPED_BY_SELF_CHECK, "5000 bytes"),
        ("Ill", DeviceStatus.STOPPED_BY_SELF_CHECK, "the read head is broken"),
        ("Raises", DeviceStatus.OFFLINE, "KeyError"),
        ("Exits", DeviceStatus.OFFLINE, "SystemExit"),
        ("BadConstructor", DeviceStatus.STOPPED_BY_LOAD_ERROR, "RuntimeError: no"),
        ("NotADevice", DeviceStatus.STOPPED_BY_LOAD_ERROR, "is not a device"),
        ("NotAPrinter", DeviceStatus.STOPPED_BY_LOAD_ERROR, "is not a POSPrinter"),
        ("simulatd", DeviceStatus.STOPPED_BY_CONFIG_ERROR, "did you mean 'simulated'"),
        ("serial_scanner", DeviceStatus.STOPPED_BY_CONFIG_ERROR, "'path' is missing"),
    ],
)
def test_a_bad_driver_changes_its_word_and_nothing_else(
    driver: str, status: DeviceStatus, text: str, feed: Path, write: Callable[[str], None]
) -> None:
    with running(odd(driver), scanner(feed)) as till:
        till.wait_for("scanner", DeviceStatus.ENABLED)
        report = till.wait_for("odd", status)
        write(CARD)
        sighting = till.supervisor.take(2)

        assert text in report.text
        assert sighting is not None
        assert sighting.device == "scanner"


def test_a_drivers_words_are_shown_without_card_numbers() -> None:
    with running(odd("Raises")) as till:
        report = till.wait_for("odd", DeviceStatus.OFFLINE)

        assert "KeyError" in report.text
        assert VISA[:8] not in repr((report, till.changes))


def test_a_failed_read_is_said_and_the_next_one_counts() -> None:
    with running(odd("Failing")) as till:
        first, second = till.supervisor.take(2), till.supervisor.take(2)

        assert first is not None
        assert isinstance(first.card, BadRead)
        assert "parity error" in first.card.reason
        assert VISA[:8] not in first.card.reason
        assert second is not None
        assert second.card == OwnCard(CARD, Source.NUMBER)
        wait_until(lambda: till.report("odd").counters.good_reads == 1, "the good read is counted")
        assert till.report("odd").counters.failed_reads == 1
        assert till.report("odd").status is DeviceStatus.ENABLED


def test_a_driver_that_hangs_is_offline_until_it_comes_back(feed: Path, write: Callable[[str], None]) -> None:
    odd_drivers.Hanging.let_go.clear()
    with running(odd("Hanging"), scanner(feed)) as till:
        report = till.wait_for("odd", DeviceStatus.OFFLINE)
        write(CARD)
        sighting = till.supervisor.take(2)
        odd_drivers.Hanging.let_go.set()
        till.wait_for("odd", DeviceStatus.ENABLED)

        assert "has not come back from read" in report.text
        assert sighting is not None
        assert sighting.device == "scanner"
        assert till.supervisor.take(0.05) is None  # what came back too late belongs to nobody


def test_stopping_does_not_wait_for_a_driver_that_hangs() -> None:
    odd_drivers.Hanging.let_go.clear()
    till = Till(odd("Hanging"))
    till.supervisor.start()
    till.wait_for("odd", DeviceStatus.OFFLINE)
    begun = time.monotonic()

    till.supervisor.stop(0.1)

    assert time.monotonic() - begun < 0.5
    odd_drivers.Hanging.let_go.set()


def test_stopping_closes_every_device(feed: Path) -> None:
    with running(scanner(feed), printer()) as till:
        till.wait_for("scanner", DeviceStatus.ENABLED)
        till.wait_for("printer", DeviceStatus.ENABLED)

    assert {report.status for report in till.supervisor.reports()} == {DeviceStatus.DISABLED}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("device-")]


def test_a_driver_that_does_not_wait_does_not_take_the_processor() -> None:
    with running(odd("Quiet")) as till:
        till.wait_for("odd", DeviceStatus.ENABLED)
        begun = time.process_time()
        assert till.supervisor.take(0.2) is None

        assert time.process_time() - begun < 0.1


def test_a_slip_reaches_the_printer(tmp_path: Path) -> None:
    with running(printer(output=str(tmp_path))) as till:
        till.wait_for("printer", DeviceStatus.ENABLED)
        handle = till.supervisor.printer("printer")
        slip = handle.encode(Document(42, (Text("Hello"),)))
        handle.send(slip)

        assert (tmp_path / "slip-000001.bin").read_bytes() == slip
        assert handle.status().ok


def test_what_a_printer_lacks_stands_in_its_report(feed: Path, write: Callable[[str], None]) -> None:
    with running(printer(feed=str(feed))) as till:
        till.wait_for("printer", DeviceStatus.ENABLED)
        write("!paper out")
        wait_until(lambda: till.report("printer").text == "out of paper", "the report says so")
        write("!paper ok")
        wait_until(lambda: till.report("printer").text == "", "the report says no more")

        assert till.report("printer").status is DeviceStatus.ENABLED


def test_a_printer_that_is_away_can_encode_but_not_send(feed: Path) -> None:
    feed.touch()  # a file, not the FIFO that the driver wants
    with running(printer(feed=str(feed))) as till:
        till.wait_for("printer", DeviceStatus.STOPPED_BY_CONFIG_ERROR)
        handle = till.supervisor.printer("printer")

        assert b"Hello" in handle.encode(Document(42, (Text("Hello"),)))
        with pytest.raises(OfflineError, match="cannot send: device 'printer' is not enabled"):
            handle.send(b"slip")


def test_a_printer_that_hangs_does_not_hang_its_caller() -> None:
    odd_drivers.HangingPrinter.let_go.clear()
    with running(odd("HangingPrinter")) as till:
        till.wait_for("odd", DeviceStatus.ENABLED)
        handle = till.supervisor.printer("odd")
        with pytest.raises(DeviceTimeoutError, match="may still do so"):
            handle.send(b"slip")
        till.wait_for("odd", DeviceStatus.OFFLINE)
        with pytest.raises(OfflineError):
            handle.send(b"slip")
        odd_drivers.HangingPrinter.let_go.set()

        till.wait_for("odd", DeviceStatus.ENABLED)


def test_a_scanner_is_no_printer(feed: Path) -> None:
    with running(scanner(feed)) as till, pytest.raises(IllegalError, match="'scanner' is a Scanner, not a POSPrinter"):
        till.supervisor.printer("scanner").status()


def test_a_printer_without_a_driver_says_why() -> None:
    with running(odd("simulatd")) as till, pytest.raises(NoServiceError, match="unknown driver 'simulatd'"):
        till.supervisor.printer("odd").encode(Document(42))


def test_an_unknown_device_is_named() -> None:
    with running() as till, pytest.raises(UnknownError, match="no device is called 'front'"):
        till.supervisor.printer("front")


def test_two_devices_with_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="two devices are called 'printer'"):
        Till(printer(), printer())


def test_a_device_can_be_checked_while_it_works(feed: Path) -> None:
    with running(scanner(feed)) as till:
        till.wait_for("scanner", DeviceStatus.ENABLED)

        assert till.supervisor.check_health("scanner", HealthLevel.EXTERNAL).ok


def test_a_listener_that_raises_stops_no_device(feed: Path, write: Callable[[str], None]) -> None:
    def refuse(_: DeviceReport) -> None:
        raise RuntimeError("listener")

    supervisor = Supervisor([scanner(feed)], DRIVERS, ranges=lambda: (), on_change=refuse, pace=PACE)
    supervisor.start()
    try:
        wait_until(lambda: supervisor.reports()[0].status is DeviceStatus.ENABLED, "the scanner is enabled")
        write(CARD)

        assert supervisor.take(2) is not None
    finally:
        supervisor.stop()
