"""`verify`: entries of the chain checked a second, by one process; and by SQLite's own check of the file."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from agent.journal import chain
from agent.ledger.audit.stretches import Stretch, follow
from agent.ledger.clock import TillClock
from agent.ledger.ledger import Ledger
from agent.ledger.opening import connect
from rows.large.ledger import TILL, Size, build
from rows.row import Row, paired

ENTRIES = 100_000
PAIRS = 3


def verify(folder: Path) -> list[Row]:
    """Entries a second of a processor's time, against reading and hashing the same ones."""
    path = folder / "verify" / "ledger.db"
    build(path.parent, Size(ENTRIES))
    with closing(Ledger.open(path, till=TILL, clock=TillClock("Europe/London", alone=True))) as ledger:
        identity = ledger.identity
    whole = Stretch(TILL, identity.epoch, 1, 1, identity.seq)
    with closing(connect(path, read_only=True)) as conn:

        def check_chain() -> None:
            assert follow(conn, whole) == identity.head

        def check_file() -> None:
            assert conn.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)

        def hash_only() -> None:
            head = chain.GENESIS
            for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n"):
                head = chain.link(head, data)
            assert head == identity.head

        hashed = partial(_per_s, hash_only)
        return [
            paired("verify", "entries/s", partial(_per_s, check_chain), hashed, pairs=PAIRS),
            paired("verify_file", "entries/s", partial(_per_s, check_file), hashed, pairs=PAIRS),
        ]


def _per_s(check: Callable[[], None], _pair: int) -> float:
    started = time.process_time()  # of one core, whoever else is busy
    check()
    return ENTRIES / (time.process_time() - started)
