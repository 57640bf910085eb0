import sqlite3
from pathlib import Path

import PIL.Image
import pytest

from agent.counter import EnrolAsk
from tests.cli.said import tally
from tests.till_files import TillFiles, counter_of, set_up


@pytest.mark.parametrize("op", ["S-1", "R-1", "F-1"])
def test_a_slip_is_drawn_as_the_printer_gets_it(shop: TillFiles, tmp_path: Path, op: str) -> None:
    picture = tmp_path / "slip.png"

    said = tally("slip", "preview", picture, "--op", op, "-c", shop.config, "--json").json

    assert (said["op"], said["picture"]) == (op, str(picture))
    with PIL.Image.open(picture) as drawn:
        assert drawn.width == 512  # 42 columns
        assert drawn.height > 300
        assert drawn.convert("L").getextrema() == (0, 255)
    assert shop.slips == []  # nothing was printed


def test_a_drawing_beside_a_running_agent_disturbs_nobody(running: TillFiles, tmp_path: Path) -> None:
    said = tally("slip", "preview", tmp_path / "slip.png", "--op", "S-9", "-c", running.config)

    assert said.refusal == "no slip belongs to 'S-9' on this till"
    assert not (tmp_path / "slip.png").exists()


def test_paper_of_a_width_that_no_printer_has_is_refused_by_the_option_s_name(shop: TillFiles, tmp_path: Path) -> None:
    said = tally("slip", "preview", tmp_path / "slip.png", "--kind", "sale", "--columns", 40, "-c", shop.config)

    assert said.refusal == "--columns is 40 but must be one of 32, 42, 48"


def test_a_picture_that_cannot_be_written_is_named_without_the_machine_s_number(
    shop: TillFiles, tmp_path: Path
) -> None:
    picture = tmp_path / "none" / "slip.png"

    said = tally("slip", "preview", picture, "--kind", "sale", "-c", shop.config)

    assert said.refusal == f"'{picture}': No such file or directory"


def test_a_till_without_a_printer_draws_nothing(tmp_path: Path) -> None:
    files = set_up(tmp_path, devices=False)
    with counter_of(files):
        pass

    said = tally("slip", "preview", tmp_path / "slip.png", "--op", "S-1", "-c", files.config)

    assert said.refusal == "[till] names no printer"
    assert "printer =" in said.err


def test_a_folder_that_is_not_there_is_told_in_a_line(shop: TillFiles, tmp_path: Path) -> None:
    said = tally("slip", "preview", tmp_path / "none" / "slip.png", "--op", "S-1", "-c", shop.config)

    assert "No such file or directory" in said.refusal


def test_a_slip_that_was_emptied_is_not_drawn_any_more(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    with counter_of(files) as counter:
        counter.enrol(EnrolAsk("E-1", name="Ana Test"), by="cli")
    with sqlite3.connect(files.ledger) as conn:
        conn.execute("UPDATE slip SET facts = CAST('{}' AS BLOB)")
    conn.close()

    said = tally("slip", "preview", tmp_path / "slip.png", "--op", "E-1", "-c", files.config)

    assert said.refusal == "what the slip of 'E-1' said is gone"
    assert "keep_days" in said.err
