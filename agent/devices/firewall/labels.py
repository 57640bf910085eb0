"""Takes the symbology identifier off a scanned label.

Source: ISO/IEC 15424 (AIM): `]`, a code character, a modifier; then the data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_AIM: Final = re.compile(r"\]([A-Za-z])([0-9a-zA-Z])")
_GOODS: Final = frozenset({"E"})  # EAN and UPC, which scanners with identifiers send as 13 (or 8) digits
_ANSWERS: Final = frozenset({"Z"})  # what a scanner says of itself, not a label (Honeywell: ]Z6)
_ENDS: Final = " \t\r\n\x00"


@dataclass(frozen=True, slots=True)
class Label:
    """A label's data, and what its symbology says of it."""

    data: str
    is_goods: bool = False
    is_answer: bool = False

    @property
    def readings(self) -> tuple[str, ...]:
        """The numbers the label may stand for: UPC-A comes as EAN-13 with a leading zero."""
        if self.is_goods and len(self.data) == 13 and self.data.startswith("0"):
            return (self.data, self.data[1:])
        return (self.data,)


def read_label(text: str) -> Label:
    """Take the identifier off `text`, if there is one."""
    text = text.strip(_ENDS)
    match = _AIM.match(text)
    if match is None:
        return Label(text)
    return Label(text[match.end() :], is_goods=match[1] in _GOODS, is_answer=match[1] in _ANSWERS)
