"""Export the entries, exactly as they are."""

from __future__ import annotations

from collections.abc import Iterator

from agent.ledger.ledger import Ledger

_PAGE_ENTRIES = 500  # read at a time


def export(ledger: Ledger) -> Iterator[bytes]:
    """Yield every entry as a line of JSON: {"hash": hex, "entry": {...}}, the entry's bytes exactly as they are.

    The ledger is held for a page at a time, so selling goes on however slowly the export is read.
    """
    n = 0
    while rows := _page_after(ledger, n):
        for n, digest, data in rows:  # noqa: B007 - the last one is where the next page begins
            yield b'{"hash":"' + bytes(digest).hex().encode() + b'","entry":' + bytes(data) + b"}\n"


def _page_after(ledger: Ledger, n: int) -> list[tuple[int, bytes, bytes]]:
    with ledger.reading() as conn:
        query = "SELECT n, hash, bytes FROM entry WHERE n > ? ORDER BY n LIMIT ?"
        return conn.execute(query, (n, _PAGE_ENTRIES)).fetchall()
