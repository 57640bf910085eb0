import stat
import tomllib
from pathlib import Path

import pytest

from agent.devices.loading import DeviceSetup
from agent.errors import ConfigError
from agent.upkeep.sections import section_text, with_section, write_section
from tests.till_files import ROOT

TILL = """\
# our till
[[device]]  # the first
name = "a"
driver = "x"   # as delivered
path = "/dev/1"  # left counter
idle_s = 1.0
# baud = 9600

# the page
[web]
port = 1
"""
A = DeviceSetup("a", "x", {"path": "/dev/2", "prefix": "~\x02"})


def accept(_: Path) -> None:
    pass


def test_a_section_reads_as_it_would_be_written_by_hand() -> None:
    setup = DeviceSetup(
        "slips", "escpos_printer", {"path": "/dev/usb/lp0", "code_pages": {"CP852": 18}, "one_line": True}
    )

    assert section_text(setup) == (
        '[[device]]\nname = "slips"\ndriver = "escpos_printer"\npath = "/dev/usb/lp0"\n'
        "code_pages = {CP852 = 18}\none_line = true\n"
    )


def test_a_section_that_is_there_is_changed_where_it_stands() -> None:
    assert (
        with_section(TILL, A)
        == """\
# our till
[[device]]  # the first
name = "a"
driver = "x"   # as delivered
path = "/dev/2"  # left counter
prefix = "~\\u0002"
# baud = 9600

# the page
[web]
port = 1
"""
    )


def test_a_new_section_is_added_at_the_end() -> None:
    new = with_section(TILL, DeviceSetup("b", "y", {"path": "/dev/3"}))

    assert new == TILL + '\n[[device]]\nname = "b"\ndriver = "y"\npath = "/dev/3"\n'


def test_a_file_without_devices_gets_its_first() -> None:
    assert tomllib.loads(with_section("", A))["device"] == [{"name": "a", "driver": "x", **A.settings}]


def test_writing_the_same_again_changes_nothing() -> None:
    once = with_section(TILL, A)

    assert with_section(once, A) == once


@pytest.mark.parametrize("name", ["scanner", "new"])
def test_all_else_in_the_example_stays_to_the_letter(name: str) -> None:
    text = (ROOT / "config" / "till.toml").read_text()

    new = with_section(text, DeviceSetup(name, "keyboard_wedge", {"path": "/dev/x", "category": "MSR"}))

    before, after = tomllib.loads(text), tomllib.loads(new)
    assert {key: after[key] for key in after if key != "device"} == {
        key: before[key] for key in before if key != "device"
    }
    assert [line for line in text.splitlines() if "#" in line] == [line for line in new.splitlines() if "#" in line]
    assert {device["name"] for device in after["device"]} == {device["name"] for device in before["device"]} | {name}


def test_the_file_is_written_with_the_rights_it_had(tmp_path: Path) -> None:
    file = tmp_path / "till.toml"
    file.write_text(TILL)
    file.chmod(0o640)

    write_section(file, A, check=accept)

    assert file.read_text() == with_section(TILL, A)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text(TILL)
    link = tmp_path / "till.toml"
    link.symlink_to("real.toml")

    write_section(link, A, check=accept)

    assert link.is_symlink()
    assert "prefix" in (tmp_path / "real.toml").read_text()


def test_a_file_that_could_not_be_used_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "till.toml"
    file.write_text(TILL)

    def refuse(new: Path) -> None:
        assert "prefix" in new.read_text()
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        write_section(file, A, check=refuse)

    assert file.read_text() == TILL
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"till\.toml' cannot be read: No such file"):
        write_section(tmp_path / "till.toml", A, check=accept)
