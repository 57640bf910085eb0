import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agent.cli.devices.watching import line_of
from agent.config import load_config
from agent.daemon.till import Till
from tests.cli.said import tally
from tests.till_files import TillFiles, wait_until


@contextmanager
def once_watched(till: Till, *then: Callable[[], object]) -> Iterator[None]:
    """Do these things as soon as somebody watches."""

    def work() -> None:
        wait_until(lambda: till.events._listeners)
        for do in then:
            do()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_the_devices_are_shown_as_they_are_and_the_watch_ends_in_time(running: TillFiles) -> None:
    begun = time.monotonic()

    said = tally("devices", "watch", "--for", "0.2", "-c", running.config)

    assert (said.status, said.err) == (0, "")
    assert [re.sub(r"^\d\d:\d\d:\d\d  ", "", line) for line in said.out.splitlines()] == [
        "slips       enabled",
        "reader      enabled",
    ]
    assert time.monotonic() - begun < 5


def test_what_happens_is_shown_when_it_happens(files: TillFiles) -> None:
    with Till(load_config(files.config)) as till:
        wait_until(lambda: all(str(report.status) == "enabled" for report in till.devices.reports()))
        read = {"device": "reader", "kind": "bank_card", "text": "", "latency_us": 400}
        with once_watched(till, lambda: till.events.publish("read", read), lambda: files.read_card("!unplug 30")):
            said = tally("devices", "watch", "--for", "0.8", "--json", "-c", files.config)

    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["device"] for line in lines[:2]] == ["slips", "reader"]
    assert (lines[2]["device"], lines[2]["what"], lines[2]["latency_ms"]) == ("reader", "bank card - refused", 0.4)
    assert (lines[3]["device"], lines[3]["what"]) == ("reader", "offline")
    assert "unplugged" in lines[3]["text"]


def test_when_the_agent_ends_so_does_the_watch(files: TillFiles) -> None:
    till = Till(load_config(files.config))
    till.start()

    with once_watched(till, till.stop):
        said = tally("devices", "watch", "--for", "30", "-c", files.config)

    assert said.status == 1
    assert said.err.splitlines()[0] == "tally: the agent has ended"


def test_without_an_agent_there_is_nothing_to_watch(files: TillFiles) -> None:
    assert "no agent is running" in tally("devices", "watch", "-c", files.config).refusal


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("own_card", "own card"),
        ("bank_card", "bank card - refused"),
        ("identity_card", "identity card - refused"),
        ("not_ours", "not ours"),
        ("bad_read", "swipe again"),
    ],
)
def test_of_a_read_only_its_kind_and_time_are_shown(kind: str, what: str) -> None:
    event: dict[str, Any] = {"device": "reader", "kind": kind, "text": "why", "latency_us": 1500}

    assert line_of("read", event) == {"device": "reader", "what": what, "text": "why", "latency_ms": 1.5}


@pytest.mark.parametrize("kind", ["member", "sale", "sync", "programme"])
def test_events_that_are_not_about_devices_are_passed_over(kind: str) -> None:
    assert line_of(kind, {"name": "Ana Testova"}) is None
