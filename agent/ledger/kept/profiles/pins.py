"""A member's PIN: its Argon2id string is sealed in his profile; how many wrong ones were tried is kept beside it."""

from __future__ import annotations

from typing import Final

from agent.ledger.ledger import Ledger
from agent.ledger.members import profile_of

TRIES_MAX: Final = 5  # wrong ones; then none is looked at before a new PIN is set
_TRIES: Final = "pin_tries:"  # ... and an account: a key in `state`


def pin_of(ledger: Ledger, account: str) -> str | None:
    """Return the Argon2id string of a member's PIN; None if he has none, or this till keeps only his first name."""
    profile = profile_of(ledger, ledger.resolve(account))
    pin = profile.get("pin") if profile else None
    return None if pin is None else str(pin)


def tries_of(ledger: Ledger, account: str) -> int:
    """Return how many wrong PINs or slips were tried since the last right one."""
    return int(ledger.recall(_TRIES + ledger.resolve(account)) or b"0")


def tried(account: str, wrong: int) -> dict[str, bytes]:
    """Return the value to keep after so many wrong ones; kept on disk, so that a restart gives no new tries."""
    return {_TRIES + account: str(wrong).encode()}
