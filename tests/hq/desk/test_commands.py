import json
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from hq.books.worker import advance
from hq.cli import app
from hq.database import Database
from hq.keys import Keys
from hq.tables import till as till_table
from tests.hq.headquarters import damage
from tests.hq.visitor import Visitor, moved, sale_body


def _run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def booked(till: Visitor, hq_keys: Keys) -> Visitor:
    till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5))
    till.send()
    advance(till.database, hq_keys)
    return till


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
