"""Is this a driving licence or identity card of North America? By its stripe or its PDF417 symbol.

Source: AAMVA DL/ID Card Design Standard, annexes D (PDF417) and F (stripe): track 1 holds state, city and the name with
`$` between its parts; track 2 the issuer's number, the card's, `=`, the expiry and the birth date; track 3 sex, height,
weight, hair and eyes in fixed places. Readers give track 3 the sentinel `#`, `!` (MagTek 99875191) or `%` (ID TECH).
"""

from __future__ import annotations

import re
from typing import Final

# The issuer identification numbers that AAMVA gave its members, territories and provinces included.
_ISSUER: Final = "(?:6360[0-6][0-9]|60442[6-9]|60443[0-4])"
_BIRTH_DATE: Final = "(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_LOOKS: Final = "[12MF][0-9]{3}[0-9 ]{3}[A-Z]{6}"  # sex, height, weight, hair, eyes
_IDENTITY: Final = re.compile(
    "|".join(
        (
            r"%[A-Z]{2}[^%;?^$]{0,13}\^?[^%;?^$]{1,35}\$",
            rf"(?<![0-9]){_ISSUER}[0-9]{{1,13}}=[0-9]{{4}}{_BIRTH_DATE}",
            rf"[#!%][^%;?]{{16,60}}{_LOOKS}",
            r"\?[ \r\n\t]{0,2}[#!][^?]{16}",  # beside other tracks a reader's word that it decoded a licence is enough
            r"\A(?:\][A-Za-z][0-9])?[@\x00-\x20]*(?:ANSI ?|AAMVA)6(?:36|04)[0-9]{3}",
        )
    )
)
_NAMED: Final = re.compile(_ISSUER)


def is_identity_card(text: str) -> bool:
    """Say whether `text`, as a stripe reader or a scanner sent it, is an identity card, whole or half."""
    return _IDENTITY.search(text) is not None


def names_issuer(prefix: str) -> bool:
    """Say whether a card range's `prefix` holds all digits of an issuer of identity cards."""
    return _NAMED.match(prefix) is not None
