"""Erasing a member for good, once the entry that says so is durable: keys, pages, WALs, the request in flight.

Every step may be taken again, so it goes on after a power cut where it stopped; what is pending stands in `state`.
"""

from __future__ import annotations

from agent.ledger.derived import ERASED
from agent.ledger.kept.forgetting.deleting import ERASING, call_for_wipe, forget
from agent.ledger.kept.forgetting.wiping import wipe
from agent.ledger.kept.in_flight import holds_what_is_gone
from agent.ledger.ledger import Ledger

REQUEST = "request"  # what an erasure may wait for besides a wipe: headquarters has not answered the last request


def finish(ledger: Ledger, *, seconds: float) -> tuple[str, ...]:
    """Do what is left of erasures, for about so long; returns what they still wait for.

    `request`: the last request to headquarters has a sealed profile in it and was not answered yet; its bytes must
    stay as they are until then. Raises LedgerError if the disk refuses.
    """
    accounts = pending(ledger)
    ledger.keys.destroy(accounts)
    with ledger.reading() as conn:
        travels = bool(accounts) and holds_what_is_gone(conn)
    if accounts and not travels:
        with ledger.write() as conn:
            conn.executemany("DELETE FROM state WHERE key = ?", [(ERASING + account,) for account in accounts])
            call_for_wipe(conn)
    waits = wipe(ledger, seconds=seconds)
    return tuple(why for why in (REQUEST if travels else None, waits) if why is not None)


def pending(ledger: Ledger) -> list[str]:
    """Return the accounts whose erasure is on its way."""
    with ledger.reading() as conn:
        query = "SELECT key FROM state WHERE key BETWEEN ? AND ?"
        rows = conn.execute(query, (ERASING, ERASING + "~")).fetchall()
    return [key.removeprefix(ERASING) for (key,) in rows]


def erase_again(ledger: Ledger) -> int:
    """Erase anew who was erased before: for a ledger or keys that came back from a backup. Returns how many accounts.

    Whom only headquarters' journal says to be erased, its feed erases again.
    """
    with ledger.write() as conn:
        joined = dict(conn.execute("SELECT account, into_account FROM joined").fetchall())
        accounts = conn.execute("SELECT id FROM account WHERE status = ?", (ERASED,)).fetchall()
        for (account,) in accounts:
            forget(conn, account, joined)
    return len(accounts)
