"""The derived tables are compared with what the entries say."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import LedgerError
from agent.ledger import audit
from agent.ledger.ledger import Ledger
from agent.ledger.schema import DERIVED_TABLES
from tests.ledger.tills import derived, draft, earned, enrol, opened, sale, tamper


@pytest.fixture
def busy(path: Path) -> Path:
    """A closed ledger with a row in every derived table."""
    with closing(opened(path)) as ledger:
        enrol(ledger, "a", {"name": "Ada"}, number="982600000006")
        ledger.append(sale("op-1"))
        lines = [{"sale": "op-1", "line": 0, "quantity": 1000}]
        ledger.append(draft("refund", kind="refund", body={"account": "a", "lines": lines}))
        ledger.append(draft("undo", kind="redemption_undone", body={"redemption": "other"}))
        ledger.append(draft("z", kind="closure", body={"number": 1}))
        assert all(derived(ledger).values())
    return path


def test_tables_that_hold_what_the_entries_say_are_passed_without_a_word(busy: Path) -> None:
    with closing(opened(busy)) as ledger:
        before = derived(ledger)
        audit.check_derived(ledger)

        assert derived(ledger) == before
        ledger.append(sale("later"))  # nothing is left in the way of the next one


@pytest.mark.parametrize("table", DERIVED_TABLES)
def test_a_row_that_somebody_took_out_of_a_derived_table_is_found(busy: Path, table: str) -> None:
    tamper(busy, f"DELETE FROM {table}")  # noqa: S608 - a constant of the schema

    with closing(opened(busy, read_only=True)) as ledger:
        audit.verify(ledger)  # the chain says nothing of it
        with pytest.raises(LedgerError, match=f"derived tables differ: '{table}'") as caught:
            audit.check_derived(ledger)
    assert "`tally ledger rebuild`" in caught.value.hint


@pytest.mark.parametrize(
    "statement",
    ["UPDATE lot SET amount = 1000000", "INSERT INTO account VALUES ('x', 'regular')", "UPDATE closure SET z = 7"],
)
def test_a_row_that_somebody_changed_or_added_is_found_and_mended_by_a_rebuild(busy: Path, statement: str) -> None:
    tamper(busy, statement)

    with closing(opened(busy)) as ledger:
        with pytest.raises(LedgerError, match="derived tables differ"):
            audit.check_derived(ledger)
        audit.rebuild(ledger)
        audit.check_derived(ledger)


def test_selling_goes_on_while_the_tables_are_compared(ledger: Ledger) -> None:
    for i in range(300):
        ledger.append(sale(f"op-{i}"))
    checked = threading.Event()

    def sell() -> None:
        number = 0
        while not checked.is_set():
            ledger.append(draft(f"more-{number}", postings=earned("b", 1, lot=f"more-{number}")))
            number += 1

    seller = threading.Thread(target=sell, daemon=True)
    seller.start()
    try:
        for _ in range(3):
            audit.check_derived(ledger)
    finally:
        checked.set()
        seller.join(timeout=10)
    assert ledger.identity.seq > 301
