"""The rows of profiles in the ledger, and the tokens they are found by.

A profile has a number that is never used twice, and a token leads to a number: a profile that is changed or gone takes
the way to it along, and what is left of its tokens leads nowhere until `sweep` has gone over them.

The tokens lie in one of two halves of their table. A sweep moves them all from one to the other in their order, leaves
out those that lead nowhere, and so empties page after page of the first half, which SQLite then overwrites with zeros.
Only the last of these pages may survive, and is filled up by the sweep after: so there are always two. Deleting the
rows alone would not do: measured with SQLite 3.40, one token in 400 leaves a copy in a page it once stood on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from agent.ledger.kept.profiles.keys import Keys, NewProfile

SWEPT_AT_ONCE = 1000  # tokens in one commit: 3 ms

_SWEEPS = 2  # that it takes

_SWEEP, _DUE = "search.sweep", "search.due"  # keys in `state`: the number of the last sweep, and of one to be made
_RULE = "search.rule"  # ... and by which rule the tokens were made
_RULE_NOW = 1


def put_profile(conn: sqlite3.Connection, profile: NewProfile) -> None:
    """Write a profile and its tokens, in place of what the subject had before."""
    drop_profiles(conn, [profile.subject])
    number = conn.execute(
        "INSERT INTO profile (subject, account, sealed) VALUES (?, ?, ?)",
        (profile.subject, profile.account, profile.sealed),
    ).lastrowid
    half = _number(conn, _SWEEP) % 2
    rows = [(half, token, number) for token in profile.tokens]
    conn.executemany("INSERT OR IGNORE INTO search (half, token, profile) VALUES (?, ?, ?)", rows)


def drop_profiles(conn: sqlite3.Connection, subjects: Sequence[str]) -> None:
    """Delete the profiles of subjects; their tokens lead nowhere from now on, and wait for a sweep."""
    deleted = conn.executemany("DELETE FROM profile WHERE subject = ?", [(subject,) for subject in subjects]).rowcount
    if deleted > 0:
        _remember(conn, _DUE, _number(conn, _SWEEP) + _SWEEPS)


def is_swept(conn: sqlite3.Connection) -> bool:
    """Say whether every token leads to a profile, and nothing is left of those that did not."""
    return _number(conn, _DUE) <= _number(conn, _SWEEP) and not _behind(conn)


def sweep(conn: sqlite3.Connection) -> None:
    """Sweep some tokens, `SWEPT_AT_ONCE`; a sweep is done when nothing is left behind it."""
    if not _behind(conn):
        _remember(conn, _SWEEP, _number(conn, _SWEEP) + 1)
    ahead = _number(conn, _SWEEP) % 2
    query = "SELECT token, profile FROM search WHERE half = ? ORDER BY token, profile LIMIT ?"
    some = conn.execute(query, (1 - ahead, SWEPT_AT_ONCE)).fetchall()
    if not some:
        return
    conn.execute(
        "INSERT OR IGNORE INTO search (half, token, profile) SELECT ?, token, profile FROM search"
        " WHERE half = ? AND (token, profile) <= (?, ?) AND EXISTS (SELECT 1 FROM profile WHERE id = search.profile)",
        (ahead, 1 - ahead, *some[-1]),
    )
    conn.execute("DELETE FROM search WHERE half = ? AND (token, profile) <= (?, ?)", (1 - ahead, *some[-1]))


def _behind(conn: sqlite3.Connection) -> bool:
    """Say whether a sweep is on its way."""
    half = 1 - _number(conn, _SWEEP) % 2
    return conn.execute("SELECT 1 FROM search WHERE half = ? LIMIT 1", (half,)).fetchone() is not None


def has_tokens_of_this_rule(conn: sqlite3.Connection) -> bool:
    """Say whether the tokens were made as this version makes them."""
    return _number(conn, _RULE) == _RULE_NOW


def make_tokens(conn: sqlite3.Connection, keys: Keys) -> None:
    """Make the tokens of every profile that opens, as this version makes them."""
    half = _number(conn, _SWEEP) % 2
    for number, subject, account, sealed in conn.execute("SELECT id, subject, account, sealed FROM profile"):
        profile = keys.unseal(bytes(sealed), subject=subject, account=account)
        rows = [(half, token, number) for token in keys.tokens(profile or {})]
        conn.executemany("INSERT OR IGNORE INTO search (half, token, profile) VALUES (?, ?, ?)", rows)
    _remember(conn, _RULE, _RULE_NOW)


def _number(conn: sqlite3.Connection, key: str) -> int:
    row = conn.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    return 0 if row is None else int(row[0])


def _remember(conn: sqlite3.Connection, key: str, number: int) -> None:
    conn.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, b"%d" % number))
