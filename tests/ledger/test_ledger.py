import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import (
    ChainBrokenError,
    EntryTooLargeError,
    JournalError,
    OutcomeUnknownError,
)
from agent.journal import chain
from agent.journal.entry import ENTRY_BYTES_MAX, Posting, decode_entry
from agent.ledger.ledger import Ledger
from agent.ledger.opening import CHECKPOINT_PAGES
from tests.ledger.tills import TILL, derived, draft, earned, opened, sale


def _ops(ledger: Ledger) -> list[str]:
    with ledger.reading() as conn:
        return [row[0] for row in conn.execute("SELECT op FROM entry ORDER BY n")]


def _slips(ledger: Ledger) -> list[int]:
    with ledger.reading() as conn:
        return [row[0] for row in conn.execute("SELECT n FROM slip ORDER BY id")]


def test_a_new_ledger_begins_with_an_entry_that_opens_its_epoch(ledger: Ledger) -> None:
    identity = ledger.identity
    found = ledger.find(f"epoch:{identity.epoch}")

    assert (identity.till, identity.seq) == (TILL, 1)
    assert found is not None
    assert (found.entry.kind, found.entry.seq, found.hash) == ("epoch_opened", 1, identity.head)
    assert found.entry.body == {"parent_epoch": None, "parent_head": chain.GENESIS.hex(), "parent_seq": 0}


def test_what_was_appended_is_there_after_reopening(path: Path) -> None:
    with closing(opened(path)) as ledger:
        recorded = [ledger.append(sale(f"op-{i}")) for i in range(5)]
        stood, tables = ledger.identity, derived(ledger)
    with closing(opened(path)) as ledger:
        found = [ledger.find(f"op-{i}") for i in range(5)]
        again, tables_again = ledger.identity, derived(ledger)

    assert found == recorded
    assert (again, tables_again) == (stood, tables)


def test_an_acknowledged_entry_is_seen_by_anybody_who_opens_the_file(ledger: Ledger, path: Path) -> None:
    recorded = ledger.append(sale("op-1"))
    with closing(sqlite3.connect(path)) as other:
        data, digest = other.execute("SELECT bytes, hash FROM entry WHERE op = 'op-1'").fetchone()

    assert (decode_entry(data), digest) == (recorded.entry, recorded.hash)


def test_a_ledger_runs_with_wal_full_and_secure_delete_and_no_mmap(ledger: Ledger) -> None:
    pragmas = ("journal_mode", "synchronous", "secure_delete", "mmap_size", "wal_autocheckpoint")
    with ledger.reading() as conn:
        found = [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]

    assert found == ["wal", 2, 1, 0, CHECKPOINT_PAGES]


def test_only_its_owner_may_read_the_files_of_a_ledger(ledger: Ledger, path: Path) -> None:
    ledger.append(sale("op-1"))

    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(modes) >= {"ledger.db", "ledger.db-wal", "ledger.db.lock", "keys.db"}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_checkpoint_moves_the_entries_and_loses_none(ledger: Ledger, path: Path) -> None:
    for i in range(20):
        ledger.append(sale(f"op-{i}"))
    before = path.stat().st_size
    ledger.checkpoint()

    assert path.stat().st_size > before
    assert len(_ops(ledger)) == 21


def test_an_entry_its_lots_and_its_slip_job_are_one_commit(ledger: Ledger) -> None:
    recorded = ledger.append(sale("op-1", points=7))

    assert derived(ledger)["lot"] == [("a", "points", "op-1", None, 7)]
    assert derived(ledger)["account_entry"] == [("a", recorded.n)]
    assert _slips(ledger) == [recorded.n]


def test_each_entry_links_to_the_one_before(ledger: Ledger) -> None:
    first, second = ledger.append(sale("op-1")), ledger.append(sale("op-2"))
    with ledger.reading() as conn:
        data = conn.execute("SELECT bytes FROM entry WHERE op = 'op-2'").fetchone()[0]

    assert second.hash == chain.link(first.hash, data) == ledger.identity.head
    assert (first.entry.seq, second.entry.seq, ledger.identity.seq) == (2, 3, 3)


def test_the_entry_of_an_op_is_found_with_what_was_asked(ledger: Ledger) -> None:
    recorded = ledger.append(draft("op-1", ask=b"digest"))

    assert ledger.find("op-1") == recorded
    assert recorded.ask == b"digest"
    assert ledger.find("op-2") is None


def test_an_op_is_recorded_once_for_ever(ledger: Ledger) -> None:
    first = ledger.append(sale("op-1"))
    with pytest.raises(OutcomeUnknownError, match="UNIQUE constraint failed"):
        ledger.append(sale("op-1", points=99))

    assert ledger.find("op-1") == first
    assert (len(_slips(ledger)), derived(ledger)["lot"][0][-1]) == (1, 3)
    assert ledger.append(sale("op-2")).entry.seq == 3


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"postings": (Posting("points", "issuance", -1),)}, ChainBrokenError),
        ({"body": {"redemptions": [], "rate": 1.5}}, JournalError),
        ({"body": {"redemptions": [], "amount": 2**63}}, JournalError),
        ({"body": {"redemptions": [], "x": "x" * ENTRY_BYTES_MAX}}, EntryTooLargeError),
        ({"body": {}}, JournalError),  # a sale without what a sale says
        ({"staff": 7}, JournalError),
        ({"slip": ("sale", {"total": object()})}, TypeError),
    ],
)
def test_an_entry_that_is_refused_leaves_nothing_behind(
    ledger: Ledger, wrong: dict[str, object], error: type[Exception]
) -> None:
    ledger.append(sale("op-1"))
    stood, tables, slips = ledger.identity, derived(ledger), _slips(ledger)
    with pytest.raises(error):
        ledger.append(draft("op-2", **({"postings": earned("a", 5, lot="l")} | wrong)))

    assert (ledger.identity, derived(ledger), _slips(ledger)) == (stood, tables, slips)
    assert ledger.append(sale("op-2")).entry.seq == stood.seq + 1


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE entry SET bytes = x'00' WHERE n = 2", "entries are never changed"),
        ("UPDATE entry SET op = 'other' WHERE n = 2", "entries are never changed"),
        ("DELETE FROM entry WHERE n = 3", "entries are never deleted"),
        ("DELETE FROM entry", "entries are never deleted"),
        ("INSERT INTO entry VALUES (0, 'new', x'', x'', x'')", "entries are only appended"),
        ("INSERT INTO entry VALUES (2, 'new', x'', x'', x'')", "entries are only appended"),
        ("INSERT INTO entry VALUES (9, 'new', x'', x'', x'')", "entries are only appended"),
        ("INSERT OR REPLACE INTO entry VALUES (3, 'new', x'', x'', x'')", "entries are only appended"),
        ("UPDATE epoch SET first_n = 2", "epochs are never changed"),
        ("DELETE FROM epoch", "epochs are never deleted"),
    ],
)
def test_the_journal_itself_refuses_to_be_changed(ledger: Ledger, path: Path, statement: str, message: str) -> None:
    ledger.append(sale("op-1"))
    ledger.append(sale("op-2"))
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        pytest.raises(sqlite3.IntegrityError, match=message),
    ):
        other.execute(statement)

    assert ledger.append(sale("op-3")).n == 4


def test_an_entry_cannot_be_replaced_by_one_of_the_same_op(ledger: Ledger, path: Path) -> None:
    first = ledger.append(sale("op-1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA recursive_triggers = ON")
        with pytest.raises(sqlite3.IntegrityError, match="entries are never deleted"):
            other.execute("INSERT OR REPLACE INTO entry VALUES (3, 'op-1', x'', x'', x'')")

    assert ledger.find("op-1") == first
