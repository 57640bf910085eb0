from pathlib import Path

import pytest

from agent.slips.reader import read_text
from agent.upkeep.calibration.labels import LABEL
from tests.cli.said import tally
from tests.till_files import TillFiles


def test_the_screen_shows_the_sheet_whatever_the_till_is_like(tmp_path: Path) -> None:
    said = tally("devices", "sheet", "-c", tmp_path / "none.toml")

    assert (said.status, said.err) == (0, "")
    assert f"It reads {LABEL}" in said.out


@pytest.mark.parametrize(("name", "magic"), [("sheet.png", b"\x89PNG"), ("SHEET.PDF", b"%PDF-")])
def test_a_file_is_written_for_an_office_printer(tmp_path: Path, name: str, magic: bytes) -> None:
    said = tally("devices", "sheet", tmp_path / name)

    assert said.status == 0
    assert (tmp_path / name).read_bytes().startswith(magic)


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    said = tally("devices", "sheet", tmp_path / "sheet.docx")

    assert "sheet.docx' is neither a .png nor a .pdf" in said.refusal


def test_the_tills_own_printer_prints_it(files: TillFiles) -> None:
    said = tally("devices", "sheet", "--print", "-c", files.config, "--json")

    assert said.json == {"label": LABEL, "printed_on": "slips"}
    (slip,) = files.slips
    text = read_text(slip.read_bytes())
    assert f"[QR {LABEL}]" in text
    assert "2. tally devices calibrate PATH" in text


def test_a_printer_of_a_running_agent_is_left_to_it(running: TillFiles) -> None:
    said = tally("devices", "sheet", "--print", "-c", running.config)

    assert "'slips' is held by the running agent" in said.refusal


def test_a_till_without_a_printer_says_where_else_to_print(files: TillFiles) -> None:
    files.change('printer = "slips"\n', "")

    said = tally("devices", "sheet", "--print", "-c", files.config)

    assert said.refusal == "[till] names no printer"
    assert "sheet.pdf" in said.err
