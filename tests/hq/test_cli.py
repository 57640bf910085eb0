import json
import shutil
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
from hq.tables import till as till_table
from tests.hq.headquarters import PROGRAMME, damage
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


def test_silent_tills_are_listed_alone(folder: Path, booked: Visitor) -> None:
    Visitor(booked.database, booked.hq_keys, "2").enrol()
    with booked.database.write() as conn:
        conn.execute(update(till_table).where(till_table.c.id == "corner/2").values(contact_ms=0))

    ran = _run("tills", "--dir", folder, "--silent-hours", "24")

    assert ran.exit_code == 1
    assert ran.stdout.startswith("corner/2 ")
    assert len(ran.stdout.splitlines()) == 1
    assert _run("tills", "--dir", folder, "--silent-hours", "24000000").exit_code == 0


def test_a_day_is_reconciled(folder: Path, booked: Visitor) -> None:
    ran = _run("reconcile", "--dir", folder, "--day", "2026-01-02", "--json")
    text = _run("reconcile", "--dir", folder, "--day", "2026-01-02").stdout

    (said,) = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert (said["till"], said["entries"], said["gaps"], said["settled"]) == ("corner/1", 1, 0, True)
    assert said["stretches"] == [
        {"epoch": booked.epoch, "first": 1, "last": 1, "head": booked.heads[1].hex(), "entries": 1}
    ]
    assert "entries 1  clock unconfirmed 100.0 %  gaps 0  waiting 0  quarantined 0" in text
    assert "GBP: 1 sales of 500, 0 refunds of 0, net 500" in text


def test_a_day_with_something_to_look_at_fails(folder: Path, booked: Visitor) -> None:
    booked.append()
    booked.send()

    ran = _run("reconcile", "--dir", folder, "--day", "2026-01-02")

    assert ran.exit_code == 1
    assert "waiting 1" in ran.stdout


def test_a_day_that_is_none_is_misuse(folder: Path) -> None:
    assert _run("reconcile", "--dir", folder, "--day", "yesterday").exit_code == 2


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
    damage(database)

    assert _run("books", "--dir", folder).exit_code == 1
    rebuilt = _run("books", "--dir", folder, "--rebuild")

    assert rebuilt.exit_code == 0
    assert "sums to 0" in rebuilt.stdout


@pytest.mark.databases("sqlite")
def test_books_are_not_rebuilt_under_a_server(folder: Path, database: Database) -> None:
    database.claim()

    assert _run("books", "--dir", folder, "--rebuild").exit_code == 1


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
