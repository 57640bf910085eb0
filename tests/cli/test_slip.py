from pathlib import Path

import PIL.Image
import pytest

from tests.cli.said import tally
from tests.till_files import TillFiles, counter_of, set_up


@pytest.mark.parametrize("op", ["S-1", "R-1", "F-1"])
def test_a_slip_is_drawn_as_the_printer_gets_it(shop: TillFiles, tmp_path: Path, op: str) -> None:
    picture = tmp_path / "slip.png"

    said = tally("slip", "preview", op, picture, "-c", shop.config, "--json").json

    assert said == {"op": op, "picture": str(picture), "state": "queued"}
    with PIL.Image.open(picture) as drawn:
        assert drawn.width == 512  # 42 columns
        assert drawn.height > 300
        assert drawn.convert("L").getextrema() == (0, 255)
    assert shop.slips == []  # nothing was printed


def test_a_drawing_beside_a_running_agent_disturbs_nobody(running: TillFiles, tmp_path: Path) -> None:
    said = tally("slip", "preview", "S-9", tmp_path / "slip.png", "-c", running.config)

    assert said.refusal == "no slip belongs to 'S-9' on this till"
    assert not (tmp_path / "slip.png").exists()


def test_a_till_without_a_printer_draws_nothing(tmp_path: Path) -> None:
    files = set_up(tmp_path, devices=False)
    with counter_of(files):
        pass

    said = tally("slip", "preview", "S-1", tmp_path / "slip.png", "-c", files.config)

    assert said.refusal == "[till] names no printer"
    assert "printer =" in said.err


def test_a_folder_that_is_not_there_is_told_in_a_line(shop: TillFiles, tmp_path: Path) -> None:
    said = tally("slip", "preview", "S-1", tmp_path / "none" / "slip.png", "-c", shop.config)

    assert "No such file or directory" in said.refusal
