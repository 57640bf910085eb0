"""What a label names that is no card, and what a shop's own number says of price or weight.

Source: GS1 General Specifications, 1.4.2, 2.1.11, 2.1.12, 2.6; the countries' rules are those of their GS1 offices. GS1
leaves 02 and 20 to 29 to them, and Moldova, Romania, Russia and France left them to the shops, so what numbers mean is
a value (`Numbering`) that a shop sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from agent.devices.gs1.check import check_fits, measure_check_digit
from agent.devices.gs1.elements import Elements, value_of
from agent.devices.gs1.fault import LabelError
from agent.errors import ConfigError
from agent.loyalty.cards import Check, check_digit

COUPONS: Final = ("255", "8110", "8112")  # application identifiers
GOODS: Final = ("01", "02")


class Kind(StrEnum):
    """What a label names."""

    GOODS = "goods"
    IN_STORE = "in_store"  # whatever the shop gave it
    MEASURED = "measured"  # goods by weight, price or count, numbered by the shop
    COUPON = "coupon"
    REFUND_RECEIPT = "refund_receipt"


class Quantity(StrEnum):
    """What the digits of a measured number count."""

    PRICE = "price"
    WEIGHT = "weight"  # kilograms
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Template:
    """How a shop's own number is laid out: twelve characters, the check digit left out.

    Digits stand for themselves, `I` for the goods, `C` for the measure's check digit, `V` for the measure.
    """

    layout: str
    quantity: Quantity
    decimals: int = 0

    def __post_init__(self) -> None:
        if len(self.layout) != 12 or not set(self.layout) <= set("0123456789ICV") or "V" not in self.layout:
            raise ConfigError(f"the layout {self.layout!r} must be 12 characters: digits, I, C and at least one V")
        if "C" in self.layout and self.layout.count("V") not in {4, 5}:
            raise ConfigError(f"the layout {self.layout!r} has a check digit, so it must have 4 or 5 V")

    def covers(self, number: str) -> bool:
        """Say whether `number`, 13 digits, is laid out so."""
        return all(c in "ICV" or c == digit for c, digit in zip(self.layout, number, strict=False))


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number says of its goods: value / 10**decimals of `quantity`, and the number that names the goods."""

    quantity: Quantity
    value: int
    decimals: int
    goods: str


@dataclass(frozen=True, slots=True)
class Numbering:
    """What numbers mean in a shop.

    `kinds` by the first digits of a number as 13 digits, an EAN-8 having five zeros before it: the longest prefix
    counts, what has none is goods. `templates` tell measured goods among the shop's own numbers.
    """

    kinds: Mapping[str, Kind]
    templates: Sequence[Template] = ()

    def kind_of(self, number: str) -> Kind:
        """Say what an EAN or UPC number names. LabelError if it is none."""
        thirteen = as_thirteen(number)
        kind = next((self.kinds[thirteen[:n]] for n in range(13, 0, -1) if thirteen[:n] in self.kinds), Kind.GOODS)
        if kind is Kind.IN_STORE and any(template.covers(thirteen) for template in self.templates):
            return Kind.MEASURED
        return kind


def named_by(data: str, elements: Elements, numbering: Numbering, *, is_ean: bool) -> Kind | None:
    """Return what a label names besides a card, None if it does not say; `is_ean`: its symbology is EAN or UPC.

    Plain digits may be anybody's number, so without that symbology they are not called goods.
    """
    if any(value_of(elements, code) for code in COUPONS):
        return Kind.COUPON
    if any(value_of(elements, code) for code in GOODS):
        return Kind.GOODS
    try:
        kind = numbering.kind_of(data)
    except LabelError:
        return None
    return None if kind is Kind.GOODS and not is_ean else kind


def _templates(digits: str, rest: str, quantity: Quantity, decimals: str) -> tuple[Template, ...]:
    return tuple(Template(f"2{d}{rest}", quantity, int(n)) for d, n in zip(digits, decimals, strict=True))


class Country(StrEnum):
    """A country whose GS1 office says how shops number measured goods, by ISO 3166-1; NONE leaves it to the shop."""

    NONE = "none"
    DE = "DE"
    DK = "DK"
    EE = "EE"
    FI = "FI"
    GB = "GB"
    LT = "LT"
    LV = "LV"
    NO = "NO"
    SE = "SE"


_BALTIC: Final = _templates("345", "IIIIIIVVVV", Quantity.WEIGHT, "321")
_NORDIC: Final = _templates("012", "IIIIIIVVVV", Quantity.PRICE, "210") + _BALTIC
TEMPLATES: Final[Mapping[Country, Sequence[Template]]] = MappingProxyType(
    {
        Country.NONE: (),
        Country.DE: (
            *_templates("23", "IIIICVVVVV", Quantity.PRICE, "22"),
            *_templates("56", "IIIICVVVVV", Quantity.COUNT, "00"),
            *_templates("89", "IIIICVVVVV", Quantity.WEIGHT, "33"),
        ),
        Country.DK: (
            *_templates("1234", "IIIIVVVVVV", Quantity.PRICE, "2222"),
            *_templates("68", "IIIIVVVVVV", Quantity.WEIGHT, "33"),
            Template("27IIIIIVVVVV", Quantity.WEIGHT, 3),
        ),
        Country.EE: _BALTIC,
        Country.FI: _BALTIC,
        Country.GB: _templates("0", "IIIIICVVVV", Quantity.PRICE, "2"),
        Country.LT: _BALTIC,
        Country.LV: _BALTIC,
        Country.NO: _NORDIC,
        Country.SE: _NORDIC,
    }
)


def as_thirteen(number: str) -> str:
    """Return an EAN-8, UPC-A, EAN-13 or a GTIN-14 that holds one of these as 13 digits. LabelError."""
    if not check_fits(number) or len(number) not in {8, 12, 13, 14} or (len(number) == 14 and number[0] != "0"):
        raise LabelError("no EAN or UPC number: it has 8, 12 or 13 digits and a check digit that fits")
    return number[-13:].zfill(13)


def read_measure(number: str, templates: Sequence[Template]) -> Measure | None:
    """Read price, weight or count out of an EAN or UPC number; None if no template covers it. LabelError."""
    thirteen = as_thirteen(number)
    template = next((t for t in templates if t.covers(thirteen)), None)
    if template is None:
        return None
    fields = {c: "".join(d for c2, d in zip(template.layout, thirteen, strict=False) if c2 == c) for c in "CV"}
    if fields["C"] and measure_check_digit(fields["V"]) != fields["C"]:
        raise LabelError("the check digit of a price or weight does not fit")
    goods = "".join("0" if c in "CV" else d for c, d in zip(template.layout, thirteen, strict=False))
    return Measure(template.quantity, int(fields["V"]), template.decimals, goods + check_digit(goods, Check.EAN))


def goods_on_label(number: str, templates: Sequence[Template]) -> str | None:
    """Return the number that names the goods of a price or weight label; None if it is no such label."""
    try:
        measure = read_measure(number, templates)
    except LabelError:
        return None
    return None if measure is None else measure.goods
