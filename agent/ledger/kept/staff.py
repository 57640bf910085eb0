"""Staff as this till knows them: rows of `state`, named by headquarters' desk or by a supervisor here.

What was said last counts. Somebody who left keeps his row, without a PIN, so that old entries can be read.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from agent.journal.entry import encode
from agent.journal.feed import StaffRow
from agent.journal.staff.people import Role
from agent.journal.wire.form import read
from agent.ledger.ledger import Ledger

_ROW = "staff:"  # ... and the id: a key in `state`
_TRIES = "staff_tries:"


@dataclass(frozen=True, slots=True)
class StaffKept:
    """Somebody of the staff; `pin` is the PIN's Argon2id string, None for one who left. `by_hq`: who said so last."""

    staff: str
    role: Role
    pin: str | None
    by_hq: bool = False


def staff_state(kept: StaffKept) -> dict[str, bytes]:
    """Return the values to keep; wrong tries are forgotten with them."""
    value = {"by_hq": kept.by_hq, "pin": kept.pin, "role": str(kept.role)}
    return {_ROW + kept.staff: encode(value), _TRIES + kept.staff: b"0"}


def staff_kept(ledger: Ledger, staff: str) -> StaffKept | None:
    """Return somebody by id, whether he left or not; None if nobody was ever named so."""
    value = ledger.recall(_ROW + staff)
    return None if value is None else _kept(staff, value)


def all_staff(ledger: Ledger) -> tuple[StaffKept, ...]:
    """Return everybody who was ever named, by id."""
    with ledger.reading() as conn:
        query = "SELECT key, value FROM state WHERE key >= ? AND key < ? ORDER BY key"
        rows = conn.execute(query, (_ROW, _ROW[:-1] + chr(ord(_ROW[-1]) + 1))).fetchall()
    return tuple(_kept(key.removeprefix(_ROW), value) for key, value in rows)


def tries_of(ledger: Ledger, staff: str) -> int:
    """Return how many wrong PINs were tried for somebody since the last right one."""
    return int(ledger.recall(_TRIES + staff) or b"0")


def tried(staff: str, wrong: int) -> dict[str, bytes]:
    """Return the value to keep after so many wrong PINs; kept on disk, for a restart is no excuse."""
    return {_TRIES + staff: str(wrong).encode()}


def take_staff(conn: sqlite3.Connection, row: StaffRow) -> None:
    """Keep what headquarters says of somebody; a role that this version does not know may only sell."""
    role = Role.SUPERVISOR if row.role == Role.SUPERVISOR else Role.CASHIER
    state = staff_state(StaffKept(row.staff, role, row.pin, by_hq=True))
    conn.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", list(state.items()))


def _kept(staff: str, data: bytes) -> StaffKept:
    return read(data, lambda value: StaffKept(staff, Role(value["role"]), value["pin"], bool(value["by_hq"])))
