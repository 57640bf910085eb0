"""The front end: a scan with its symbology identifier into what the symbol says.

Source: ISO/IEC 15424 (AIM): `]`, a code character, a modifier, then the data; GS1 General Specifications, 7.8.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from agent.devices.gs1.check import check_fits, is_digits
from agent.devices.gs1.elements import Elements, read_elements
from agent.devices.gs1.fault import LabelError

# The code characters of ISO/IEC 15424; a scanner that sends another one is not speaking of a symbol.
_CODES: Final = "ABCDEFGHIJKLMNOPQRSTUVXYZcdehjz"
_IDENTIFIER: Final = re.compile(rf"\]([{_CODES}])([0-9A-Fa-f])")
_EXPANSION: Final = "Y"  # its modifier says how many more characters the identifier has
_GS1: Final = frozenset({"]C1", "]e0", "]Q3", "]d2", "]J1"})
# EAN and UPC by modifier: the lengths of the number and of its add-on.
_EAN: Final = MappingProxyType(
    {"0": ((13, 0),), "1": ((0, 2),), "2": ((0, 5),), "3": ((13, 2), (13, 5)), "4": ((8, 0),)}
)
# Here the data names its character sets (AIM ECI): `\000026` begins UTF-8, and a backslash is sent twice.
_EXTENDED: Final = frozenset({"]Q2", "]d4", "]L1", "]z3"})
_INTERPRETATION: Final = re.compile(r"\\(\\|[0-9]{6})")
_COMPOSITE: Final = "|]e0"  # what comes before the two-dimensional part of a composite symbol


@dataclass(frozen=True, slots=True)
class Symbol:
    """One scan. `elements` are what a GS1 symbol, or the second part of a composite one, says; else empty.

    `identifier` is as scanned, `]E0`; `data` is what follows it, without the second part of a composite symbol and
    without the names of character sets.
    """

    identifier: str
    data: str = field(repr=False)
    elements: Elements = ()

    @property
    def is_ean(self) -> bool:
        """Say whether it is an EAN or UPC symbol, which goods carry; UPC is sent as 13 digits too."""
        return self.identifier.startswith("]E")

    @property
    def is_answer(self) -> bool:
        """Say whether it is what the scanner says of itself, not a label (Honeywell: ]X0, ]Z6)."""
        return self.identifier == "]X0" or self.identifier.startswith("]Z")


def split_identifier(scan: str) -> tuple[str, str]:
    """Split a scan into its symbology identifier, empty if it has none, and the data."""
    match = _IDENTIFIER.match(scan)
    if match is None:
        return "", scan
    end = match.end() + (int(match[2], 16) if match[1] == _EXPANSION else 0)
    return scan[:end], scan[end:]


def read_symbol(scan: str) -> Symbol:
    """Read a scan from a scanner that sends symbology identifiers. LabelError if it is not one whole symbol."""
    identifier, data = split_identifier(scan)
    if not identifier:
        raise LabelError("a scan has no symbology identifier")
    if identifier in _GS1:
        return Symbol(identifier, data, read_elements(data))
    if identifier.startswith("]E"):
        return _read_ean(identifier, data)
    if identifier in _EXTENDED:
        data = _INTERPRETATION.sub(lambda match: match[1] if match[1] == "\\" else "", data)
    return Symbol(identifier, data)


def _read_ean(identifier: str, data: str) -> Symbol:
    data, bar, second = data.partition(_COMPOSITE)
    lengths = _EAN.get(identifier[2], ())
    main = next((number for number, add_on in lengths if number + add_on == len(data)), None)
    if main is None or not is_digits(data):
        raise LabelError("an EAN or UPC symbol has a wrong length or character")
    if main and not check_fits(data[:main]):
        raise LabelError("the check digit of an EAN or UPC symbol does not fit")
    return Symbol(identifier, data, read_elements(second) if bar else ())
