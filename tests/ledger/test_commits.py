"""What becomes of a ledger when something goes wrong inside a commit."""

import resource

import pytest

from agent.errors import EntryTooLargeError, OutcomeUnknownError
from agent.journal.entry import ENTRY_BYTES_MAX
from agent.ledger.ledger import Ledger
from tests.ledger.tills import draft, sale


def _ops(ledger: Ledger) -> list[str]:
    with ledger.reading() as conn:
        return [row[0] for row in conn.execute("SELECT op FROM entry ORDER BY n")]


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


def test_after_an_error_that_is_not_the_disks_the_connection_is_kept(ledger: Ledger) -> None:
    before = ledger.conn
    with pytest.raises(ZeroDivisionError), ledger.write():
        raise ZeroDivisionError

    ledger.append(sale("op-1"))
    assert ledger.conn is before


def test_a_commit_that_cannot_even_be_undone_leaves_its_connection(ledger: Ledger) -> None:
    before = ledger.conn
    with pytest.raises(ZeroDivisionError), ledger.write() as conn:  # noqa: PT012 - an error half-way is the point
        conn.execute("COMMIT")  # nothing is left to be undone, as after some errors of a disk
        raise ZeroDivisionError

    assert ledger.append(sale("op-1")).entry.seq == 2
    assert ledger.conn is not before


def test_entries_that_stand_or_fall_together_are_one_commit(ledger: Ledger) -> None:
    stood = ledger.identity

    first, second = ledger.append_all((sale("op-1"), sale("op-2")))

    assert (first.n + 1, first.entry.seq + 1) == (second.n, second.entry.seq)
    assert ledger.identity == type(stood)(stood.till, stood.epoch, stood.seq + 2, second.hash)


def test_L2_when_the_second_of_two_entries_cannot_be_recorded_neither_is(ledger: Ledger) -> None:
    stood = ledger.identity

    with pytest.raises(EntryTooLargeError):
        ledger.append_all((sale("op-1"), draft("op-2", body={"x": "x" * ENTRY_BYTES_MAX})))

    assert (ledger.identity, ledger.find("op-1")) == (stood, None)
    assert ledger.append(sale("op-1")).entry.seq == stood.seq + 1
