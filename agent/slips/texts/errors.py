"""What the cashier reads when something is refused or fails: a sentence by the error's code, and the hint.

An error's own message names values and stays English, for whoever is called; these say what happened and what to do.
"""

from __future__ import annotations

from typing import Final

from agent.slips.texts.catalogs import translated

ERRORS: Final[dict[str, str]] = {
    "bank_card": "This is a bank card",
    "code": "This is no voucher's code",
    "device_timeout": "The device did not finish in time",
    "entry_too_large": "The sale has too many lines",
    "failure": "The device failed",
    "forbidden": "This till may not do that",
    "forged_code": "This code was not made by us",
    "identity_card": "This is an identity card",
    "insufficient": "There is not enough for this",
    "internal": "The till's agent made a mistake",
    "invalid": "A value does not fit",
    "ledger_down": "The disk of this till fails",
    "no_room": "The disk of this till is full",
    "not_allowed": "This may not be done",
    "not_kept": "The sale was not recorded",
    "offline": "The device does not answer",
    "op_conflict": "This was used for something else already",
    "outcome_unknown": "It is not known yet whether this was recorded",
    "rejected": "Headquarters refuses this till",
    "unauthorized": "This screen is not let in",
    "unknown": "There is none",
    "unreachable": "There is no line to headquarters",
}
HINT: Final = "hint"  # the context of hints; a hint is its own message


def error_text(code: str, language: str) -> str:
    """Return what an error's code says in a language; empty for one that no cashier meets."""
    return translated(f"error.{code}", ERRORS.get(code, ""), language)


def hint_text(hint: str, language: str) -> str:
    """Return a hint in a language; one that is for IT, or that names values, stands as it is."""
    return translated(HINT, hint, language)
