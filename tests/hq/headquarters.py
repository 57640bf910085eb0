"""A real headquarters in a folder of its own: founded, served by uvicorn on a free port of loopback, stopped, served
again at the same address.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from hq import config, founding
from hq.books.totals import Books, TillRow, books, tills
from hq.config import FILE_NAME
from hq.database import Database
from hq.receive.enrol import make_code
from hq.serve import Serving
from hq.tables import account, card, lot, quarantine, spend

PROGRAMME = Path(__file__).parents[2] / "config" / "programmes" / "general-shop.toml"
SHOP = "corner"


def found(folder: Path) -> Path:
    """Found a headquarters that will listen on a free port."""
    founding.found(folder, name="Test HQ", shop=SHOP, programme=PROGRAMME)
    set_port(folder, 0)
    return folder


def set_port(folder: Path, port: int) -> None:
    lines = (folder / FILE_NAME).read_text().splitlines()
    lines = [f"port = {port}" if line.startswith("port") else line for line in lines]
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


def code_for(folder: Path, till: str, *, lasts_s: int = 3600) -> str:
    with opened(folder) as database, database.write() as conn:
        return make_code(conn, shop=SHOP, name=till, lasts_s=lasts_s).code


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


def members_of_books(conn: Connection) -> dict[str, list[Any]]:
    queries = {
        "accounts": select(account.c.id, account.c.status, account.c.root),
        "cards": select(card.c.id, card.c.account),
        "lots": select(lot),
        "spend": select(spend),
        "quarantine": select(quarantine.c.seq),
    }
    return {name: sorted(map(tuple, conn.execute(query)), key=repr) for name, query in queries.items()}
