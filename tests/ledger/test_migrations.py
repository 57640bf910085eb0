"""Ledgers of every schema there ever was, opened with today's code, and killed in the middle of that."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.counter import Counter, FindAsk, RefundAsk, RefundLine, SaleAsk
from agent.errors import LedgerError
from agent.ledger import audit
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.loyalty.programme import load
from tests.ledger.tills import derived, opened
from tests.loyalty.shops import line
from tests.schemas.day import MORNING
from tests.schemas.dumps import dumped, known, restored

ANA, ELSEWHERE = "925000000001", "925000000003"
# Schemas between two migrations of one release: no commit has them as its last, so no till ever did.
BETWEEN = ("m003_closures", "m004_codes", "m005_card_entries", "m006_profiles", "m007_used_up")
MASTER = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(query).fetchall()


def lots(path: Path) -> list[tuple[Any, ...]]:
    return rows(path, "SELECT account, unit, lot, expires, amount FROM lot WHERE amount != 0 ORDER BY 1, 2, 3")


def migrated(path: Path) -> list[str]:
    if not rows(path, "SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"):
        return []
    return [
        name for (name,) in rows(path, "SELECT name FROM _sqlite_migrations WHERE migration_set = 'ledger' ORDER BY id")
    ]


def counter(ledger: Ledger) -> Counter:
    return Counter(ledger, load(MORNING), recorded=lambda: None)


def test_before_a_migration_is_added_the_schema_it_starts_from_is_dumped() -> None:
    undumped = [schema for schema in known()[:-1] if schema not in dumped() and schema not in BETWEEN]

    assert undumped == [], "see tests/schemas/README.md"
    assert set(dumped()) <= set(known())


@pytest.mark.parametrize("schema", dumped())
def test_a_dump_is_of_the_schema_that_it_is_named_by(tmp_path: Path, schema: str) -> None:
    path = restored(schema, tmp_path)

    assert migrated(path) == known()[: known().index(schema) + 1]


@pytest.mark.parametrize("schema", dumped())
def test_an_older_ledger_verifies_and_holds_what_it_held(tmp_path: Path, schema: str) -> None:
    path = restored(schema, tmp_path)
    held, entries = lots(path), rows(path, "SELECT * FROM entry ORDER BY n")
    with closing(opened(path)) as ledger:
        assert sum(epoch.entries for epoch in audit.verify(ledger)) == len(entries)
        audit.check_derived(ledger)
        before = derived(ledger)
        audit.rebuild(ledger)
        assert derived(ledger) == before

    assert lots(path) == held != []
    assert rows(path, "SELECT * FROM entry ORDER BY n") == entries
    assert migrated(path) == known()


@pytest.mark.parametrize("schema", dumped())
def test_an_older_ledger_knows_its_members_and_sells_on(tmp_path: Path, schema: str) -> None:
    with closing(opened(restored(schema, tmp_path))) as ledger:
        till = counter(ledger)
        ana = till.identify(ANA, Source.NUMBER, by="pos")
        seq = ledger.identity.seq
        sold = till.sell(SaleAsk("new", (line(1000),), ana.account, ana.card), by="pos")
        given = till.refund(RefundAsk("back", (RefundLine("S-2", 0, 1000),)), by="pos")

        assert (ana.name, [found.account for found in till.find(FindAsk(name="Testova"), by="checkout")]) == (
            "Ana",
            [ana.account],
        )
        assert [found.account for found in till.find(FindAsk(phone="+44 7700 900123"), by="checkout")] == [ana.account]
        assert till.identify(ELSEWHERE, Source.NUMBER, by="pos").account == "elsewhere"
        assert sold.member is not None
        assert sold.member.balances["points"] > ana.balances["points"]
        assert given.money == 900 - 500
        assert (ledger.identity.seq, len(audit.verify(ledger))) == (seq + 2, 2)
        waiting = SlipQueue(ledger).next_slip()
        assert waiting is not None


@pytest.mark.parametrize("schema", dumped())
def test_an_older_ledger_is_read_beside_nobody_as_it_is(tmp_path: Path, schema: str) -> None:
    path = restored(schema, tmp_path)
    with closing(opened(path, read_only=True)) as ledger:
        assert len(audit.verify(ledger)) == 2

    assert migrated(path) == known()[: known().index(schema) + 1]


# -- killed in the middle ----------------------------------------------------------------------------------------------


def killed_at(statement: int, path: Path) -> bool:
    """Open the ledger in a child that kills itself before its `statement`th SQL statement; False if it came through."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(_sql: str) -> None:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        connect = sqlite3.connect

        def traced(*named: Any, **how: Any) -> sqlite3.Connection:
            conn: sqlite3.Connection = connect(*named, **how)
            conn.set_trace_callback(count)
            return conn

        sqlite3.connect = traced  # type: ignore[assignment]  # in this child only
        try:
            opened(path).close()
            os._exit(0)
        finally:
            os._exit(1)
    ended = os.waitpid(child, 0)[1]
    assert ended in {0, signal.SIGKILL}
    return ended != 0


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> list[list[tuple[Any, ...]]]:
    """What the tables of a new ledger are after none, one, two ... of the migrations."""
    from sqlite_utils import Database

    from agent.ledger.schema import migrations

    found: list[list[tuple[Any, ...]]] = []
    for number in range(len(known()) + 1):
        path = tmp_path_factory.mktemp("schema") / "ledger.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as conn:
            migrations.apply(Database(conn), stop_before=known()[number:])
        found.append([row for row in rows(path, MASTER) if "_sqlite_migrations" not in row[2]])
    return found


def tables(path: Path) -> list[tuple[Any, ...]]:
    return [row for row in rows(path, MASTER) if "_sqlite_migrations" not in row[2]]


@pytest.mark.parametrize("schema", [None, *dumped()])
@pytest.mark.parametrize("step", [61, pytest.param(1, marks=pytest.mark.slow)])
def test_a_migration_killed_before_any_statement_leaves_the_old_schema_or_the_new(
    tmp_path: Path, schemas: list[list[tuple[Any, ...]]], schema: str | None, step: int
) -> None:
    statement, killed = 1, True
    while killed:
        folder = tmp_path / str(statement)
        path = folder / "ledger.db" if schema is None else restored(schema, folder)
        folder.mkdir(exist_ok=True)
        held = [] if schema is None else lots(path)
        killed = killed_at(statement, path)
        if path.exists() and migrated(path):
            assert tables(path) == schemas[len(migrated(path))], statement
        with closing(opened(path)) as ledger:
            audit.verify(ledger)
            audit.check_derived(ledger)
            if schema is not None:
                assert counter(ledger).find(FindAsk(name="Testova"), by="checkout") != []
        assert lots(path) == held
        assert (migrated(path), tables(path)) == (known(), schemas[-1]), statement
        statement += step

    assert statement > 61


def test_a_ledger_is_never_half_migrated_for_a_reader(tmp_path: Path) -> None:
    path = restored("m001_ledger", tmp_path)
    killed_at(60, path)

    try:
        with closing(opened(path, read_only=True)) as ledger:
            audit.verify(ledger)
    except LedgerError as error:
        pytest.fail(str(error))
