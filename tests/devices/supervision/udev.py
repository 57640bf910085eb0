"""Plays udev for one listener: sends a message like udev's own to its address, and to nobody else's."""

from __future__ import annotations

import socket

import pytest

from agent.devices.supervision.hotplug import KOBJECT_UEVENT, Hotplug
from agent.devices.supervision.supervisor import Supervisor
from tests.drivers.wait import wait_until

ADDED = b"libudev\x00ACTION=add\x00DEVNAME=/dev/ttyACM0\x00SUBSYSTEM=tty\x00"
REMOVED = b"libudev\x00ACTION=remove\x00DEVNAME=/dev/ttyACM0\x00SUBSYSTEM=tty\x00"


def send(hotplug: Hotplug, message: bytes) -> None:
    """Send `message` to `hotplug`; the test is skipped where only root may."""
    assert hotplug._socket is not None
    port = hotplug._socket.getsockname()[0]
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, KOBJECT_UEVENT) as udev:
        udev.bind((0, 0))
        try:
            udev.sendto(message, (port, 0))
        except PermissionError:
            pytest.skip("the kernel lets only root play udev")


def udev_says_added(supervisor: Supervisor) -> None:
    """Tell a supervisor that a device was plugged in."""
    wait_until(lambda: supervisor._hotplug._socket is not None, "the supervisor listens")
    send(supervisor._hotplug, ADDED)
