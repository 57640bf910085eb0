"""`tally devices test`: a health check of each device, and what to do where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import typer

from agent.cli.devices.lines import say
from agent.cli.devices.opening import opened
from agent.cli.output import show
from agent.config import Config, load_config
from agent.devices.categories import Category, HealthLevel
from agent.devices.supervision.report import DeviceStatus
from agent.errors import ConfigError, TallyError, UnknownError
from agent.upkeep.running import Running, find_running

ANSWER_S = 60.0  # an interactive check waits for a person

_ASK: Final[Mapping[str | None, str]] = {
    Category.MSR: "swipe a card now",
    Category.SCANNER: "scan a label now",
    Category.SMART_CARD_RW: "hold a card to the reader now",
    Category.POS_PRINTER: "look whether it prints",
}
_DO: Final[Mapping[str | None, str]] = {
    Category.MSR: "`tally devices calibrate {name}` shows what the reader sends",
    Category.SCANNER: "`tally devices calibrate {name}` shows what the scanner sends",
    Category.POS_PRINTER: "look at paper, cover, cable and power",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one device's check; `hint` is what to do if it is not ok."""

    name: str
    category: str | None
    ok: bool
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where devices are tested: `reports` says how they are, `check` has one check itself."""

    reports: Callable[[], Iterable[Mapping[str, Any]]]
    check: Callable[[str, HealthLevel], tuple[bool, str]]


def test_devices(path: Path, *, name: str | None, level: HealthLevel, as_json: bool) -> None:
    """Test the device called `name`, or all; ends the command with status 1 if one is not well."""
    config = load_config(path)
    results = []
    with _bench(config, name) as bench:
        for device in _chosen(bench, name):
            if level is HealthLevel.INTERACTIVE and device["category"] in _ASK:
                say(f"{device['name']}: {_ASK[device['category']]}", err=True)
            results.append(_test(bench, device, level))
            if not as_json:
                _print(results[-1])
    if as_json:
        show([asdict(result) for result in results], as_json=True)
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


@contextmanager
def _bench(config: Config, name: str | None) -> Iterator[_Bench]:
    running = find_running(config.till.folder)
    if running is not None:
        yield _agents_bench(running)
        return
    setups = [setup for setup in config.devices if name in {None, setup.name}]
    with opened(setups) as supervisor:

        def check(device: str, level: HealthLevel) -> tuple[bool, str]:
            health = supervisor.check_health(device, level)
            return health.ok, health.text

        yield _Bench(lambda: [asdict(report) for report in supervisor.reports()], check)


def _agents_bench(running: Running) -> _Bench:
    def reports() -> list[dict[str, Any]]:
        devices: list[dict[str, Any]] = running.ask("GET", "/v1/status")["devices"]
        return devices

    def check(device: str, level: HealthLevel) -> tuple[bool, str]:
        health = running.ask("POST", f"/v1/devices/{device}/check", {"level": str(level)}, limit_s=ANSWER_S)
        return health["ok"], health["text"]

    return _Bench(reports, check)


def _chosen(bench: _Bench, name: str | None) -> list[Mapping[str, Any]]:
    devices = list(bench.reports())
    chosen = [device for device in devices if name in {None, device["name"]}]
    if chosen:
        return chosen
    if name is None:
        raise ConfigError("no device is in till.toml", hint="`tally devices list` shows what is plugged in")
    raise UnknownError(f"no device is called {name!r}", hint="`tally devices list` shows their names")


def _test(bench: _Bench, device: Mapping[str, Any], level: HealthLevel) -> Result:
    name, category = device["name"], device["category"]
    hint = ""
    try:
        ok, text = bench.check(name, level)
    except TallyError as error:
        ok, text, hint = False, str(error), error.hint
    if ok:
        return Result(name, category, ok=True, text=text, hint="")
    now = next((report for report in bench.reports() if report["name"] == name), device)
    if now["status"] != DeviceStatus.ENABLED:  # why it is not, says more than that it cannot be asked
        text = f"{now['status']}: {now['text']}"
    hint = now["hint"] or hint or _DO.get(category, "check cable and power").format(name=name)
    return Result(name, category, ok=False, text=text, hint=hint)


def _print(result: Result) -> None:
    say(f"{'ok ' if result.ok else 'BAD'} {result.name}: {result.text}", hanging="    ")
    if not result.ok:
        say(result.hint, indent="      ")
