"""A headquarters that is put back from an old copy takes a new epoch, and gets from its tills what it lacks (S10)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agent.errors import NotAllowedError, RejectedError
from agent.journal.entry import decode_entry
from agent.journal.wire.place import HQ
from agent.ledger.kept import apart
from agent.sync.enrol import require_pinned
from hq.apart import epochs, witness
from hq.books.own import Decision, decide
from hq.database import Database
from hq.tables import journal, raw
from tests.hq.headquarters import opened, serving, state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till


@pytest.fixture
def hq(own_hq: Path) -> Path:
    """A headquarters of the test's own, which is served when a test says so."""
    return own_hq


@pytest.fixture
def till(hq: Path, tmp_path: Path) -> Iterator[Till]:
    with serving(hq) as address:
        made = Till(tmp_path, "one", address).enrol(hq)
    with made:
        yield made


@pytest.fixture
def second(hq: Path, till: Till, tmp_path: Path) -> Iterator[Till]:
    """Another till, where the same cards are read."""
    with serving(hq):
        made = Till(tmp_path, "two", till.settings.hq).enrol(hq)
    with made:
        yield made


pytestmark = pytest.mark.databases("sqlite")  # a copy of its file is put back


def say(hq: Path, op: str) -> None:
    """Let headquarters decide something."""
    with opened(hq) as database, database.write() as conn:
        decide(conn, database.epoch, Decision(op, "said", {"of": op}))


def settle(till: Till, hq: Path) -> None:
    till.meet()
    wait_for_books(hq)
    till.meet()


def copy_of(hq: Path, target: Path) -> Path:
    """Copy the database while nobody serves it."""
    target.mkdir()
    for file in hq.glob("hq.sqlite*"):
        shutil.copy2(file, target / file.name)
    return target


def put_back(hq: Path, backup: Path) -> str:
    for file in hq.glob("hq.sqlite*"):
        file.unlink()
    for file in backup.iterdir():
        shutil.copy2(file, hq / file.name)
    with opened(hq) as database, database.write() as conn:
        return epochs.begin_epoch(conn)


def own_ops(database: Database) -> list[str]:
    """Return what headquarters' own journals say, epoch by epoch."""
    with database.read() as conn:
        query = select(raw.c.bytes).join(journal, journal.c.id == raw.c.journal).where(journal.c.till == HQ)
        rows = conn.execute(query.order_by(journal.c.id, raw.c.seq))
        return [decode_entry(data).op for (data,) in rows]


@pytest.fixture
def lost(till: Till, second: Till, hq: Path, tmp_path: Path) -> dict[str, Any]:
    """Put headquarters back to a copy that lacks what two tills and itself recorded since; say what its books said."""
    with serving(hq):
        till.enrol_member(1, "Ada", "020 7946 0401")
        till.sell(100, card=1)
        for one in (till, second):
            settle(one, hq)
    say(hq, "before")
    backup = copy_of(hq, tmp_path / "backup")
    say(hq, "after")
    with serving(hq):
        till.sell(10, card=1)
        second.sell(20, card=1)
        for one in (till, second, till, second):
            settle(one, hq)
    before = state_of_books(hq)
    put_back(hq, backup)
    return before


def test_S10_a_headquarters_put_back_gets_from_its_tills_what_it_lacks(
    till: Till, second: Till, hq: Path, lost: dict[str, Any]
) -> None:
    with serving(hq):
        for one in (till, second):
            settle(one, hq)
        settle(till, hq)
        assert state_of_books(hq) == lost
        assert wait_for_books(hq).balanced
        assert till.points(1) == second.points(1) == 130
        assert till_rows(hq)[till.id].flags == till_rows(hq)[second.id].flags == ()
        till.sell(5, card=1)
        settle(till, hq)
        assert till.points(1) == 135


def test_S10_its_own_entries_come_back_from_a_witness(till: Till, hq: Path, lost: dict[str, Any]) -> None:
    del lost
    with opened(hq) as database:
        assert "after" not in own_ops(database)
    with serving(hq):
        till.meet()
        wait_for_books(hq)

    with opened(hq) as database:
        ops = own_ops(database)
        assert ops.index("before") + 1 == ops.index("after")
        with database.read() as conn:
            assert witness.never_left(conn, database.epoch) == []


def test_S10_its_first_entry_names_what_it_grew_from(till: Till, hq: Path, lost: dict[str, Any]) -> None:
    del lost
    with opened(hq) as database, database.read() as conn:
        rows = conn.execute(
            select(raw.c.bytes)
            .join(journal, journal.c.id == raw.c.journal)
            .where(journal.c.till == HQ, journal.c.epoch == database.epoch)
        )
        first = decode_entry(rows.scalars().first() or b"")
        (parent,) = witness.left(conn, database.epoch)
    assert first.seq == 1
    assert first.body["reason"] == "restored"
    assert (first.body["parent_epoch"], first.body["parent_seq"]) == (parent.epoch, parent.seq)
    assert require_pinned(till.ledger).hq_epoch == parent.epoch


def test_S10_own_entries_that_no_till_heard_of_are_named(till: Till, hq: Path, tmp_path: Path) -> None:
    with serving(hq):
        settle(till, hq)
    say(hq, "nobody-knows")
    put_back(hq, copy_of(hq, tmp_path / "backup"))
    with serving(hq):
        settle(till, hq)

    with opened(hq) as database, database.read() as conn:
        assert [row[-1] for row in witness.never_left(conn, database.epoch)] == ["nobody-knows"]


def test_S10_it_is_whole_once_every_till_reported_or_is_written_off(
    till: Till, second: Till, hq: Path, lost: dict[str, Any]
) -> None:
    del lost

    def is_whole() -> bool:
        with opened(hq) as database, database.read() as conn:
            return epochs.is_whole(conn)

    assert not is_whole()
    with serving(hq):
        settle(till, hq)
        assert not is_whole()
        with opened(hq) as database, database.write() as conn:
            assert [one.till for one in epochs.awaited(conn, epochs.begun_ms(conn) or 0)] == [second.id]
            with pytest.raises(NotAllowedError, match="somebody must answer"):
                epochs.write_off(conn, second.id, by=" ", epoch=database.epoch)
            epochs.write_off(conn, second.id, by="Grace", epoch=database.epoch)
        assert is_whole()
        settle(second, hq)
        assert is_whole()
        assert state_of_books(hq)["lots"]


def test_S10_a_till_never_goes_back_to_an_epoch_it_left(
    till: Till, second: Till, hq: Path, tmp_path: Path, lost: dict[str, Any]
) -> None:
    del second, lost
    old = require_pinned(till.ledger).hq_epoch
    with serving(hq):
        settle(till, hq)
    assert apart.epochs_left(till.ledger) == (old,)
    for file in hq.glob("hq.sqlite*"):
        file.unlink()
    for file in (tmp_path / "backup").iterdir():
        shutil.copy2(file, hq / file.name)
    with serving(hq), pytest.raises(RejectedError, match="which this till has left"):
        till.meet()


def test_S10_what_was_decided_anew_meanwhile_is_not_decided_twice(till: Till, hq: Path, lost: dict[str, Any]) -> None:
    del lost
    say(hq, "after")
    with serving(hq):
        settle(till, hq)
        assert wait_for_books(hq).quarantined == 1
    with opened(hq) as database:
        assert own_ops(database).count("after") == 2


def test_S10_put_back_twice_to_one_copy_it_gets_its_entries_of_the_time_between(
    till: Till, hq: Path, tmp_path: Path, lost: dict[str, Any]
) -> None:
    del lost
    with serving(hq):
        settle(till, hq)
    say(hq, "between")
    with serving(hq):
        settle(till, hq)
    put_back(hq, tmp_path / "backup")
    with serving(hq):
        settle(till, hq)

    with opened(hq) as database:
        assert {"before", "after", "between"} <= set(own_ops(database))
