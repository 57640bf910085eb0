"""What every input device promises, whatever its category: run by a class per category and driver.

A class names its `bench`: the device, and the peer that plays the hardware.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agent.devices.categories import HealthLevel, InputDevice
from agent.errors import DeviceError, IllegalError

PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class InputBench:
    """A device on the bench. `show` plays one read; `unplug` and `plug_in` the hardware's coming and going."""

    device: InputDevice
    show: Callable[[bytes], None]
    unplug: Callable[[], None]
    plug_in: Callable[[], None]


def bring_up(device: InputDevice) -> None:
    """Go through the gates."""
    device.open()
    device.claim()
    device.enable()


def data_of(device: InputDevice) -> bytes | None:
    """Return the data of the next read."""
    seen = device.read(PATIENCE_S)
    return None if seen is None else seen.data


class InputContract:
    """The promises. `samples` are two different reads of the category."""

    samples: tuple[bytes, bytes]

    def test_nothing_is_read_before_the_device_is_enabled(self, bench: InputBench) -> None:
        bench.device.open()

        with pytest.raises(IllegalError, match="not enabled"):
            bench.device.read(0.01)

    def test_a_gate_cannot_be_skipped(self, bench: InputBench) -> None:
        with pytest.raises(IllegalError, match="closed"):
            bench.device.claim()

    def test_closing_is_safe_in_any_state(self, bench: InputBench) -> None:
        bench.device.close()
        bring_up(bench.device)
        bench.device.close()
        bench.device.close()

        with pytest.raises(IllegalError):
            bench.device.read(0.01)

    def test_a_read_without_input_ends_in_time(self, bench: InputBench) -> None:
        bring_up(bench.device)
        begun = time.monotonic()

        assert bench.device.read(0.05) is None
        assert 0.03 < time.monotonic() - begun < 0.5

    def test_what_is_shown_is_read_once(self, bench: InputBench) -> None:
        bring_up(bench.device)
        bench.show(self.samples[0])

        assert data_of(bench.device) == self.samples[0]
        assert bench.device.read(0.05) is None

    def test_two_reads_come_in_order(self, bench: InputBench) -> None:
        bring_up(bench.device)

        for sample in self.samples:
            bench.show(sample)
            assert data_of(bench.device) == sample

    def test_the_time_of_the_last_byte_is_unknown_or_true(self, bench: InputBench) -> None:
        bring_up(bench.device)
        begun = time.monotonic_ns()
        bench.show(self.samples[0])
        seen = bench.device.read(PATIENCE_S)

        assert seen is not None
        assert seen.last_byte_ns == 0 or begun <= seen.last_byte_ns <= time.monotonic_ns()

    def test_a_disabled_device_can_be_enabled_again(self, bench: InputBench) -> None:
        bring_up(bench.device)
        bench.device.disable()
        bench.device.enable()
        bench.show(self.samples[1])

        assert data_of(bench.device) == self.samples[1]

    def test_an_unplugged_device_says_so_and_works_when_it_is_back(self, bench: InputBench) -> None:
        bring_up(bench.device)
        bench.unplug()
        with pytest.raises(DeviceError):
            bench.device.read(PATIENCE_S)
        bench.device.close()
        with pytest.raises(DeviceError):
            bring_up(bench.device)
        bench.device.close()
        bench.plug_in()

        bring_up(bench.device)
        bench.show(self.samples[0])

        assert data_of(bench.device) == self.samples[0]

    def test_a_healthy_device_is_found_healthy(self, bench: InputBench) -> None:
        bring_up(bench.device)

        for level in (HealthLevel.INTERNAL, HealthLevel.EXTERNAL):
            assert bench.device.check_health(level).ok

    def test_the_interactive_check_takes_a_read(self, bench: InputBench) -> None:
        bring_up(bench.device)
        bench.show(self.samples[0])

        health = bench.device.check_health(HealthLevel.INTERACTIVE)

        assert health.ok
        assert self.samples[0].decode("latin-1") not in health.text


class LineContract(InputContract):
    """What a device promises that sends whether anybody reads or not."""

    def test_what_was_read_before_enabling_is_dropped(self, bench: InputBench) -> None:
        bring_up(bench.device)
        bench.device.disable()
        bench.show(self.samples[0])
        bench.device.enable()
        bench.show(self.samples[1])

        assert data_of(bench.device) == self.samples[1]

    def test_two_reads_at_once_are_two(self, bench: InputBench) -> None:
        bring_up(bench.device)
        for sample in self.samples:
            bench.show(sample)

        assert [data_of(bench.device), data_of(bench.device)] == list(self.samples)


class WireContract(LineContract):
    """What a device promises whose bytes come over a wire: it knows when the last one came."""

    def test_the_time_of_the_last_byte_is_known(self, bench: InputBench) -> None:
        bring_up(bench.device)
        for sample in self.samples:
            begun = time.monotonic_ns()
            bench.show(sample)
            seen = bench.device.read(PATIENCE_S)

            assert seen is not None
            assert begun <= seen.last_byte_ns <= time.monotonic_ns()
