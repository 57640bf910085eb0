"""A dead till PC: another machine takes its place after approval; what the dead one never sent shows by its heads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.errors import NotAllowedError, RejectedError
from agent.journal.entry import decode_entry
from agent.sync.enrol import enrol, require_pinned
from agent.sync.keys import load_keys
from agent.sync.stick.exporting import export
from hq import config, keys, stick
from hq.cli import app
from hq.receive.enrol import make_code
from tests.hq.headquarters import opened, serving, till_rows, wait_for_books
from tests.sync.halves import Till


@pytest.fixture
def served_hq(own_hq: Path) -> Iterator[tuple[Path, str]]:
    with serving(own_hq) as address:
        yield own_hq, address


@pytest.fixture
def dead(tmp_path: Path, served_hq: tuple[Path, str]) -> Iterator[Till]:
    """A till that met headquarters, sold once more, and died."""
    hq, address = served_hq
    with Till(tmp_path / "dead", "1", address) as till:
        till.enrol(hq)
        till.enrol_member(1, "Ada", "020 7946 0001")
        till.sell(10, card=1)
        till.meet()
        wait_for_books(hq)
        till.sell(20, card=1)
        yield till


@pytest.fixture
def machine(tmp_path: Path, served_hq: tuple[Path, str], dead: Till) -> Iterator[Till]:
    """The machine that is to stand in its place."""
    with Till(tmp_path / "new", "1", served_hq[1]) as till:
        yield till


def _code(hq: Path) -> str:
    with opened(hq) as database, database.write() as conn:
        return make_code(conn, shop="corner", name="1", lasts_s=3600, replace=True).code


def _replace(hq: Path, machine: Till) -> None:
    enrol(machine.ledger, machine.settings, _code(hq))


def test_an_enrolled_till_is_replaced_only_by_a_code_that_says_so(
    dead: Till, machine: Till, served_hq: tuple[Path, str]
) -> None:
    with pytest.raises(NotAllowedError, match="enrolled already") as refused:
        machine.enrol(served_hq[0])

    assert "--replace" in refused.value.hint
    with opened(served_hq[0]) as database, database.write() as conn, pytest.raises(NotAllowedError, match="not enrol"):
        make_code(conn, shop="corner", name="7", lasts_s=60, replace=True)


def test_the_new_machine_gets_its_members_and_begins_an_epoch_that_grew_from_nothing(
    dead: Till, machine: Till, served_hq: tuple[Path, str]
) -> None:
    _replace(served_hq[0], machine)
    machine.meet()

    assert machine.points(1) == 10
    assert machine.read_card(1).name == "Ada"
    first = next(iter(machine.ledger.conn.execute("SELECT bytes FROM entry ORDER BY n LIMIT 1")))[0]
    assert decode_entry(first).body["parent_epoch"] is None
    machine.sell(5, card=1)
    machine.meet()
    wait_for_books(served_hq[0])
    assert machine.points(1) == 15


def test_what_the_dead_one_never_sent_is_listed_by_its_last_known_head(
    dead: Till, machine: Till, served_hq: tuple[Path, str]
) -> None:
    before = till_rows(served_hq[0])["corner/1"]
    _replace(served_hq[0], machine)
    machine.meet()

    (replaced,) = till_rows(served_hq[0])["corner/1"].replaced
    assert (replaced.epoch, replaced.seq, replaced.head) == (before.epoch, before.seq, before.head)
    assert replaced.seq < dead.ledger.identity.seq


def test_the_old_key_is_refused_from_then_on_and_flagged(
    dead: Till, machine: Till, served_hq: tuple[Path, str]
) -> None:
    _replace(served_hq[0], machine)

    with pytest.raises(RejectedError, match="signature does not hold"):
        dead.meet()
    assert till_rows(served_hq[0])["corner/1"].flags == ("replaced",)
    machine.meet()


def test_what_a_dead_disk_still_holds_may_come_by_stick(dead: Till, machine: Till, served_hq: tuple[Path, str]) -> None:
    hq = served_hq[0]
    _replace(hq, machine)
    machine.meet()
    data = export(dead.ledger, require_pinned(dead.ledger), load_keys(dead.folder)).data
    with opened(hq) as database:
        taken = stick.take(database, keys.load(config.load(hq).keys), data)

    assert (taken.entries, taken.trouble, taken.answer) == (1, None, None)
    machine.meet()
    assert machine.points(1) == 30


def test_the_old_key_says_nothing_of_the_new_machines_epochs(
    dead: Till, machine: Till, served_hq: tuple[Path, str]
) -> None:
    hq = served_hq[0]
    _replace(hq, machine)
    machine.sell(5, card=1)
    machine.meet()
    machine.sell(5, card=1)
    data = export(machine.ledger, require_pinned(machine.ledger), load_keys(dead.folder)).data

    with opened(hq) as database, pytest.raises(RejectedError, match="begun by another machine"):
        stick.take(database, keys.load(config.load(hq).keys), data)


def test_the_same_machine_does_not_take_its_own_place(dead: Till, served_hq: tuple[Path, str]) -> None:
    with pytest.raises(RejectedError, match="is till 'corner/1' already"):
        enrol(dead.ledger, dead.settings, _code(served_hq[0]))

    dead.meet()


def test_codes_of_the_dead_machine_are_believed_by_the_new_one(
    dead: Till, machine: Till, served_hq: tuple[Path, str]
) -> None:
    _replace(served_hq[0], machine)
    machine.meet()

    known = {bytes(key) for (key,) in machine.ledger.conn.execute("SELECT key FROM till_key")}
    assert load_keys(dead.folder).signing.public_key().public_bytes_raw() in known


def test_the_approval_is_an_entry_of_headquarters_own_journal(
    dead: Till, machine: Till, served_hq: tuple[Path, str]
) -> None:
    words = ["enrol-code", "--shop", "corner", "--till", "1", "--replace", "--dir", str(served_hq[0])]
    said = CliRunner().invoke(app, words)
    enrol(machine.ledger, machine.settings, said.stdout.splitlines()[0])
    machine.meet()

    entry = machine.ledger.conn.execute("SELECT bytes FROM hq_entry ORDER BY seq DESC").fetchone()[0]
    decided = decode_entry(bytes(entry))
    assert (decided.kind, decided.body) == ("till_replacement_approved", {"till": "corner/1"})
