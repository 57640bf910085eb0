"""What a scanned label says that may be the number of a card, and what of it may be a payment number.

A label without a symbology identifier is taken as it stands, a Digital Link excepted, which names itself: raw digits
are never read as GS1 elements, because any number begins like some of them. Source: the clauses in agent/devices/gs1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from agent.devices.gs1.digital_link import SCHEMES, read_digital_link
from agent.devices.gs1.elements import FNC1, Elements, value_of
from agent.devices.gs1.fault import LabelError
from agent.devices.gs1.numbers import Kind, Numbering, named_by
from agent.devices.gs1.symbology import Symbol, read_symbol, split_identifier

MEMBER: Final = "8018"  # the Global Service Relation Number of who receives a service: GS1's key for a member
_ENDS: Final = " \t\r\n\x00"


@dataclass(frozen=True, slots=True)
class Label:
    """A label's data without its identifier, and what its symbology says of it.

    `is_damaged` if it is not what its symbology says: a wrong check digit, an element cut short.
    """

    data: str = field(repr=False)
    elements: Elements = field(default=(), repr=False)
    is_goods: bool = False
    is_answer: bool = False
    is_damaged: bool = False

    @property
    def readings(self) -> tuple[str, ...]:
        """The numbers the label may stand for: UPC-A comes as EAN-13 with a leading zero, a member's as (8018)."""
        if self.is_goods:
            if self.is_damaged:
                return ()
            return (self.data, self.data[1:]) if len(self.data) == 13 and self.data.startswith("0") else (self.data,)
        member = value_of(self.elements, MEMBER)
        return (self.data,) if member is None else (self.data, member)

    def kind(self, numbering: Numbering) -> Kind | None:
        """Return what the label names besides a card, None if it does not say."""
        return named_by(self.data, self.elements, numbering, is_ean=self.is_goods)

    @property
    def searched(self) -> str:
        """Where a payment number may stand: not in a number with GS1's own check digit, as goods carry it.

        One such number in ten would pass for a payment number by chance.
        """
        if self.is_damaged:
            return self.data
        if self.data.startswith(SCHEMES):
            return _without(self.data, [key for e in self.elements for key in e.identifier.keys(e.value)])
        if self.is_goods or self.elements:
            return FNC1.join(part for e in self.elements for part in e.identifier.free_parts(e.value))
        return self.data


def read_label(text: str) -> Label:
    """Read `text` as a scanner sent it, with its symbology identifier or without one."""
    text = text.strip(_ENDS)
    identifier, data = split_identifier(text)
    if not identifier:
        return Label(data, _link(data))
    try:
        symbol = read_symbol(text)
    except LabelError:
        return Label(data, is_goods=identifier.startswith("]E"), is_damaged=bool(data))
    return _of_symbol(symbol)


def _of_symbol(symbol: Symbol) -> Label:
    if symbol.is_ean:
        return Label(symbol.data, symbol.elements, is_goods=True)
    return Label(symbol.data, symbol.elements or _link(symbol.data), is_answer=symbol.is_answer)


def _link(data: str) -> Elements:
    if not data.startswith(SCHEMES):
        return ()
    try:
        return read_digital_link(data)
    except LabelError:
        return ()


def _without(text: str, values: list[str]) -> str:
    for value in values:
        text = text.replace(value, FNC1)
    return text
