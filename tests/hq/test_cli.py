import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hq.cli import app
from tests.hq.headquarters import PROGRAMME

ROOT = Path(__file__).parents[2]


def _run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def _tally_hq(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, as people do."""
    return subprocess.run(
        [sys.executable, "-c", "from hq.cli import main; main()", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_init_makes_a_headquarters_and_says_where_the_root_key_lies(tmp_path: Path) -> None:
    ran = _run("init", "--dir", tmp_path / "hq", "--shop", "corner", "--programme", PROGRAMME)

    assert ran.exit_code == 0
    assert str(tmp_path / "hq" / "root.key") in ran.stdout


def test_a_mistake_ends_with_what_to_do(tmp_path: Path) -> None:
    ran = _tally_hq("tills", "--dir", tmp_path)

    assert ran.returncode == 1
    assert ran.stderr == f"tally-hq: there is no hq.toml in {str(tmp_path)!r}\n  make one: `tally-hq init`\n"


def test_a_mistake_in_hq_toml_sends_nobody_to_the_till_s_commands(folder: Path) -> None:
    (folder / "hq.toml").write_text("databse = 1\n")

    ran = _tally_hq("books", "--dir", folder)

    assert "unknown key 'databse'; did you mean 'database'?" in ran.stderr
    assert ran.stderr.endswith("\n  correct what it names; config/hq.toml of the project shows every key\n")


def test_a_folder_that_cannot_be_made_is_one_line_and_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ran = _tally_hq("init", "--dir", tmp_path / "file" / "hq", "--shop", "corner", "--programme", PROGRAMME)

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"tally-hq: '{tmp_path}/file/hq': Not a directory\n  check the path, ")


def test_an_enrolment_code_alone_stands_on_its_line(folder: Path) -> None:
    ran = _tally_hq("enrol-code", "--dir", folder, "--shop", "corner", "--till", "7")

    assert ran.returncode == 0
    assert len(ran.stdout.strip().replace("-", "")) == 16
    assert "for till corner/7, until " in ran.stderr


def test_an_enrolment_code_as_json(folder: Path) -> None:
    said = json.loads(_run("enrol-code", "--dir", folder, "--shop", "corner", "--till", "7", "--json").stdout)

    assert said["till"] == "corner/7"
    assert set(said) == {"code", "till", "expires_ms"}


def test_a_shop_that_is_not_in_the_file_gets_no_code(folder: Path) -> None:
    ran = _run("enrol-code", "--dir", folder, "--shop", "crner", "--till", "7")

    assert ran.exit_code == 2


def test_keys_are_shown_by_role_and_replaced_one_at_a_time(folder: Path) -> None:
    shown = json.loads(_run("keys", "show", "--dir", folder, "--json").stdout)
    ran = _run("keys", "rotate", "--dir", folder, "--role", "feed", "--root", folder / "root.key")
    lines = _run("keys", "show", "--dir", folder)

    assert [row["role"] for row in shown] == ["feed", "programme", "release"]
    assert ran.exit_code == 0
    assert ran.stdout in lines.stdout
    assert str(shown[0]["serial"]) not in lines.stdout.splitlines()[0]
    assert f"serial {shown[1]['serial']}  {shown[1]['fingerprint']}  since 20" in lines.stdout
    assert "root key" in lines.stderr


def test_a_key_is_not_replaced_under_a_serial_that_was_given(folder: Path) -> None:
    ran = _tally_hq("keys", "rotate", "--dir", folder, "--role", "feed", "--root", folder / "root.key", "--serial", "7")

    assert ran.returncode == 1
    assert "serial 7 must be above" in ran.stderr


def test_a_burnt_headquarters_has_keys_again(folder: Path) -> None:
    shutil.rmtree(folder / "keys")

    ran = _run("recover", "--dir", folder, "--root", folder / "root.key")

    assert ran.exit_code == 0
    assert ran.stdout == _run("keys", "show", "--dir", folder).stdout


@pytest.mark.parametrize(
    "command",
    [
        *("init", "serve", "enrol-code", "tills", "reconcile", "books", "keys show", "keys rotate", "recover"),
        *("forks decide", "write-off", "awaited", "stick take", "work", "adjust"),
        *("members show", "members contradicted", "members merge", "members unmerge"),
    ],
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    ran = _run(*command.split(), "--help")

    assert ran.exit_code == 0
    assert f"Example: tally-hq {command}" in ran.stdout
