import io
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agent.upkeep.calibration.pages import CANDIDATES
from tests.cli.said import tally
from tests.till_files import TillFiles


@pytest.fixture
def paper(files: TillFiles) -> Path:
    """The till's printer, printing into a file."""
    paper = files.folder / "paper"
    old = f'driver = "simulated"\ncategory = "POSPrinter"\noutput = "{files.folder}/slips"'
    files.change(old, f'driver = "escpos_printer"\ntransport = "file"\npath = "{paper}"')
    return paper


class Terminal(io.StringIO):
    """A person who types."""

    def isatty(self) -> bool:
        return True


def slips(files: TillFiles) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(files.config.read_text())["device"][0]
    return found


def test_every_candidate_is_printed_and_the_next_step_told(
    files: TillFiles, paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())

    said = tally("devices", "calibrate", "slips", "-c", files.config)

    assert said.status == 0
    printed = paper.read_bytes()
    assert all(f"{each.page}={each.numbers[0]:<3} ".encode() in printed for each in CANDIDATES)
    assert "--pick CP852=18" in said.out
    assert "code_pages" not in slips(files)
    assert [line for line in (said.out + said.err).splitlines() if len(line) > 80] == []


def test_what_was_picked_is_written_without_printing_again(files: TillFiles, paper: Path) -> None:
    picks = ("--pick", "CP852=18", "--pick", "866=7")

    said = tally("devices", "calibrate", "slips", *picks, "-c", files.config)

    assert said.status == 0
    assert slips(files)["code_pages"] == {"CP852": 18, "CP866": 7}
    assert not paper.exists()
    assert "code_pages = {CP852 = 18, CP866 = 7}" in said.out


def test_a_person_at_the_terminal_is_asked(files: TillFiles, paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("CP852=18, CP1251=46\n"))

    said = tally("devices", "calibrate", "slips", "-c", files.config)

    assert said.status == 0
    assert paper.exists()
    assert slips(files)["code_pages"] == {"CP852": 18, "CP1251": 46}


def test_who_picks_nothing_changes_nothing(files: TillFiles, paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("\n"))

    said = tally("devices", "calibrate", "slips", "-c", files.config)

    assert said.out.endswith("nothing was picked: till.toml stays as it is\n")
    assert "code_pages" not in slips(files)
    assert paper.exists()


def test_a_pick_that_cannot_be_changes_nothing(files: TillFiles, paper: Path) -> None:
    said = tally("devices", "calibrate", "slips", "--pick", "CP852", "-c", files.config)

    assert said.refusal == "'CP852' is no pick"
    assert "code_pages" not in slips(files)
    assert not paper.exists()


def test_a_printer_that_knows_no_pages_is_named(files: TillFiles) -> None:
    said = tally("devices", "calibrate", "slips", "-c", files.config)

    assert said.refusal == "driver 'simulated' has no code pages: there is nothing to calibrate"
