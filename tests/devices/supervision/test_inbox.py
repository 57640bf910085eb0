"""The inbox: bounded in number and in age."""

from __future__ import annotations

import threading
import time

from agent.devices.categories import Category
from agent.devices.firewall.recognise import NotOurs
from agent.devices.supervision.inbox import Inbox, Sighting


def sighting(reason: str, age_s: float = 0.0, device: str = "scanner") -> Sighting:
    return Sighting(device, Category.SCANNER, NotOurs(reason), time.monotonic_ns() - int(age_s * 1e9))


def test_sightings_come_out_in_order() -> None:
    inbox = Inbox()
    first, second = sighting("a"), sighting("b")
    inbox.put(first)
    inbox.put(second)

    assert [inbox.take(0), inbox.take(0), inbox.take(0)] == [first, second, None]


def test_a_full_inbox_forgets_the_oldest() -> None:
    inbox = Inbox(size_max=2)
    sightings = [sighting(reason) for reason in "abc"]
    for each in sightings:
        inbox.put(each)

    assert [inbox.take(0), inbox.take(0), inbox.take(0)] == [*sightings[1:], None]


def test_a_device_that_sends_without_end_pushes_out_its_own_only() -> None:
    inbox = Inbox(share_max=3)
    other = sighting("other", device="msr")
    inbox.put(other)
    flood = [sighting(str(number)) for number in range(10)]
    for each in flood:
        inbox.put(each)

    assert [inbox.take(0) for _ in range(5)] == [other, *flood[-3:], None]


def test_an_old_sighting_is_not_handed_out() -> None:
    inbox = Inbox(age_max_s=1.0)
    fresh = sighting("fresh")
    inbox.put(sighting("old", age_s=1.5))
    inbox.put(fresh)

    assert inbox.take(0) == fresh


def test_a_waiting_taker_is_woken() -> None:
    inbox = Inbox()
    arriving = sighting("a")
    timer = threading.Timer(0.02, inbox.put, [arriving])
    timer.start()

    assert inbox.take(2) == arriving
    timer.join()
