import json

import pytest

from tests.cli.said import tally
from tests.till_files import TillFiles, wait_until


@pytest.mark.parametrize("level", ["internal", "external"])
def test_a_running_agents_devices_are_tested(running: TillFiles, level: str) -> None:
    said = tally("devices", "test", "--level", level, "-c", running.config)

    assert (said.status, said.err) == (0, "")
    assert [line[:10] for line in said.out.splitlines()] == ["ok  slips:", "ok  reader"]


def test_without_an_agent_the_devices_are_opened(files: TillFiles) -> None:
    said = tally("devices", "test", "-c", files.config, "--json")

    assert [(result["name"], result["category"], result["ok"]) for result in said.json] == [
        ("slips", "POSPrinter", True),
        ("reader", "Scanner", True),
    ]


@pytest.mark.parametrize("with_agent", [True, False])
def test_one_device_is_tested_by_its_name(running: TillFiles, files: TillFiles, *, with_agent: bool) -> None:
    said = tally("devices", "test", "slips", "-c", (running if with_agent else files).config)

    assert said.out == "ok  slips: ready\n"


@pytest.mark.parametrize("with_agent", [True, False])
def test_a_name_that_nobody_has_is_refused(running: TillFiles, files: TillFiles, *, with_agent: bool) -> None:
    said = tally("devices", "test", "slip", "-c", (running if with_agent else files).config)

    assert said.refusal == "no device is called 'slip'"


def test_what_is_not_well_says_what_to_do(files: TillFiles) -> None:
    files.change('driver = "simulated"\ncategory = "Scanner"\nfeed = ', 'driver = "serial_scanner"\npath = ')

    said = tally("devices", "test", "-c", files.config)

    assert said.status == 1
    assert said.out.splitlines()[0] == "ok  slips: ready"
    assert said.out.splitlines()[1].startswith("BAD reader: offline: serial port")
    assert said.out.splitlines()[-1] == "      plug it in and switch it on"


def test_a_failure_is_in_the_json_and_in_the_exit_status(files: TillFiles) -> None:
    files.change('driver = "simulated"\ncategory = "Scanner"\nfeed = ', 'driver = "serial_scanner"\npath = ')

    said = tally("devices", "test", "reader", "-c", files.config, "--json")

    assert said.status == 1
    (result,) = json.loads(said.out)
    assert not result["ok"]
    assert result["hint"] == "plug it in and switch it on"


def test_an_interactive_test_says_whose_turn_it_is(running: TillFiles) -> None:
    slips = len(running.slips)

    said = tally("devices", "test", "slips", "--level", "interactive", "-c", running.config)

    assert said.err == "slips: look whether it prints\n"
    assert said.out == "ok  slips: ready\n"
    wait_until(lambda: len(running.slips) == slips + 1)


def test_a_till_without_devices_is_told_where_to_look(files: TillFiles) -> None:
    text = files.config.read_text()
    files.config.write_text(text.partition("[[device]]")[0].replace('printer = "slips"', ""))

    said = tally("devices", "test", "-c", files.config)

    assert said.refusal == "no device is in till.toml"
    assert "`tally devices list`" in said.err
