"""udev's own messages, on the kernel's own socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.devices.supervision import hotplug as hotplug_module
from agent.devices.supervision.hotplug import MESSAGES_MAX, Hotplug
from tests.devices.supervision.udev import ADDED, REMOVED, send


@pytest.fixture
def hotplug() -> Iterator[Hotplug]:
    hotplug = Hotplug()
    hotplug.open()
    if hotplug._socket is None:
        pytest.skip("no netlink here")
    yield hotplug
    hotplug.close()


def test_what_is_plugged_in_is_heard_once(hotplug: Hotplug) -> None:
    send(hotplug, ADDED)

    assert hotplug.was_added()
    assert not hotplug.was_added()


def test_what_is_unplugged_wakes_nobody(hotplug: Hotplug) -> None:
    send(hotplug, REMOVED)

    assert not hotplug.was_added()


@pytest.mark.parametrize("message", [b"\x00", b"ACTION=add", b"libudev\x00" + b"\xff" * 8000])
def test_anything_else_is_no_news(hotplug: Hotplug, message: bytes) -> None:
    send(hotplug, message)

    assert not hotplug.was_added()


def test_it_listens_to_udev_and_not_to_the_kernel(hotplug: Hotplug) -> None:
    assert hotplug._socket is not None
    assert hotplug._socket.getsockname()[1] == 2


def test_more_than_one_look_is_worth_is_looked_at_later(hotplug: Hotplug) -> None:
    for _ in range(MESSAGES_MAX):
        send(hotplug, REMOVED)
    send(hotplug, ADDED)

    assert not hotplug.was_added()
    assert hotplug.was_added()


def test_where_udev_is_not_heard_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotplug_module, "KOBJECT_UEVENT", 21)  # a protocol of netlink that was removed
    hotplug = Hotplug()
    hotplug.open()

    assert not hotplug.was_added()
    hotplug.close()
