"""The part of a profile that a till keeps of a member of another shop: the card and a first name to greet him by."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.ledger.kept.profiles.forms import card_form
from agent.ledger.kept.profiles.keys import Keys
from agent.ledger.kept.profiles.rows import put_profile


def first_name_of(profile: Mapping[str, Any]) -> str | None:
    """Return the first word of a profile's name."""
    words = str(profile.get("name") or "").split()
    return words[0] if words else None


def put_part(conn: sqlite3.Connection, keys: Keys, profile: Mapping[str, Any], *, subject: str, account: str) -> None:
    """Keep the part of a profile, in place of what the subject had before; only its card is found by it."""
    card, name = card_form(profile), first_name_of(profile)
    part = {} if name is None else {"name": name}
    if card is not None:
        part |= {"number": card[1], "source": card[0]}
    row = conn.execute("SELECT account, sealed FROM profile WHERE subject = ?", (subject,)).fetchone()
    if row is not None and keys.unseal(bytes(row[1]), subject=subject, account=row[0]) == part:
        return
    made = keys.seal(part, subject=subject, account=account)
    put_profile(conn, replace(made, tokens=() if card is None else (keys.token(*card),)))
