"""A real headquarters in a folder of its own: founded, served by uvicorn on a free port of loopback, stopped, served
again at the same address.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from hq import config, founding
from hq.books.totals import Books, TillRow, books, tills
from hq.config import FILE_NAME
from hq.database import Database
from hq.receive.enrol import make_code
from hq.serve import Serving
from hq.tables import account, card, lot, quarantine, spend
from tests.hq.postgres import Postgres

PROGRAMME = Path(__file__).parents[2] / "config" / "programmes" / "general-shop.toml"
SHOP = "corner"


def found(folder: Path, *, database: str = "hq.sqlite") -> Path:
    """Found a headquarters that will listen on a free port."""
    founding.found(folder, name="Test HQ", shop=SHOP, programme=PROGRAMME, database=database)
    set_port(folder, 0)
    return folder


@contextmanager
def copied(founded: Path, folder: Path, postgres: Postgres) -> Iterator[Path]:
    """Copy a headquarters that nobody serves, database and all, for the block."""
    shutil.copytree(founded, folder)
    address = config.load(folder).database
    if isinstance(address, Path):
        yield folder
    else:
        with postgres.copied(address) as own:
            _set(folder, "database", f'"{own}"')
            yield folder


def set_port(folder: Path, port: int) -> None:
    _set(folder, "port", str(port))


def _set(folder: Path, key: str, value: str) -> None:
    lines = (folder / FILE_NAME).read_text().splitlines()
    lines = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in lines]
    (folder / FILE_NAME).write_text("\n".join(lines))


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve until the end of the block and give the address; another block serves at the same address."""
    with Serving(folder) as server:
        set_port(folder, int(server.address.rpartition(":")[2]))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server.address
        finally:
            server.stop()
            thread.join()


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    database = Database(config.load(folder).database)
    try:
        yield database
    finally:
        database.close()


def code_for(folder: Path, till: str, *, shop: str = SHOP, lasts_s: int = 3600) -> str:
    with opened(folder) as database, database.write() as conn:
        return make_code(conn, shop=shop, name=till, lasts_s=lasts_s).code


def wait_for_books(folder: Path) -> Books:
    """Wait until the served books hold all that arrived, and return them."""
    ends = time.monotonic() + 10
    with opened(folder) as database:
        while True:
            with database.read() as conn:
                summed = books(conn)
            if summed.waiting == 0:
                return summed
            assert time.monotonic() < ends, f"{summed.waiting} entries are still waiting for the books"
            time.sleep(0.005)


def till_rows(folder: Path) -> dict[str, TillRow]:
    with opened(folder) as database, database.read() as conn:
        return {row.till: row for row in tills(conn)}


def state_of_books(folder: Path) -> dict[str, list[Any]]:
    """Return what the books say of members, without ids of rows and versions: for comparing two of them."""
    with opened(folder) as database, database.read() as conn:
        return members_of_books(conn)


def damage(database: Database) -> None:
    """Add 1 to every lot behind the back of what keeps the books even, as a fault of the machine might."""
    with database.write() as conn:
        if conn.dialect.name == "sqlite":
            (trigger,) = conn.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'lot_changed'").one()
            off, on = "DROP TRIGGER lot_changed", str(trigger)
        else:
            off, on = (f"ALTER TABLE lot {word} TRIGGER USER" for word in ("DISABLE", "ENABLE"))
        conn.exec_driver_sql(off)
        conn.execute(update(lot).values(amount=lot.c.amount + 1))
        conn.exec_driver_sql(on)


def members_of_books(conn: Connection) -> dict[str, list[Any]]:
    queries = {
        "accounts": select(account.c.id, account.c.status, account.c.root),
        "cards": select(card.c.id, card.c.account),
        "lots": select(lot),
        "spend": select(spend),
        "quarantine": select(quarantine.c.seq),
    }
    return {name: sorted(map(tuple, conn.execute(query)), key=repr) for name, query in queries.items()}
