"""The mutants' script: which rooms it knows, and what it calls enough."""

import re
import subprocess
from pathlib import Path

import pytest

from mutating.told import tell

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "mutants"


def test_a_room_that_nobody_knows_is_refused_with_those_there_are() -> None:
    done = subprocess.run([SCRIPT, "kitchen"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (2, "mutants: kitchen is none of the rooms: journal ledger postings\n")


def test_every_folder_and_test_that_the_script_names_is_there() -> None:
    named = set(re.findall(r"(?<=[\s'=])(?:agent|tests)/[\w/.*]+", SCRIPT.read_text()))

    assert {name.split("/")[1] for name in named} >= {"journal", "ledger", "loyalty"}
    assert [name for name in named if not any(ROOT.glob(name.removesuffix(".")))] == []


@pytest.mark.parametrize(
    ("verdicts", "said", "enough"),
    [
        (["killed"] * 9 + ["survived"], "killed 90.0% of those that a test reaches, 90.0% of all", True),
        (["killed"] * 8 + ["survived", "timeout"], "killed 80.0% of those that a test reaches, 80.0% of all", False),
        (["killed"] * 9 + ["no tests"], "killed 100.0% of those that a test reaches, 90.0% of all", True),
        (["killed", "not checked"], "killed 100.0% of those that a test reaches, 100.0% of all", True),
        (["no tests", "not checked"], "killed 0, survived 0, timeout 0, no tests 1", False),
    ],
)
def test_nine_in_ten_of_what_tests_reach_is_enough_and_a_timeout_is_no_kill(
    capsys: pytest.CaptureFixture[str], verdicts: list[str], said: str, *, enough: bool
) -> None:
    assert tell({f"x_{number:02}": verdict for number, verdict in enumerate(verdicts)}, least=90) is enough
    assert capsys.readouterr().out.splitlines()[-1] == said


def test_those_that_lived_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    tell({"b": "survived", "a": "timeout", "c": "killed", "d": "no tests"}, least=90)

    assert capsys.readouterr().out.splitlines() == [
        "timeout    a",
        "survived   b",
        "killed 1, survived 1, timeout 1, no tests 1",
        "killed 33.3% of those that a test reaches, 25.0% of all",
    ]
