import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from hq.books.worker import advance
from hq.cli import app
from hq.database import Database
from hq.keys import Keys
from hq.tables import lot
from tests.hq.headquarters import PROGRAMME
from tests.hq.visitor import Visitor, moved, sale_body

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


@pytest.fixture
def booked(till: Visitor, hq_keys: Keys) -> Visitor:
    till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5))
    till.send()
    advance(till.database, hq_keys)
    return till


def test_init_makes_a_headquarters_and_says_where_the_root_key_lies(tmp_path: Path) -> None:
    ran = _run("init", "--dir", tmp_path / "hq", "--shop", "corner", "--programme", PROGRAMME)

    assert ran.exit_code == 0
    assert str(tmp_path / "hq" / "root.key") in ran.stdout


def test_a_mistake_ends_with_what_to_do(tmp_path: Path) -> None:
    ran = _tally_hq("tills", "--dir", tmp_path)

    assert ran.returncode == 1
    assert ran.stderr == f"there is no hq.toml in {str(tmp_path)!r}\nmake one: `tally-hq init`\n"


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


def test_tills_are_listed(folder: Path, booked: Visitor) -> None:
    (said,) = json.loads(_run("tills", "--dir", folder, "--json").stdout)
    line = _run("tills", "--dir", folder).stdout

    assert (said["till"], said["seq"], said["head"]) == ("corner/1", 1, booked.heads[1].hex())
    assert said["takings"] == [{"currency": "GBP", "sales": 1, "sales_money": 500, "refunds": 0, "returns_money": 0}]
    assert line.startswith("corner/1 ")
    assert "entries 1  waiting 0  quarantined 0  net 500 GBP" in line


def test_books_are_shown_with_their_sums(folder: Path, booked: Visitor) -> None:
    said = json.loads(_run("books", "--dir", folder, "--json").stdout)
    text = _run("books", "--dir", folder).stdout

    assert said["balanced"] is True
    assert said["units"] == [
        {"unit": "points", "accounts": {"account": 5, "issuance": -5}, "total": 0, "lots": 5, "balanced": True}
    ]
    assert "sums to 0" in text
    assert "GBP: 1 sales of 500, 0 refunds of 0" in text


def test_books_that_do_not_come_out_even_fail_until_they_are_rebuilt(
    folder: Path, booked: Visitor, database: Database
) -> None:
    with database.write() as conn:
        conn.execute(update(lot).values(amount=6))

    assert _run("books", "--dir", folder).exit_code == 1
    rebuilt = _run("books", "--dir", folder, "--rebuild")

    assert rebuilt.exit_code == 0
    assert "sums to 0" in rebuilt.stdout


def test_books_are_not_rebuilt_under_a_server(folder: Path, database: Database) -> None:
    database.serve_alone()

    assert _run("books", "--dir", folder, "--rebuild").exit_code == 1


@pytest.mark.parametrize("command", ["init", "serve", "enrol-code", "tills", "books"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    ran = _run(command, "--help")

    assert ran.exit_code == 0
    assert f"Example: tally-hq {command}" in ran.stdout
