"""Element strings: what a GS1 symbol holds. Source: GS1 General Specifications, 7.8."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.devices.gs1.fault import LabelError
from agent.devices.gs1.identifiers import Identifier, find

FNC1 = "\x1d"  # as scanners send the function character that ends a value


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier and its value."""

    identifier: Identifier
    value: str = field(repr=False)


Elements = tuple[Element, ...]


def read_elements(text: str) -> Elements:
    """Cut the data of a GS1 symbol, without its symbology identifier, into elements. LabelError.

    A separator too many, behind a value of fixed length or at the end, is tolerated (7.8.5).
    """
    elements: list[Element] = []
    at = 0
    while at < len(text):
        identifier = find(text, at)
        if identifier is None:
            raise LabelError("a GS1 label has no application identifier where one must begin")
        at += len(identifier.code)
        end = at + identifier.fixed_length if identifier.fixed_length else _end_of_value(text, at)
        elements.append(element(identifier, text[at:end]))
        at = end + text.startswith(FNC1, end)
    return agreeing(elements)


def element(identifier: Identifier, value: str) -> Element:
    """Return an element whose value was checked. LabelError."""
    identifier.check(value)
    return Element(identifier, value)


def agreeing(elements: list[Element]) -> Elements:
    """Return `elements`; LabelError if there are none, or if two say different things of the same (4.14.1)."""
    if not elements:
        raise LabelError("a GS1 label is empty")
    if len({e.identifier.code for e in elements}) != len({(e.identifier.code, e.value) for e in elements}):
        raise LabelError("a GS1 label says two different things under one application identifier")
    return tuple(elements)


def value_of(elements: Elements, code: str) -> str | None:
    """Return the value that stands under the application identifier `code`, or None."""
    return next((e.value for e in elements if e.identifier.code == code), None)


def _end_of_value(text: str, at: int) -> int:
    end = text.find(FNC1, at)
    return len(text) if end < 0 else end
