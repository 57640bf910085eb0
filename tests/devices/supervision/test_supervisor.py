"""The supervisor with good devices and with every kind of bad one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent.devices.categories import Category, HealthLevel, PrinterStatus
from agent.devices.firewall.recognise import BadRead, BankCard, OwnCard
from agent.devices.loading import DeviceSetup, DriverRow
from agent.devices.supervision.pace import Pace
from agent.devices.supervision.report import DeviceReport, DeviceStatus
from agent.devices.supervision.supervisor import Supervisor
from agent.errors import ConfigError, DeviceTimeoutError, UnknownError
from agent.loyalty.cards import CardRange, Source
from drivers import DRIVERS
from tests.devices import odd_drivers
from tests.devices.supervision.udev import udev_says_added
from tests.drivers.wait import wait_until

CARD = "9498010000012345"
VISA = "4111111111111111"  # published by the brand for tests
PACE = Pace(
    read_s=0.02, answer_s=0.2, send_s=0.3, interactive_s=0.5, status_s=0.02, first_pause_s=0.01, longest_pause_s=0.05
)


class Till:
    """A supervisor with what it said of its devices."""

    def __init__(self, *setups: DeviceSetup, pace: Pace = PACE) -> None:
        self.changes: list[DeviceReport] = []
        self.supervisor = Supervisor(
            setups,
            dict(DRIVERS) | odd_rows(),
            ranges=lambda: (CardRange("9498", 16),),
            on_change=self.changes.append,
            pace=pace,
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
def running(*setups: DeviceSetup, pace: Pace = PACE) -> Iterator[Till]:
    till = Till(*setups, pace=pace)
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
        wait_until(lambda: till.report("scanner").statistics.good_reads == 1, "the read is counted")


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
        assert report.statistics.reopens == 1
        assert [change.status for change in till.changes][:2] == [DeviceStatus.ENABLED, DeviceStatus.OFFLINE]


@pytest.mark.parametrize(
    ("driver", "status", "text"),
    [
        ("Rubbish", DeviceStatus.STOPPED_BY_SELF_CHECK, "str in place of an Input"),
        ("Endless", DeviceStatus.STOPPED_BY_SELF_CHECK, "5000 bytes"),
        ("Timeless", DeviceStatus.STOPPED_BY_SELF_CHECK, "str in place of an int"),
        ("LyingHealth", DeviceStatus.STOPPED_BY_SELF_CHECK, "str in place of a bool"),
        ("LyingPrinter", DeviceStatus.STOPPED_BY_SELF_CHECK, "str in place of a Sign"),
        ("Ill", DeviceStatus.STOPPED_BY_SELF_CHECK, "the read head is broken"),
        ("Raises", DeviceStatus.OFFLINE, "KeyError"),
        ("Exits", DeviceStatus.OFFLINE, "SystemExit"),
        ("Interrupts", DeviceStatus.OFFLINE, "KeyboardInterrupt"),
        ("GivesUp", DeviceStatus.OFFLINE, "GeneratorExit"),
        ("Wordless", DeviceStatus.OFFLINE, "WordlessError: (no words)"),
        ("Wordy", DeviceStatus.OFFLINE, "[digits removed]"),
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
        wait_until(lambda: till.report("odd").statistics.good_reads == 1, "the good read is counted")
        assert till.report("odd").statistics.failed_reads == 1
        assert till.report("odd").status is DeviceStatus.ENABLED


def test_a_driver_that_only_fails_is_stopped() -> None:
    with running(odd("FailingOn")) as till:
        report = till.wait_for("odd", DeviceStatus.STOPPED_BY_SELF_CHECK)

        assert report.text == "over 20 reads in a row failed"


def test_what_a_driver_says_is_kept_short() -> None:
    with running(odd("Wordy")) as till:
        report = till.wait_for("odd", DeviceStatus.OFFLINE)

        assert len(report.text) <= 200


def test_a_flood_does_not_push_out_what_another_device_read(feed: Path, write: Callable[[str], None]) -> None:
    with running(scanner(feed), odd("Flooding")) as till:
        till.wait_for("scanner", DeviceStatus.ENABLED)
        write(CARD)
        wait_until(lambda: till.report("scanner").statistics.good_reads == 1, "the card was read")
        till.wait_for("odd", DeviceStatus.STOPPED_BY_SELF_CHECK)

        taken = [till.supervisor.take(0) for _ in range(20)]

        assert "scanner" in {sighting.device for sighting in taken if sighting is not None}


def test_a_card_that_was_read_long_ago_belongs_to_nobody() -> None:
    with running(odd("Late")) as till:
        sighting = till.supervisor.take(2)

        assert sighting is not None
        assert sighting.card == OwnCard(CARD, Source.NUMBER)
        assert till.report("odd").statistics.good_reads == 2


def test_a_read_is_dated_by_its_last_byte_and_never_in_the_future() -> None:
    with running(odd("Hasty")) as till:
        sighting = till.supervisor.take(2)

        assert sighting is not None
        assert sighting.at_ns <= time.monotonic_ns()


def test_the_way_from_the_last_byte_to_the_hand_is_measured() -> None:
    with running(odd("Late")) as till:
        wait_until(lambda: till.report("odd").statistics.good_reads == 2, "both were read")
        assert till.report("odd").statistics.latency_p50_us is None

        assert till.supervisor.take(2) is not None

        statistics = till.report("odd").statistics
        assert statistics.latency_p50_us is not None
        assert 0 < statistics.latency_p50_us < 5_000_000
        assert statistics.latency_p99_us == statistics.latency_p50_us


def test_a_dirty_head_is_told_with_what_to_do_and_the_cards_are_read_on() -> None:
    with running(odd("DirtyHead")) as till:
        wait_until(lambda: till.report("odd").statistics.good_reads == 12, "every card was read")
        wait_until(lambda: "6 of the last 12 swipes" in till.report("odd").text, "the report says so")
        report = till.report("odd")

        assert report.status is DeviceStatus.ENABLED
        assert report.text.startswith("clean the head: ")
        assert report.hint == "draw a cleaning card through the reader"
        assert report.statistics.unreadable_tracks == 6


def test_a_driver_that_hangs_in_closing_is_offline_until_it_comes_back() -> None:
    odd_drivers.HangingClose.let_go.clear()
    with running(odd("HangingClose")) as till:
        wait_until(lambda: "has not come back from close" in till.report("odd").text, "the watchdog says so")
        assert till.report("odd").status is DeviceStatus.OFFLINE
        odd_drivers.HangingClose.let_go.set()

        till.wait_for("odd", DeviceStatus.ENABLED)


def test_a_device_that_came_back_too_late_takes_jobs_again() -> None:
    odd_drivers.HangingPrinter.let_go.clear()
    with running(odd("HangingPrinter")) as till:
        till.wait_for("odd", DeviceStatus.ENABLED)
        handle = till.supervisor.printer("odd")
        with pytest.raises(DeviceTimeoutError):
            handle.send(b"slip")
        till.wait_for("odd", DeviceStatus.OFFLINE)
        odd_drivers.HangingPrinter.let_go.set()
        till.wait_for("odd", DeviceStatus.ENABLED)

        assert handle.status() == PrinterStatus()


def test_a_device_that_is_away_is_tried_at_once_when_something_is_plugged_in() -> None:
    slow = replace(PACE, first_pause_s=30.0, longest_pause_s=30.0)
    with running(odd("HangingClose"), pace=slow) as till:
        odd_drivers.HangingClose.let_go.set()
        till.wait_for("odd", DeviceStatus.OFFLINE)
        udev_says_added(till.supervisor)

        till.wait_for("odd", DeviceStatus.ENABLED)


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


def test_what_a_printer_lacks_stands_in_its_report(feed: Path, write: Callable[[str], None]) -> None:
    with running(printer(feed=str(feed))) as till:
        till.wait_for("printer", DeviceStatus.ENABLED)
        write("!paper out")
        wait_until(lambda: till.report("printer").text == "out of paper", "the report says so")
        write("!paper ok")
        wait_until(lambda: till.report("printer").text == "", "the report says no more")

        assert till.report("printer").status is DeviceStatus.ENABLED


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
