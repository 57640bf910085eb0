"""What somebody sees who has just cloned the project."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIRST_SCREEN_LINES = 24


def bash_scripts() -> list[Path]:
    files = [file for file in (ROOT / "scripts").iterdir() if file.is_file() and not file.suffix]
    return [file for file in [*files, ROOT / ".ci" / "run"] if file.read_text().startswith("#!/usr/bin/env bash\n")]


def test_the_first_screen_of_the_readme_shows_exactly_two_commands() -> None:
    first_screen = (ROOT / "README.md").read_text().splitlines()[:FIRST_SCREEN_LINES]

    commands = [line.split()[0] for line in first_screen if re.match(r"\s*scripts/", line)]

    assert commands == ["scripts/demo", "scripts/test"]


def test_continuous_integration_runs_the_test_command_of_the_readme_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()

    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]

    assert commands == ["exec scripts/test"]


@pytest.mark.parametrize("script", bash_scripts(), ids=lambda script: script.name)
def test_a_script_can_be_started_and_stops_at_the_first_failure(script: Path) -> None:
    parsed = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)

    assert (parsed.returncode, parsed.stderr) == (0, "")
    assert os.access(script, os.X_OK)
    assert "\nset -euo pipefail\n" in script.read_text()
