"""Dropping all profiles of a till that headquarters has not heard of for too long, or of one that was carried off.

Accounts, balances and the tokens that cards are recognised by stay; names, phone numbers, e-mail addresses, birthdays
and the keys go. Headquarters tells them again at the next meeting: the feed begins anew. What headquarters never got
stays, or it would be lost: members who were enrolled or changed since.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from agent.journal.entry import decode_entry
from agent.ledger.kept.feed import CURSOR
from agent.ledger.kept.forgetting.deleting import call_for_wipe
from agent.ledger.kept.held import held
from agent.ledger.kept.profiles import NewProfile, put_profile
from agent.ledger.kept.profiles.forms import card_form
from agent.ledger.kept.profiles.rows import drop_profiles
from agent.ledger.ledger import Ledger

_AT_ONCE = 50  # profiles in one commit, and entries looked through
_WHOLE = "FROM profile WHERE sealed != x''"


def drop_all(ledger: Ledger) -> int:
    """Drop every profile that headquarters has; returns how many there were. What is left is wiped by `wipe`."""
    with ledger.reading() as conn:
        (last,) = conn.execute(f"SELECT coalesce(max(id), 0) {_WHOLE}").fetchone()
        unsent = set(_unsent(ledger, conn))
    accounts: set[str] = set()
    number = dropped = 0
    while rows := _after(ledger, number, last):
        number = rows[-1][0]
        with ledger.write() as conn:
            for _, subject, account, sealed in rows:
                if subject not in unsent:
                    _drop(ledger, conn, subject, account, bytes(sealed))
                    accounts.add(account)
                    dropped += 1
    if accounts:
        _drop_keys(ledger, accounts)
    return dropped


def _unsent(ledger: Ledger, conn: sqlite3.Connection) -> Iterator[str]:
    """Yield whose profiles are named by entries that headquarters does not hold as far as it said."""
    known = {position.epoch: position.seq for position in held(ledger) or ()}
    firsts = conn.execute("SELECT id, first_n FROM epoch ORDER BY no").fetchall()
    ends = [first_n for _, first_n in firsts[1:]] + [2**62]
    query = "SELECT bytes FROM entry WHERE n >= ? AND n < ? AND instr(bytes, ?) = 0"
    for (epoch, first_n), end in zip(firsts, ends, strict=True):
        for (data,) in conn.execute(query, (first_n + known.get(epoch, 0), end, b'"profiles":[]')):
            yield from (subject for subject, _ in decode_entry(data).profiles)


def _after(ledger: Ledger, number: int, last: int) -> list[tuple[int, str, str, bytes]]:
    query = f"SELECT id, subject, account, sealed {_WHOLE} AND id > ? AND id <= ? ORDER BY id LIMIT ?"
    with ledger.reading() as conn:
        return conn.execute(query, (number, last, _AT_ONCE)).fetchall()


def _drop(ledger: Ledger, conn: sqlite3.Connection, subject: str, account: str, sealed: bytes) -> None:
    """Drop a profile; of a card's the token stays that it is recognised by."""
    profile = ledger.keys.unseal(sealed, subject=subject, account=account)
    card = card_form(profile or {})
    if card is None:
        drop_profiles(conn, [subject])
    else:
        put_profile(conn, NewProfile(subject, account, b"", (ledger.keys.token(*card),)))


def _drop_keys(ledger: Ledger, accounts: set[str]) -> None:
    """Destroy the keys that open nothing any more, and have headquarters tell everything again."""
    with ledger.write() as conn:
        conn.execute("DELETE FROM state WHERE key = ?", (CURSOR,))
        call_for_wipe(conn)
        kept = {account for (account,) in conn.execute(f"SELECT DISTINCT account {_WHOLE}")}
    ledger.keys.destroy(sorted(accounts - kept))
