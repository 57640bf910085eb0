"""Which numbers are payment cards: issuer identification number ranges (ISO/IEC 7812-1) by brand.

Source: braintree/credit-card-type, commit fbd8ed8, src/lib/card-types.ts (MIT), read as facts. Left out on purpose: the
bare `6` it gives Maestro, which is the first digit of many loyalty cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Brand:
    """A payment brand: how long its numbers are and with what they begin.

    `prefixes` holds prefixes and ranges of prefixes, separated by spaces; both ends of a range have the same length.
    """

    name: str
    lengths: tuple[int, ...]
    prefixes: str


@dataclass(frozen=True, slots=True)
class _Span:
    """Prefixes of one length, from `low` to `high`, of one brand."""

    low: str
    high: str
    brand: Brand

    def covers(self, number: str) -> bool:
        return len(number) in self.brand.lengths and self.low <= number[: len(self.low)] <= self.high


BRANDS: Final = (
    Brand("visa", (16, 18, 19), "4"),
    Brand("mastercard", (16,), "51-55 2221-2229 223-229 23-26 270-271 2720"),
    Brand("american-express", (15,), "34 37"),
    Brand("diners-club", (14, 16, 19), "300-305 36 38 39"),
    Brand("discover", (16, 19), "6011 644-649 65"),
    Brand("jcb", (16, 17, 18, 19), "2131 1800 3528-3589"),
    Brand(
        "unionpay",
        (14, 15, 16, 17, 18, 19),
        "620 62100-62182 62184-62187 62185-62197 62200-62205 622010-622999 622018 62207-62209 623-626 6270 6272 6276 "
        "627700-627779 627781-627799 6282-6289 6291 6292 810 8110-8131 8132-8151 8152-8163 8164-8171",
    ),
    Brand(
        "maestro",
        (12, 13, 14, 15, 16, 17, 18, 19),
        "493698 500000-504174 504176-506698 506779-508999 56-59 63 67",
    ),
    Brand("mir", (16, 17, 18, 19), "2200-2204"),
    Brand(
        "elo",
        (16,),
        "401178 401179 438935 457631 457632 431274 451416 457393 504175 506699-506778 509000-509999 627780 636297 "
        "636368 650031-650033 650035-650051 650405-650439 650485-650538 650541-650598 650700-650718 650720-650727 "
        "650901-650978 651652-651679 655000-655019 655021-655058",
    ),
    Brand("hiper", (16,), "637095 63737423 63743358 637568 637599 637609 637612"),
    Brand("hipercard", (16,), "606282"),
    Brand("naranja", (16,), "589562 402918 527572"),
    Brand(
        "verve",
        (16, 18, 19),
        "506099-506127 506129 506133-506150 506158-506163 506166 506168 506170 506173 506176-506180 506184 "
        "506187-506188 506191 506195 506197 507865-507866 507868-507877 507880-507888 507900 507941",
    ),
    Brand(
        "troy",
        (16,),
        "9792 650052 650082-650083 650092 650161 650170 650173 650175 650268 650271 650273-650274 650456-650457 650836 "
        "650846-650850 650923 650987 650990 654997 657366 657998 658758 658767-658768 65083700-65083704 "
        "65085800-65085804 65085900-65085901 65086000 65086100-65086105 65086200-65086203 65875000-65875003 65875009 "
        "65875101-65875104 65875200 65875501 65875601 65875900 65876000-65876002 65876100-65876103 65876110 "
        "65876115-65876116 65876200-65876201 65876500 65876504-65876505 65876600-65876602 65877100-65877101 "
        "65877600-65877602 65877700 65877801-65877802 65878200-65878202 65878300-65878311 65878400-65878405 "
        "65878500-65878505 65878600-65878601 65879800 65880800 65880900",
    ),
)


def brand_of(number: str) -> str | None:
    """Return the brand that the longest matching prefix of `number` names, or None."""
    found = [(len(span.low), span.brand.name) for span in _spans(number[:2]) if span.covers(number)]
    return max(found)[1] if found else None


@cache
def _spans(first_two: str) -> tuple[_Span, ...]:
    """Return the spans that a number with these first two digits may be in: a tenth of all, at the worst."""
    spans = [_span(brand, written) for brand in BRANDS for written in brand.prefixes.split()]
    return tuple(span for span in spans if span.low[:2] <= first_two[: len(span.low)] <= span.high[:2])


def _span(brand: Brand, written: str) -> _Span:
    low, _, high = written.partition("-")
    return _Span(low, high or low, brand)
