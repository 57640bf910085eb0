"""Staff: an id, a role and a PIN, of which only the Argon2id string is kept (RFC 9106; PHC string format)."""

from __future__ import annotations

import re
from enum import StrEnum

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from agent.errors import InvalidError, Said

SALT_BYTES = 16
PIN_DIGITS_MIN = 4
PIN_DIGITS_MAX = 8
_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_PIN = re.compile(rf"[0-9]{{{PIN_DIGITS_MIN},{PIN_DIGITS_MAX}}}")
_MEMORY_KIB = 19 * 1024
_PASSES = 2
_HASH_BYTES = 32
_UP = "01234567890"


class Role(StrEnum):
    """What somebody of the staff may do."""

    CASHIER = "cashier"
    SUPERVISOR = "supervisor"


def check_staff(staff: str | None) -> None:
    """Raise InvalidError unless `staff` is an id."""
    if staff is not None and not _ID.fullmatch(staff):
        raise InvalidError(
            "staff must be an id of 1 to 32 letters, digits, - or _, never a name", said=Said("staff_id")
        )


def check_pin(pin: str) -> None:
    """Raise InvalidError for what is no PIN, or is the first that anybody would try; it is never repeated."""
    if not _PIN.fullmatch(pin):
        raise InvalidError(
            f"the PIN must be {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits",
            said=Said("pin_digits", {"low": PIN_DIGITS_MIN, "high": PIN_DIGITS_MAX}),
        )
    if len(set(pin)) == 1 or pin in _UP or pin in _UP[::-1]:
        raise InvalidError(
            "the PIN is one that anybody would try first", said=Said("pin_common"), hint="take digits without an order"
        )


def hash_pin(pin: str, salt: bytes) -> str:
    """Return what is kept of a PIN: its Argon2id string with parameters and salt."""
    check_pin(pin)
    kdf = Argon2id(salt=salt, length=_HASH_BYTES, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(pin.encode())


def fits(pin: str, kept: str) -> bool:
    """Say whether a PIN is the one that `kept` was made of."""
    try:
        Argon2id.verify_phc_encoded(pin.encode(), kept)
    except (InvalidKey, ValueError):  # ValueError: a string of another form, which nothing fits
        return False
    return True
