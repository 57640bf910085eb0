"""The till itself: `tally run` as a shop's account runs it, its local API, and what it says while it runs."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import orjson

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.devices.categories import POSPrinter
from agent.devices.loading import build
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.members import addressed, card_holder
from agent.loyalty.cards import Source
from agent.slips.facts import Addressee, SlipFacts
from agent.slips.layout import lay_out
from agent.upkeep.running import Running, find_running
from drivers import DRIVERS

TALLY: Final = "/opt/tallystick/bin/tally"
ACCOUNT: Final = "tallystick"
START_S: Final = 120.0  # an emulated processor reads its first bytecode
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event, and when (`time.monotonic`) it came."""

    at: float
    kind: str
    data: dict[str, Any]


class Till:
    """A running agent. What it publishes on GET /v1/events is kept in `events`."""

    def __init__(self, config: Path, log: Path) -> None:
        self.config = config
        self.folder = load_config(config).till.folder
        self.events: list[Event] = []
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._running: Running | None = None

    @property
    def pid(self) -> int:
        """The agent's process."""
        assert self._process is not None
        assert self._process.poll() is None, "the agent has ended; its log says why"
        return self._process.pid

    @property
    def running(self) -> Running:
        """Where it listens."""
        assert self._running is not None
        return self._running

    def start(self) -> None:
        """Start the agent and wait until it answers."""
        account = pwd.getpwnam(ACCOUNT)
        groups = [group.gr_gid for group in grp.getgrall() if ACCOUNT in group.gr_mem]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [TALLY, "run", "--config", str(self.config)],
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=groups,
                env={"PATH": os.environ["PATH"], "HOME": account.pw_dir},
                stdout=log,
                stderr=log,
            )
        self._running = wait_for(lambda: find_running(self.folder) if self.pid else None, "the agent answers", START_S)
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        """Stop the agent as systemd does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_S)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the local API."""
        return self.running.ask(method, path, body)

    def devices(self) -> list[dict[str, Any]]:
        """What the agent says about every device."""
        devices: list[dict[str, Any]] = self.ask("GET", "/v1/status")["devices"]
        return devices

    def device(self, name: str) -> dict[str, Any]:
        """What it says about one."""
        return next(device for device in self.devices() if device["name"] == name)

    def setting(self, name: str, key: str) -> str:
        """Return a device's setting in till.toml."""
        setup = next(device for device in load_config(self.config).devices if device.name == name)
        return str(setup.settings[key])

    def device_event(self, name: str, after: int, fits: Callable[[str], bool], seconds: float) -> Event:
        """Return the first event after the first `after` that gives a device a status that fits."""

        def found() -> Event | None:
            changes = (event for event in self.events[after:] if event.kind == "device" and event.data["name"] == name)
            return next((event for event in changes if fits(event.data["status"])), None)

        return wait_for(found, f"another status of {name}", seconds)

    def next_event(self, kind: str, after: int, seconds: float = 10.0) -> Event:
        """Return the first event of a kind that came after the first `after` events."""

        def found() -> Event | None:
            return next((event for event in self.events[after:] if event.kind == kind), None)

        return wait_for(found, f"an event {kind!r}", seconds)

    def account_of(self, number: str, source: Source) -> str | None:
        """Return whose card this is, as the ledger has it."""
        ledger = open_ledger(load_config(self.config), read_only=True)
        try:
            holder = card_holder(ledger, number, source)
        finally:
            ledger.close()
        return None if holder is None else holder.account

    def slip_bytes(self, op: str) -> bytes:
        """Return the bytes that the slip of `op` is, without a printer."""
        config = load_config(self.config)
        setup = next(device for device in config.devices if device.name == config.till.printer)
        printer = build(setup, DRIVERS)
        assert isinstance(printer, POSPrinter)
        ledger = open_ledger(config, read_only=True)
        try:
            job = SlipQueue(ledger).slip_of(op)
            assert job is not None, f"no slip belongs to {op}"
            facts = SlipFacts.from_json(job.facts)
            name = None if facts.account is None else addressed(ledger, facts.account)[0]
        finally:
            ledger.close()
        return printer.encode(lay_out(facts, config.slips.letterhead(), Addressee(name)))

    def _listen(self) -> None:
        headers = {"Authorization": f"Bearer {self.running.token}"}
        # No limit in time: it ends with the agent.
        with (
            contextlib.suppress(httpx.TransportError),
            httpx.Client(base_url=self.running.url, headers=headers, trust_env=False, timeout=None) as client,  # noqa: S113
            client.stream("GET", "/v1/events") as answer,
        ):
            self._keep(answer.iter_lines())

    def _keep(self, lines: Iterable[str]) -> None:
        kind = ""
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                self.events.append(Event(time.monotonic(), kind, orjson.loads(value)))


def wait_for(look: Callable[[], T | None], what: str, seconds: float = 10.0) -> T:
    """Look until there is something to see; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.01)
    return found
