"""LineDisplay: the simulated driver; line_display in both its languages, and what every display promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.devices.categories import Category, HealthLevel, LineDisplay
from agent.errors import DeviceError, IllegalError
from drivers import simulated
from drivers._link import Transport
from drivers.line_display import CustomerDisplay, Dialect, Settings
from tests.contracts.simulated_bench import AWAY_S, wait_for_return
from tests.drivers.display import Cd5220Display, EpsonDisplay
from tests.drivers.serial_line import SerialLine


@dataclass(frozen=True, slots=True)
class DisplayBench:
    """A display on the bench: what it shows, and what a test may do to it."""

    device: LineDisplay
    shown: Callable[[], tuple[str, ...]]
    unplug: Callable[[], None]
    plug_in: Callable[[], None]

    def bring_up(self) -> None:
        self.device.open()
        self.device.claim()
        self.device.enable()

    def lines(self) -> list[str]:
        """What is shown, without the spaces that fill a line."""
        return [line.rstrip() for line in self.shown() if line.strip()]


class DisplayContract:
    """The promises of any customer display."""

    def test_a_display_that_is_not_enabled_shows_nothing(self, bench: DisplayBench) -> None:
        with pytest.raises(IllegalError, match="closed"):
            bench.device.show(["1.20"])

    def test_what_is_shown_replaces_what_was_shown(self, bench: DisplayBench) -> None:
        bench.bring_up()
        bench.device.show(["Jane", "120 points"])
        assert bench.lines() == ["Jane", "120 points"]

        bench.device.show(["Thank you"])

        assert bench.lines() == ["Thank you"]

    def test_nothing_is_shown_when_nothing_is_to_be_shown(self, bench: DisplayBench) -> None:
        bench.bring_up()
        bench.device.show(["Jane", "120 points"])

        bench.device.show([])

        assert bench.lines() == []

    def test_every_level_of_health_is_well(self, bench: DisplayBench) -> None:
        bench.bring_up()

        assert all(bench.device.check_health(level).ok for level in HealthLevel)

    def test_an_unplugged_display_says_so_and_works_when_it_is_back(self, bench: DisplayBench) -> None:
        bench.bring_up()
        bench.unplug()
        with pytest.raises(DeviceError):
            bench.device.show(["x"])
        bench.device.close()
        bench.plug_in()

        bench.bring_up()
        bench.device.show(["back"])

        assert bench.lines() == ["back"]

    def test_closing_is_safe_in_any_state(self, bench: DisplayBench) -> None:
        bench.device.close()
        bench.bring_up()
        bench.device.close()
        bench.device.close()

        with pytest.raises(IllegalError):
            bench.device.show(["x"])


class TestSimulated(DisplayContract):
    @pytest.fixture
    def bench(self) -> Iterator[DisplayBench]:
        device = simulated.Simulated(simulated.Settings(Category.LINE_DISPLAY))
        yield DisplayBench(
            device,
            lambda: device.shown,
            lambda: device.tell(f"!unplug {AWAY_S}"),
            lambda: wait_for_return(device),
        )
        device.close()


def serial_bench(line: SerialLine, settings: Settings, display: EpsonDisplay | Cd5220Display) -> DisplayBench:
    """A display at the end of a serial line; it obeys when somebody looks."""

    def shown() -> tuple[str, ...]:
        while data := line.receive(0.02):
            display.take(data)
        return display.shown

    return DisplayBench(CustomerDisplay(settings), shown, line.unplug, line.plug_in)


class TestEpson(DisplayContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[DisplayBench]:
        with SerialLine(tmp_path) as line:
            bench = serial_bench(line, Settings(Transport.SERIAL, path=line.path), EpsonDisplay())
            yield bench
            bench.device.close()


class TestCd5220(DisplayContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[DisplayBench]:
        with SerialLine(tmp_path) as line:
            settings = Settings(Transport.SERIAL, path=line.path, dialect=Dialect.CD5220)
            bench = serial_bench(line, settings, Cd5220Display())
            yield bench
            bench.device.close()
