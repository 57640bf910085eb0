"""What the cashier reads when something is refused or fails: a sentence, and the hint.

The sentence is the refusal's own with its values (`agent.errors.Said`), else that of the error's code. An error's
message stays English, for whoever is called.
"""

from __future__ import annotations

from typing import Final

from agent.errors import Said, TallyError
from agent.slips.texts.catalogs import SOURCE, translated
from agent.slips.texts.english import ENGLISH
from agent.slips.texts.phrases import NoTextError, phrase
from agent.slips.texts.refusals import refusal

ERRORS: Final[dict[str, str]] = {
    "approval_needed": "A supervisor must approve this",
    "bank_card": "This is a bank card",
    "blocked_card": "This card is blocked",
    "card_needed": "This needs the card",
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
    "not_signed_in": "Nobody is signed in, or not with this PIN",
    "offline": "The device does not answer",
    "op_conflict": "This was used for something else already",
    "outcome_unknown": "It is not known yet whether this was recorded",
    "proof_needed": "Spending needs a proof: the card, the PIN or the last slip",
    "rejected": "Headquarters refuses this till",
    "searches_used": "Too many searches in this hour",
    "unauthorized": "This screen is not let in",
    "unknown": "There is none",
    "unreachable": "There is no line to headquarters",
    "wrong_proof": "This is not the member's PIN or last slip",
}
HINT: Final = "hint"  # the context of hints; a hint is its own message


def error_text(code: str, language: str) -> str:
    """Return what an error's code says in a language; empty for one that no cashier meets."""
    return translated(f"error.{code}", ERRORS.get(code, ""), language)


def told(error: TallyError, language: str) -> tuple[str, str]:
    """Return what a cashier reads of an error, and its hint.

    In English an error without a sentence of its own is its message. In another language a hint that nobody translated
    names values, and a sentence of its own has them.
    """
    own = "" if error.said is None else _own(error.said, language)
    hint = hint_text(error.hint, language)
    if language == SOURCE:
        return own or str(error), hint
    return own or error_text(error.code, language) or str(error), "" if own and hint == error.hint else hint


def _own(said: Said, language: str) -> str:
    code = refusal(said.code)
    try:
        return phrase(code if code in ENGLISH else said.code, said.numbers, "", language).text
    except NoTextError:
        return ""


def hint_text(hint: str, language: str) -> str:
    """Return a hint in a language; one that is for IT, or that names values, stands as it is."""
    return translated(HINT, hint, language)
