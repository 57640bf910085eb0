"""The [labels] section of till.toml: what the numbers on labels mean in this shop, where GS1 leaves it to the shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from agent.devices.gs1.check import is_digits
from agent.devices.gs1.numbers import TEMPLATES, Country, Kind, Numbering, Quantity, Template
from agent.errors import ConfigError

PREFIX_MAX = 12  # digits; the thirteenth is the check digit
PREFIXES_MAX = 1000  # in one range


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """First digits are given as "02", or as "20-29" for every one between; "000002" are the EAN-8 that begin with 2.

    A programme's own card ranges are asked before any of this.
    """

    country: Country = Country.NONE  # whose rules for price and weight hold
    layouts: tuple[str, ...] = ()  # own rules, asked first: "22IIIICVVVVV price 2", see Template
    in_store: tuple[str, ...] = ("02", "04", "20-29", "000000", "000002")
    coupons: tuple[str, ...] = ("05", "981-984", "99")
    refund_receipts: tuple[str, ...] = ("980",)

    def __post_init__(self) -> None:
        """Raise ConfigError for what cannot be."""
        self.numbering()

    def numbering(self) -> Numbering:
        """Return what this says of numbers."""
        kinds: dict[str, Kind] = {}
        lists = (
            (Kind.IN_STORE, self.in_store),
            (Kind.COUPON, self.coupons),
            (Kind.REFUND_RECEIPT, self.refund_receipts),
        )
        for kind, texts in lists:
            for prefix in (prefix for text in texts for prefix in _prefixes(text)):
                if kinds.setdefault(prefix, kind) is not kind:
                    raise ConfigError(f"the first digits {prefix!r} are given as {kinds[prefix]} and as {kind}")
        templates = (*map(_template, self.layouts), *TEMPLATES[self.country])
        return Numbering(MappingProxyType(kinds), templates)


def _prefixes(text: str) -> Iterator[str]:
    first, dash, last = text.partition("-")
    last = last if dash else first
    if (
        not is_digits(first)
        or not is_digits(last)
        or len(first) != len(last)
        or len(first) > PREFIX_MAX
        or first > last
    ):
        raise ConfigError(f'{text!r} must be first digits like "02", or the first and last of several like "20-29"')
    if int(last) - int(first) >= PREFIXES_MAX:
        raise ConfigError(f"{text!r} names over {PREFIXES_MAX} prefixes: give fewer digits")
    return (str(number).zfill(len(first)) for number in range(int(first), int(last) + 1))


def _template(text: str) -> Template:
    layout, _, measure = text.partition(" ")
    quantity, _, decimals = measure.partition(" ")
    if quantity not in list(Quantity) or not is_digits(decimals) or len(decimals) > 1:
        wanted = f"a layout, one of {', '.join(Quantity)}, and the number of decimals"
        raise ConfigError(f'{text!r} must be {wanted}, like "22IIIICVVVVV price 2"')
    return Template(layout, Quantity(quantity), int(decimals))


WORLD: Final = LabelSettings().numbering()
