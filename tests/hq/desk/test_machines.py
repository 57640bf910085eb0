"""Two machines that speak as one till, a till that is gone: what commands and the desk's page say, and what they do."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from agent.journal.batch import pack
from agent.journal.entry import decode_entry
from agent.journal.wire.form import BATCH_TYPE, compress
from agent.journal.wire.place import HQ
from hq.apart import epochs
from hq.apart.forks import machines
from hq.books.own import Decision, decide
from hq.books.totals import Books, TillPage, books, page_of_tills
from hq.cli import app
from hq.database import Database
from hq.desk.page import render
from hq.keys import Keys
from hq.tables import journal, raw, sale
from tests.hq.visitor import Visitor, refused, sale_body

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _run(folder: Path, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in (*words, "--dir", folder)])


def _page(database: Database) -> str:
    with database.read() as conn:
        return render("HQ", page_of_tills(conn, quiet_since_ms=0), books(conn), (), machines(conn))


def _sold(till: Visitor, op: str) -> None:
    till.append(op=op, id=f"{op}-id", kind="sale", body=sale_body(None, 100))


def _bring(machine: Visitor, first: int) -> None:
    """Let a machine whose next request is refused bring what it holds from entry `first` on."""
    nonce = machine.nonce()
    refused(machine.ask(machine.request("where", b"{}", nonce=nonce)), 409)
    at, last = machine.position(first - 1), len(machine.items)
    query = f"epoch={at.epoch}&seq={at.seq}&head={at.head.hex()}&to={machine.heads[last].hex()}&done=1"
    body = compress(pack(machine.items[first - 1 :]))
    assert machine.ask(machine.request("branch", body, query=query, media=BATCH_TYPE, nonce=nonce)).status == 200


@pytest.fixture
def clone(till: Visitor, hq_keys: Keys) -> Visitor:
    """A second machine with a copy of the till's disk; each has sold and spoken since."""
    _sold(till, "first")
    till.send()
    clone = Visitor(till.database, hq_keys, "1")
    clone.key, clone.profile_key, clone.epoch, clone.last = till.key, till.profile_key, till.epoch, till.last
    clone.items, clone.heads = list(till.items), list(till.heads)
    _sold(till, "second")
    till.send(2)
    _sold(clone, "clones")
    _bring(clone, 2)
    return clone


def test_machines_that_speak_as_one_till_are_listed_and_on_the_page(
    folder: Path, till: Visitor, clone: Visitor
) -> None:
    listed = _run(folder, "forks")
    said = json.loads(_run(folder, "forks", "--json").stdout)

    assert listed.exit_code == 1
    assert {row["head"] for row in said} == {till.heads[2].hex(), clone.heads[2].hex()}
    assert listed.stdout.count("to be decided") == 2
    page = _page(till.database)
    for machine in (till, clone):
        assert f"tally-hq forks decide --till corner/1 --keep {machine.heads[2].hex()[:16]}" in page


@pytest.mark.parametrize("clones", [False, True])
def test_a_person_decides_and_no_sale_is_lost(folder: Path, till: Visitor, clone: Visitor, *, clones: bool) -> None:
    kept, other = (clone, till) if clones else (till, clone)
    head = kept.heads[2].hex()[:16]

    decided = _run(folder, "forks", "decide", "--till", "corner/1", "--keep", head)

    assert decided.exit_code == 0
    assert decided.stdout == f"till corner/1 goes on at head {head}\n"
    assert f"not the till: the machine at head {other.heads[2].hex()[:16]}" in decided.stderr
    assert _run(folder, "forks").exit_code == 0
    with till.database.read() as conn:
        assert conn.scalar(select(func.count()).select_from(sale)) == 3
        assert books(conn).balanced
        last = select(raw.c.bytes).join(journal, journal.c.id == raw.c.journal).where(journal.c.till == HQ)
        entry = decode_entry(conn.scalars(last.order_by(raw.c.seq.desc())).first() or b"")
    assert (entry.kind, entry.body["till"]) == ("fork_decided", "corner/1")


@pytest.mark.parametrize(
    ("till_id", "head", "why"),
    [("corner/1", "ffffffffff", "0 machines stand at head"), ("corner/9", "ab", "no two machines speak as till")],
)
def test_a_decision_that_means_no_machine_is_refused(
    folder: Path, clone: Visitor, till_id: str, head: str, why: str
) -> None:
    refusal = _run(folder, "forks", "decide", "--till", till_id, "--keep", head)

    assert refusal.exit_code == 1
    assert why in str(refusal.exception)
    assert _run(folder, "forks").exit_code == 1


def test_a_page_without_such_machines_says_nothing_of_them(till: Visitor) -> None:
    assert "Machines" not in render("HQ", TillPage((), 0, 0, 1, 1), Books(0, 0, 0, 0, (), ()))
    assert _run_is_quiet(till)


def _run_is_quiet(till: Visitor) -> bool:
    with till.database.read() as conn:
        return not machines(conn)


def test_after_a_recovery_tills_are_awaited_and_what_no_till_heard_is_named(folder: Path, till: Visitor) -> None:
    assert _run(folder, "awaited").exit_code == 0
    with till.database.write() as conn:
        decide(conn, till.database.epoch, Decision("unheard", "said", {}))
        epochs.begin_epoch(conn)

    waiting = _run(folder, "awaited")
    said = json.loads(_run(folder, "awaited", "--json").stdout)

    assert waiting.exit_code == 1
    assert waiting.stdout.startswith("corner/1 ")
    assert "no till has heard of own entry 1" in waiting.stdout
    assert [one["till"] for one in said["tills"]] == ["corner/1"]
    assert [one[-1] for one in said["never_left"]] == ["unheard"]


def test_a_till_that_is_written_off_is_awaited_no_more(folder: Path, till: Visitor) -> None:
    with till.database.write() as conn:
        epochs.begin_epoch(conn)

    done = _run(folder, "write-off", "--till", "corner/1", "--by", "Grace")

    assert (done.exit_code, done.stdout) == (0, "till corner/1 is written off\n")
    assert _run(folder, "awaited").exit_code == 0


@pytest.mark.parametrize(("till_id", "by"), [("corner/9", "Grace"), ("corner/1", " ")])
def test_nobody_writes_off_what_is_not_there_or_without_a_name(
    folder: Path, till: Visitor, till_id: str, by: str
) -> None:
    assert _run(folder, "write-off", "--till", till_id, "--by", by).exit_code == 1
    assert _run(folder, "awaited").exit_code == 0
