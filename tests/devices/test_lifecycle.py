"""The gates in front of every driver."""

from __future__ import annotations

import pytest

from agent.devices.categories import Category
from agent.devices.lifecycle import Lifecycle
from agent.errors import IllegalError, OfflineError


class Recorder(Lifecycle):
    """Writes down which hooks were called; `failing` names one that raises."""

    def __init__(self, failing: str = "") -> None:
        super().__init__(Category.SCANNER)
        self.hooks: list[str] = []
        self._failing = failing

    def on_open(self) -> None:
        self._note("open")

    def on_claim(self) -> None:
        self._note("claim")

    def on_enable(self) -> None:
        self._note("enable")

    def on_disable(self) -> None:
        self._note("disable")

    def on_release(self) -> None:
        self._note("release")

    def on_close(self) -> None:
        self._note("close")

    def _note(self, hook: str) -> None:
        self.hooks.append(hook)
        if hook == self._failing:
            raise OfflineError(hook)


def brought_up(failing: str = "") -> Recorder:
    device = Recorder(failing)
    device.open()
    device.claim()
    device.enable()
    return device


def test_the_way_up_and_down_calls_every_hook_once() -> None:
    device = brought_up()
    device.disable()
    device.release()
    device.close()

    assert device.hooks == ["open", "claim", "enable", "disable", "release", "close"]


def test_closing_an_enabled_device_takes_the_whole_way_down() -> None:
    device = brought_up()
    device.close()

    assert device.hooks[3:] == ["disable", "release", "close"]


def test_a_gate_cannot_be_passed_twice_or_skipped() -> None:
    device = Recorder()
    device.open()

    with pytest.raises(IllegalError, match="opened"):
        device.open()
    with pytest.raises(IllegalError, match="opened"):
        device.enable()


def test_a_failed_open_leaves_the_device_closed_and_still_lets_go() -> None:
    device = Recorder(failing="open")
    with pytest.raises(OfflineError):
        device.open()
    with pytest.raises(IllegalError, match="closed"):
        device.claim()
    device.close()

    assert device.hooks == ["open", "close"]


@pytest.mark.parametrize("failing", ["disable", "release"])
def test_a_device_that_fails_on_the_way_down_is_still_closed(failing: str) -> None:
    device = brought_up(failing)

    with pytest.raises(OfflineError):
        device.close()

    assert device.hooks[-1] == "close"
    with pytest.raises(IllegalError, match="closed"):
        device.require_enabled("read")


def test_what_needs_an_enabled_device_says_so() -> None:
    with pytest.raises(IllegalError, match="cannot read: the Scanner is closed, not enabled"):
        Recorder().require_enabled("read")
