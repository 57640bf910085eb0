"""Ledgers and drafts for the tests of the ledger."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from agent.journal.entry import ISSUANCE, Posting
from agent.ledger.clock import TillClock
from agent.ledger.kept.profiles import NewProfile
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft

TILL = "till-1"


def till_clock() -> TillClock:
    return TillClock("Europe/London", alone=True)


def opened(path: Path, *, till: str = TILL, read_only: bool = False, ballast: int = 0) -> Ledger:
    return Ledger.open(path, till=till, clock=till_clock(), read_only=read_only, ballast=ballast)


def earned(account: str, amount: int, *, lot: str, unit: str = "points") -> tuple[Posting, ...]:
    """Both sides of `amount` issued to an account."""
    return (Posting(unit, ISSUANCE, -amount), Posting(unit, f"account:{account}", amount, lot))


def draft(op: str, **fields: Any) -> Draft:
    """A sale under `op`, with `fields` as given."""
    made: dict[str, Any] = {
        "id": f"id-{op}",
        "ask": b"asked",
        "kind": "sale",
        "day": "2024-05-01",
        "by": "pos",
        "body": {"redemptions": []},
    }
    return Draft(op=op, **(made | fields))


def sale(op: str, *, account: str = "a", points: int = 3) -> Draft:
    """A sale with everything that belongs to one: postings and a slip job."""
    body = {"account": account, "redemptions": []}
    return draft(op, body=body, postings=earned(account, points, lot=op), slip=("sale", {"op": op, "total": 300}))


def enrolment(op: str, account: str, *profiles: NewProfile, card: str | None = None, opens: bool = True) -> Draft:
    """An account that becomes a regular member, with its sealed profiles."""
    body = {"account": account, "card": card, "opens": opens}
    return draft(op, kind="enrolment", body=body, profiles=profiles)


def enrol(ledger: Ledger, account: str, profile: dict[str, Any], *, number: str | None = None) -> None:
    """Enrol a member with this profile and, when there is a `number`, a card of that number."""
    card = None if number is None else f"card-of-{account}"
    profiles = [ledger.keys.seal(profile, subject=account, account=account)]
    if card is not None:
        chosen = {"number": number, "source": "number"}
        profiles.append(ledger.keys.seal(chosen, subject=card, account=account))
    ledger.append(enrolment(f"enrol-{account}", account, *profiles, card=card))


def tamper(path: Path, *statements: str) -> None:
    """Do to a ledger file what only somebody with the file in hand can do: the triggers do not stop them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        triggers = conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            conn.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            conn.execute(statement)


def derived(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is derived, table by table."""
    tables = ("account", "card", "account_entry", "lot", "returned", "redemption")
    with ledger.reading() as conn:
        return {table: conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables}  # noqa: S608 - names of this module
