import resource
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.errors import (
    ChainBrokenError,
    EntryTooLargeError,
    JournalError,
    LedgerError,
    LedgerInUseError,
    OutcomeUnknownError,
)
from agent.journal import chain
from agent.journal.entry import ENTRY_BYTES_MAX, Posting, decode_entry
from agent.journal.sealed import unseal, unwrap_key
from agent.ledger.ledger import CHECKPOINT_PAGES, Ledger
from tests.ledger.tills import TILL, derived, draft, earned, enrol, enrolment, opened, sale

_HOLD = """
import sys
from pathlib import Path
from tests.ledger.tills import opened
ledger = opened(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
ledger.close()
"""
_ASK = "import sys; from pathlib import Path; from tests.ledger.tills import opened; opened(Path(sys.argv[1])).close()"


def _ops(ledger: Ledger) -> list[str]:
    with ledger.reading() as conn:
        return [row[0] for row in conn.execute("SELECT op FROM entry ORDER BY n")]


def _slips(ledger: Ledger) -> list[int]:
    with ledger.reading() as conn:
        return [row[0] for row in conn.execute("SELECT n FROM slip ORDER BY id")]


# --- a new ledger, and an old one


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


# --- entries


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


# --- one writer


def test_a_second_agent_is_refused_while_the_first_runs(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        with pytest.raises(LedgerInUseError, match="held by another agent") as caught:
            opened(path)
        first.stdin.close()
    with closing(opened(path)) as ledger:
        assert ledger.identity.seq == 1

    assert first.returncode == 0
    assert "tally status" in caught.value.hint


def test_a_second_process_learns_that_the_ledger_is_in_use(ledger: Ledger) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", _ASK, str(ledger.path)], capture_output=True, text=True, check=False, timeout=30
    )

    assert asked.returncode != 0
    assert "LedgerInUseError" in asked.stderr


def test_a_second_ledger_in_the_same_process_is_refused_too(ledger: Ledger, path: Path) -> None:
    with pytest.raises(LedgerInUseError):
        opened(path)

    assert ledger.append(sale("op-1")).entry.seq == 2


def test_reading_goes_on_beside_a_writer_and_sees_what_it_acknowledged(ledger: Ledger, path: Path) -> None:
    with closing(opened(path, read_only=True)) as reader:
        recorded = ledger.append(sale("op-1"))

        assert reader.find("op-1") == recorded
        with ledger.write() as conn:
            conn.execute("INSERT INTO state VALUES ('k', x'00')")
            assert reader.recall("k") is None
        assert reader.recall("k") == b"\0"


def test_a_ledger_opened_for_reading_never_writes(ledger: Ledger, path: Path) -> None:
    with closing(opened(path, read_only=True)) as reader:
        for write in (lambda: reader.append(sale("x")), reader.begin_epoch, lambda: reader.remember({"k": b"v"})):
            with pytest.raises(LedgerError, match="open for reading only"):
                write()
        assert reader.identity == ledger.identity

    assert ledger.append(sale("op-1")).entry.seq == 2


def test_a_closed_ledger_can_be_read(path: Path) -> None:
    opened(path).close()
    with closing(opened(path, read_only=True)) as reader:
        assert reader.identity.seq == 1


def test_a_ledger_that_is_not_there_cannot_be_read(path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger at"):
        opened(path, read_only=True)

    assert not path.parent.exists()


def test_a_closed_ledger_says_so(path: Path) -> None:
    ledger = opened(path)
    ledger.close()
    ledger.close()

    with pytest.raises(LedgerError, match="is closed"):
        ledger.append(sale("op-1"))


def test_many_threads_append_one_gapless_chain(ledger: Ledger) -> None:
    failed: list[Exception] = []

    def work(name: int) -> None:
        try:
            for i in range(10):
                ledger.append(sale(f"op-{name}-{i}"))
                assert ledger.find(f"op-{name}-{i}") is not None
        except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.reading() as conn:
        rows = conn.execute("SELECT hash, bytes FROM entry ORDER BY n").fetchall()

    assert failed == []
    identity = ledger.identity
    assert chain.verify(rows, till=TILL, epoch=identity.epoch) == (61, identity.head)


# --- when something goes wrong inside a commit


def test_an_error_inside_a_write_undoes_all_of_it(ledger: Ledger) -> None:
    stood = ledger.identity
    with pytest.raises(ZeroDivisionError), ledger.write() as conn:  # noqa: PT012 - an error half-way is the point
        conn.execute("INSERT INTO state VALUES ('k', x'00')")
        raise ZeroDivisionError

    assert (ledger.recall("k"), ledger.identity) == (None, stood)
    assert ledger.append(sale("op-1")).entry.seq == stood.seq + 1


def test_a_write_inside_a_write_is_a_mistake_and_undoes_both(ledger: Ledger) -> None:
    stood = ledger.identity
    with pytest.raises(AssertionError, match="a write inside a write"), ledger.write() as conn:  # noqa: PT012
        conn.execute("INSERT INTO state VALUES ('k', x'00')")
        ledger.append(sale("op-1"))

    assert (ledger.recall("k"), ledger.find("op-1"), ledger.identity) == (None, None, stood)
    assert ledger.append(sale("op-1")).entry.seq == 2


def test_a_full_disk_makes_the_outcome_unknown_and_the_ledger_goes_on(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    stood = ledger.identity
    with ledger.reading() as conn:
        pages = conn.execute("PRAGMA page_count").fetchone()[0]
        conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutcomeUnknownError, match="database or disk is full") as caught:
        ledger.append(draft("op-2", body={"redemptions": [], "x": "x" * 100_000}))

    assert "same op" in caught.value.hint
    assert (ledger.identity, ledger.find("op-2")) == (stood, None)
    assert ledger.append(sale("op-2")).entry.seq == stood.seq + 1


def test_a_disk_that_takes_no_more_loses_nothing_that_was_acknowledged(ledger: Ledger) -> None:
    wal = ledger.path.with_name("ledger.db-wal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    acknowledged: list[str] = []
    refused = ""
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 100_000, hard))
    try:
        for i in range(100):
            refused = f"op-{i}"
            ledger.append(sale(refused))
            acknowledged.append(refused)
    except OutcomeUnknownError:
        pass  # as expected; that it came is asserted below
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert 0 < len(acknowledged) < 100
    assert _ops(ledger)[1:] == acknowledged
    assert ledger.append(sale(refused)).entry.seq == len(acknowledged) + 2


def test_small_values_are_remembered_and_replaced(ledger: Ledger) -> None:
    ledger.remember({"cursor": b"1", "counter": b"7"})
    ledger.remember({"cursor": b"2"})

    assert (ledger.recall("cursor"), ledger.recall("counter"), ledger.recall("other")) == (b"2", b"7", None)


# --- epochs


def test_a_new_epoch_counts_from_one_and_names_what_it_grew_from(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    before = ledger.identity
    ledger.begin_epoch()
    now = ledger.identity
    opening = ledger.find(f"epoch:{now.epoch}")

    assert (now.seq, now.epoch != before.epoch) == (1, True)
    assert opening is not None
    assert opening.entry.body == {"parent_epoch": before.epoch, "parent_head": before.head.hex(), "parent_seq": 2}
    assert ledger.append(sale("op-2")).entry.seq == 2
    assert ledger.epochs() == [before, ledger.identity]


def test_an_op_stays_used_in_every_later_epoch(ledger: Ledger) -> None:
    first = ledger.append(sale("op-1"))
    ledger.begin_epoch()

    assert ledger.find("op-1") == first
    with pytest.raises(OutcomeUnknownError):
        ledger.append(sale("op-1"))


def test_a_ledger_reopens_in_its_last_epoch(path: Path) -> None:
    with closing(opened(path)) as ledger:
        ledger.begin_epoch()
        ledger.append(sale("op-1"))
        stood, epochs = ledger.identity, ledger.epochs()
    with closing(opened(path)) as ledger:
        assert (ledger.identity, ledger.epochs()) == (stood, epochs)


def test_an_epoch_that_cannot_begin_leaves_the_old_one_in_force(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    stood = ledger.identity
    with ledger.reading() as conn:
        conn.execute("CREATE TEMP TRIGGER no BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk'); END")
    with pytest.raises(OutcomeUnknownError):
        ledger.begin_epoch()

    assert (ledger.identity, len(ledger.epochs())) == (stood, 1)
    assert ledger.append(sale("op-2")).entry.seq == stood.seq + 1


# --- what is sent


def _sent(ledger: Ledger, epoch: str, seq: int, *, entries: int = 100, size: int = 10**6) -> list[str]:
    receiver = X25519PrivateKey.generate().public_key()
    items = ledger.items_after(epoch, seq, entries_max=entries, bytes_max=size, receiver=receiver)
    return [decode_entry(item.data).op for item in items]


def test_what_follows_a_place_is_sent_in_order(ledger: Ledger) -> None:
    epoch = ledger.identity.epoch
    for i in range(5):
        ledger.append(sale(f"op-{i}"))

    assert _sent(ledger, epoch, 1) == [f"op-{i}" for i in range(5)]
    assert _sent(ledger, epoch, 4) == ["op-3", "op-4"]
    assert _sent(ledger, epoch, 6) == _sent(ledger, epoch, 99) == []


def test_a_batch_ends_at_its_limits_but_never_holds_nothing(ledger: Ledger) -> None:
    epoch = ledger.identity.epoch
    for i in range(3):
        ledger.append(sale(f"op-{i}"))
    with ledger.reading() as conn:
        size = conn.execute("SELECT length(bytes) FROM entry WHERE op = 'op-0'").fetchone()[0]

    assert _sent(ledger, epoch, 1, entries=2) == ["op-0", "op-1"]
    assert _sent(ledger, epoch, 1, size=1) == ["op-0"]
    assert _sent(ledger, epoch, 1, size=2 * size - 1) == ["op-0"]
    assert _sent(ledger, epoch, 1, size=2 * size) == ["op-0", "op-1"]


def test_an_epoch_is_sent_up_to_its_own_end(ledger: Ledger) -> None:
    old = ledger.identity.epoch
    ledger.append(sale("op-1"))
    ledger.begin_epoch()
    new = ledger.identity.epoch
    ledger.append(sale("op-2"))

    assert _sent(ledger, old, 0) == [f"epoch:{old}", "op-1"]
    assert _sent(ledger, new, 0) == [f"epoch:{new}", "op-2"]
    with pytest.raises(LedgerError, match="has no epoch 'other'"):
        _sent(ledger, "other", 0)


def test_a_profile_travels_with_its_entry_and_opens_for_the_receiver_only(ledger: Ledger) -> None:
    receiver = X25519PrivateKey.generate()
    enrol(ledger, "a", {"name": "Ada"}, number="982600000006")
    _, item = ledger.items_after(
        ledger.identity.epoch, 0, entries_max=9, bytes_max=10**6, receiver=receiver.public_key()
    )
    person, card = item.profiles

    assert (person.subject, card.subject) == ("a", "card-of-a")
    assert person.wrapped_key is not None
    assert unseal(person.sealed, subject="a", key=unwrap_key(person.wrapped_key, receiver)) == {"name": "Ada"}


def test_a_profile_that_was_replaced_travels_with_the_newer_entry_only(ledger: Ledger) -> None:
    receiver = X25519PrivateKey.generate().public_key()
    for op, name in (("op-1", "Ada"), ("op-2", "Ada Lovelace")):
        ledger.append(enrolment(op, "a", ledger.keys.seal({"name": name}, subject="a", account="a")))
    items = ledger.items_after(ledger.identity.epoch, 1, entries_max=9, bytes_max=10**6, receiver=receiver)

    assert [len(item.profiles) for item in items] == [0, 1]


def test_a_joined_account_is_read_as_what_it_is_part_of(ledger: Ledger) -> None:
    with ledger.write() as conn:
        conn.execute("INSERT INTO joined VALUES ('old', 'new')")
    ledger.reload_joined()
    ledger.append(sale("op-1", account="old"))

    assert (ledger.resolve("old"), ledger.resolve("other")) == ("new", "other")
    assert derived(ledger)["lot"] == [("new", "points", "op-1", None, 3)]
