"""The application identifiers of GS1, and what each one's value looks like.

Source: GS1 General Specifications, 3; GS1 Barcode Syntax Dictionary, commit ff2eb4b. What only a list of the world's
countries, currencies or companies could check is not checked: such a value is taken as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from agent.devices.gs1.check import check_fits, date_fits
from agent.devices.gs1.coupons import read_coupon_code, read_serialised_coupon
from agent.devices.gs1.fault import LabelError

# N digits; X, Y, Z: character sets 82, 39 and 64 (7.11). `..` up to so many, `[ ]` may be left out, `,` a rule.
_CHARACTERS: Final = {
    "N": "[0-9]",
    "X": r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]",
    "Y": "[#\\-/0-9A-Z]",
    "Z": "[0-9A-Za-z_=-]",
}
_COMPONENT: Final = re.compile(r"(\[?)([NXYZ])(\.\.)?([0-9]+)\]?(?:,(\w+))?")
# The length is known beforehand, so no separator follows (figure 7.8.5-2).
_FIXED: Final = MappingProxyType(
    {
        "N18,csum": "00",
        "N14,csum": "01 02 03",
        "N6,date0": "11 12 13 15 16 17",
        "N2": "20",
        "N6": "3100-3105 3110-3115 3120-3125 3130-3135 3140-3145 3150-3155 3160-3165 3200-3205 3210-3215 3220-3225 "
        "3230-3235 3240-3245 3250-3255 3260-3265 3270-3275 3280-3285 3290-3295 3300-3305 3310-3315 3320-3325 3330-3335 "
        "3340-3345 3350-3355 3360-3365 3370-3375 3400-3405 3410-3415 3420-3425 3430-3435 3440-3445 3450-3455 3460-3465 "
        "3470-3475 3480-3485 3490-3495 3500-3505 3510-3515 3520-3525 3530-3535 3540-3545 3550-3555 3560-3565 3570-3575 "
        "3600-3605 3610-3615 3620-3625 3630-3635 3640-3645 3650-3655 3660-3665 3670-3675 3680-3685 3690-3695",
        "N13,csum": "410-417",
    }
)
_SEPARATED: Final = MappingProxyType(
    {
        "X..20": "10 21 22 243 254 420 4318 710-717 7020-7022 7240 8002 8012",
        "X..28": "235",
        "X..30": "240 241 250 251 400 401 403 4308 4319 7002 7023 8004 90",
        "N..6": "242",
        "N13,csum [X..17]": "253",
        "N13,csum [N..12]": "255",
        "N..8": "30 37",
        "N..15": "3900-3909 3920-3929",
        "N3 N..15": "3910-3919 3930-3939",
        "N4": "3940-3943 8111",
        "N6": "3950-3955 8005",
        "N17,csum": "402",
        "N3 X..9": "421",
        "N3": "422 424 426",
        "N3 [N3] [N3] [N3] [N3]": "423 425",
        "X..3": "427 7008",
        "X..35": "4300 4301 4310 4311 4320",
        "X..70": "4302-4306 4312-4316 7257 8200",
        "X2": "4307 4317",
        "N10 N10": "4309",
        "N1": "4321-4323 7252",
        "N6,date0 N4": "4324 4325",
        "N6,date": "4326 7006",
        "N6 [X1]": "4330-4333",
        "N13": "7001",
        "N6,date N4": "7003",
        "N..4": "7004",
        "X..12": "7005",
        "N6,date [N6],date": "7007",
        "X..10": "7009 7255",
        "X..2": "7010",
        "N6,date [N4]": "7011",
        "N3 X..27": "7030-7039",
        "N1 X1 X1 X1": "7040",
        "X..4": "7041",
        "X2 X..28": "7230-7239",
        "N2": "7241",
        "X..25": "7242 8013 8014 8020",
        "N8": "7250",
        "N8 N4": "7251",
        "X..40": "7253 7254 7259",
        "X..90": "7256 91-99",
        "X3": "7258",
        "N4 N5 N3 N1 N1": "8001",
        "N1 N13,csum [X..16]": "8003",
        "N14,csum N4": "8006 8026",
        "X..34": "8007",
        "N6,date N2 [N2] [N2]": "8008",
        "X..50": "8009",
        "Y..30": "8010",
        "N..12": "8011",
        "N18,csum": "8017 8018",
        "N..10": "8019",
        "Z..90": "8030",
        "N15": "8040 8041",
        "N32": "8042",
        "N18 [N..2]": "8043",
        "X..70,coupon": "8110",
        "X..70,offer": "8112",
    }
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """One application identifier. `fixed_length` is 0 where a separator ends the value."""

    code: str
    fixed_length: int
    pattern: re.Pattern[str]
    rules: tuple[str, ...]  # one a component, "" for none

    def check(self, value: str) -> None:
        """LabelError if `value` cannot stand after this identifier."""
        match = self.pattern.fullmatch(value)
        if match is None:
            raise LabelError(f"the value of ({self.code}) has a wrong length or character")
        for component, rule in zip(match.groups(), self.rules, strict=True):
            if component and rule and not _RULES[rule](component):
                raise LabelError(f"the value of ({self.code}) is wrong: {_WRONG[rule]}")

    def keys(self, value: str) -> tuple[str, ...]:
        """Return the parts of a value, once it was checked, that carry GS1's own check digit."""
        return self._parts(value, are_keys=True)

    def free_parts(self, value: str) -> tuple[str, ...]:
        """Return the other parts: whatever their issuer liked to put there."""
        return self._parts(value, are_keys=False)

    def _parts(self, value: str, *, are_keys: bool) -> tuple[str, ...]:
        match = self.pattern.fullmatch(value)
        parts = zip(match.groups(), self.rules, strict=True) if match else ()
        return tuple(part for part, rule in parts if part and (rule == "csum") is are_keys)


def find(text: str, at: int = 0) -> Identifier | None:
    """Return the identifier that stands in `text` at `at`, or None. No code begins with another."""
    forms = _forms()
    code = next((code for size in (2, 3, 4) if (code := text[at : at + size]) in forms), None)
    return None if code is None else _identifier(code)


@cache
def _forms() -> Mapping[str, str]:
    return {code: form for group in (_FIXED, _SEPARATED) for form, codes in group.items() for code in _codes(codes)}


@cache
def _identifier(code: str) -> Identifier:
    components = _COMPONENT.findall(_forms()[code])
    pattern = "".join(
        f"({_CHARACTERS[kind]}{{{1 if up_to else size},{size}}}){'?' if optional else ''}"
        for optional, kind, up_to, size, _ in components
    )
    is_fixed = any(code in _codes(codes) for codes in _FIXED.values())
    length = int(components[0][3]) if is_fixed else 0
    return Identifier(code, length, re.compile(pattern), tuple(rule for *_, rule in components))


def _codes(text: str) -> Iterator[str]:
    for item in text.split():
        first, _, last = item.partition("-")
        for code in range(int(first), int(last or first) + 1):
            yield str(code).zfill(len(first))


def _reads(read: Callable[[str], object]) -> Callable[[str], bool]:
    def fits(value: str) -> bool:
        try:
            read(value)
        except LabelError:
            return False
        return True

    return fits


_RULES: Final[Mapping[str, Callable[[str], bool]]] = {
    "csum": check_fits,
    "date": lambda text: date_fits(text, day_zero=False),
    "date0": lambda text: date_fits(text, day_zero=True),
    "coupon": _reads(read_coupon_code),
    "offer": _reads(read_serialised_coupon),
}
_WRONG: Final[Mapping[str, str]] = {
    "csum": "its check digit does not fit",
    "date": "it is no date",
    "date0": "it is no date",
    "coupon": "it is no coupon code",
    "offer": "it is no serialised coupon",
}
