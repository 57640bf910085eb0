"""What a scanner makes of the label on our sheet: layout, case, what it puts before and after, in which time.

The label has letters whose keys differ between layouts, both cases, and signs; of the ru layout, which has no Latin
letters, the digits and signs must do. Nothing but our own label is looked at: any other may be somebody's card.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.devices.categories import Category
from agent.devices.gs1.symbology import split_identifier
from agent.errors import FailureError
from agent.upkeep.calibration.bursts import Finding, Reading, idle_for

LABEL: Final = "aQ;zW2:4?6-8"  # 12 characters: as many as a Code 128 on paper of 58 mm has room for
AROUND_MAX: Final = 8  # characters before or after; more is no prefix but another read
DRIVER_ENDS: Final = "\r\n\t\x02\x03"  # what the drivers know without being told
_LETTERS: Final = re.compile("[A-Za-z]")
_WITHOUT_LETTERS: Final = _LETTERS.sub("", LABEL)
_DIGIT_RUN: Final = re.compile("[0-9]{4}")
_SSI_DECODE_DATA: Final = "\xf3\x00"  # Zebra SSI: opcode DECODE_DATA, source decoder; before them the length
_SSI_HEADER: Final = 5  # length, opcode, source, status, type of bar code
_NAMES: Final = {"\r": "CR", "\n": "LF", "\t": "TAB", "\x02": "STX", "\x03": "ETX", "\x1b": "ESC", " ": "space"}


class Letters(StrEnum):
    """What a scanner does to the case of letters."""

    AS_PRINTED = "as printed"
    CAPITALS = "turned into capitals"
    SMALL = "turned into small letters"
    SWAPPED = "capitals and small letters swapped"
    NONE = "not sent"


_CASES: Final = (
    (Letters.AS_PRINTED, LABEL),
    (Letters.CAPITALS, LABEL.upper()),
    (Letters.SMALL, LABEL.lower()),
    (Letters.SWAPPED, LABEL.swapcase()),
    (Letters.NONE, _WITHOUT_LETTERS),
)


@dataclass(frozen=True, slots=True)
class _Found:
    """Our label, and what stands around it."""

    letters: Letters
    prefix: str
    identifier: str
    suffix: str


def find_label(readings: Sequence[Reading], *, longest_gap_s: float) -> Finding | None:
    """Return what the scanner does, if our label is in one of `readings`, the likeliest first; None if it is in none.

    FailureError: it is there, and with it something that is no prefix or suffix: scan it again.
    """
    for letters, label in _CASES:
        for reading in readings:
            before, is_there, after = reading.text.partition(label)
            if is_there and before[1:3] == _SSI_DECODE_DATA and len(before) >= _SSI_HEADER:
                return Finding(Category.SCANNER, {"framing": "Zebra SSI packets"}, {}, (), in_packets=True)
            if is_there and label in after:
                raise FailureError("the label was read twice: scan it once")
            if is_there:
                return _finding(_Found(letters, *_split(before), after), reading, longest_gap_s)
    return None


def shown(text: str) -> str:
    """Return what stands before or after a label for people: <CR>, ~, none."""
    return (
        "".join(c if c.isprintable() and c != " " else f"<{_NAMES.get(c, f'0x{ord(c):02X}')}>" for c in text) or "none"
    )


def _finding(found: _Found, reading: Reading, longest_gap_s: float) -> Finding:
    if max(len(found.prefix), len(found.suffix)) > AROUND_MAX or _DIGIT_RUN.search(f"{found.prefix} {found.suffix}"):
        raise FailureError("something else was read with the label: scan the label alone")
    idle_s = idle_for(longest_gap_s, has_end=bool(found.suffix))
    facts = {
        **{key: str(value) for key, value in reading.settings.items() if key == "layout"},
        "letters": str(found.letters),
        "prefix": shown(found.prefix),
        "suffix": shown(found.suffix),
        "symbology identifier": found.identifier or "none",
        "longest gap": f"{longest_gap_s * 1000:.0f} ms",
    }
    settings = {
        **reading.settings,
        "prefix": found.prefix if found.prefix.strip(DRIVER_ENDS) else None,
        "suffix": found.suffix if found.suffix.strip(DRIVER_ENDS) else None,
        "idle_s": idle_s,
        "one_line": None,
    }
    return Finding(Category.SCANNER, facts, settings, tuple(_advice(found, idle_s)))


def _split(before: str) -> tuple[str, str]:
    """Split what stands before the label into the prefix and the symbology identifier."""
    at = before.rfind("]")
    identifier, rest = split_identifier(before[at:]) if at >= 0 else ("", "")
    return (before[:at], identifier) if identifier and not rest else (before, "")


def _advice(found: _Found, idle_s: float | None) -> list[str]:
    advice = []
    if found.letters is Letters.NONE:
        advice.append("this layout has no Latin letters: set the reader to the us layout")
    elif found.letters is not Letters.AS_PRINTED:
        advice.append("card numbers with letters will not be known: switch case conversion off in the reader")
    if not found.identifier:
        advice.append("switch symbology identifiers (AIM ID) on in the reader: they tell a card from goods")
    if not found.suffix:
        advice.append(f"every label takes {idle_s:g} s longer for want of a suffix: set it to CR or Enter")
    return advice
