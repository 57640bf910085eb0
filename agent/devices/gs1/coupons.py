"""The coupons that GS1 knows: (8110), (8112), (255), and those that are an EAN-13 themselves.

Source: GS1 US, North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols (8110); GS1 AI (8112)
Serialized Coupon Code, as in the GS1 Barcode Syntax Dictionary; GS1 General Specifications, 2.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.devices.gs1.check import check_fits, date_fits, is_digits
from agent.devices.gs1.fault import LabelError

# What the indicator digit before a field of variable length says of its length.
_PREFIX_LENGTHS: Final = {str(n): n + 6 for n in range(7)}
_NEXT_PREFIX_LENGTHS: Final = {**_PREFIX_LENGTHS, "9": 0}  # 9: the same company as the first
_AMOUNT_LENGTHS: Final = {str(n): n for n in range(1, 6)}
_SERIAL_LENGTHS: Final = {str(n): n + 6 for n in range(10)}
_RETAILER_LENGTHS: Final = {str(n): n + 6 for n in range(1, 8)}
_REQUIREMENT_CODES: Final = "012349"
_DECIMALS: Final = {"981": 1, "982": 2}  # 2.6.5: common-currency coupons; where the decimal point stands


@dataclass(frozen=True, slots=True)
class CouponCode:
    """A North American coupon, (8110). Dates are YYMMDD; what is empty is not on the coupon."""

    company_prefix: str
    offer_code: str
    save_value: str
    starts: str = ""
    expires: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class SerialisedCoupon:
    """A single-use coupon, (8112); whether it was used before, only its funder's register knows."""

    form: str
    funder: str
    offer_code: str
    serial: str


@dataclass(frozen=True, slots=True)
class GlobalCoupon:
    """A Global Coupon Number, (255): the coupon's number with its check digit, and this copy's serial if it has one."""

    number: str
    serial: str


@dataclass(frozen=True, slots=True)
class CurrencyCoupon:
    """A common-currency coupon, an EAN-13 that begins with 981 or 982; it is worth value / 10**decimals."""

    issuer: str
    reference: str
    value: int
    decimals: int


def read_coupon_code(value: str) -> CouponCode:
    """Read the value of (8110). LabelError."""
    fields = _Fields(value)
    company_prefix = fields.sized(_PREFIX_LENGTHS, "company prefix")
    offer_code = fields.take(6, "offer code")
    save_value = fields.sized(_AMOUNT_LENGTHS, "save value")
    _read_purchase(fields)
    optional = {key: read(fields) for key, read in _OPTIONAL.items() if fields.skip(key)}
    fields.end()
    starts, expires = optional.get("4", ""), optional.get("3", "")
    if starts and expires and _is_before(expires, starts):
        raise LabelError("a coupon expires before it starts")
    return CouponCode(company_prefix, offer_code, save_value, starts, expires, optional.get("5", ""))


def read_serialised_coupon(value: str) -> SerialisedCoupon:
    """Read the value of (8112). LabelError."""
    fields = _Fields(value)
    coupon = SerialisedCoupon(
        form=fields.one_of("01", "format"),
        funder=fields.sized(_PREFIX_LENGTHS, "funder"),
        offer_code=fields.take(6, "offer code"),
        serial=fields.sized(_SERIAL_LENGTHS, "serial"),
    )
    fields.end()
    return coupon


def read_global_coupon(value: str) -> GlobalCoupon:
    """Split the value of (255). LabelError."""
    if not is_digits(value) or not 13 <= len(value) <= 25 or not check_fits(value[:13]):
        raise LabelError("a global coupon number has 13 digits with a check digit, and a serial of up to 12")
    return GlobalCoupon(value[:13], value[13:])


def read_currency_coupon(number: str) -> CurrencyCoupon:
    """Read an EAN-13 that begins with 981 or 982: issuer 4, reference 2, value 3, check digit. LabelError."""
    if len(number) != 13 or not check_fits(number) or number[:3] not in _DECIMALS:
        raise LabelError("no common-currency coupon: it has 13 digits, begins with 981 or 982, its check digit fits")
    return CurrencyCoupon(number[3:7], number[7:9], int(number[9:12]), _DECIMALS[number[:3]])


class _Fields:
    """The digits of a coupon, taken from the left."""

    def __init__(self, value: str) -> None:
        if not is_digits(value):
            raise LabelError("a coupon is made of digits")
        self._rest = value

    def take(self, length: int, what: str) -> str:
        if len(self._rest) < length:
            raise LabelError(f"a coupon ends within its {what}")
        taken, self._rest = self._rest[:length], self._rest[length:]
        return taken

    def one_of(self, allowed: str, what: str) -> str:
        digit = self.take(1, what)
        if digit not in allowed:
            raise LabelError(f"a coupon's {what} is none of {', '.join(allowed)}")
        return digit

    def sized(self, lengths: Mapping[str, int], what: str) -> str:
        return self.take(lengths[self.one_of("".join(lengths), f"length of the {what}")], what)

    def date(self, what: str) -> str:
        day = self.take(6, what)
        if not date_fits(day, day_zero=False):
            raise LabelError(f"a coupon's {what} is no date")
        return day

    def skip(self, key: str) -> bool:
        """Go past the digit that names an optional field, if it is the next."""
        if not self._rest.startswith(key):
            return False
        self._rest = self._rest[1:]
        return True

    def end(self) -> None:
        if self._rest:
            raise LabelError("a coupon goes on after its last field")


def _read_purchase(fields: _Fields) -> str:
    fields.sized(_AMOUNT_LENGTHS, "purchase requirement")
    fields.one_of(_REQUIREMENT_CODES, "purchase requirement code")
    return fields.take(3, "family code")


def _read_second_purchase(fields: _Fields) -> str:
    fields.one_of("0123", "additional purchase rules code")
    return _read_third_purchase(fields)


def _read_third_purchase(fields: _Fields) -> str:
    _read_purchase(fields)
    return fields.sized(_NEXT_PREFIX_LENGTHS, "company prefix of a further purchase")


def _read_last(fields: _Fields) -> str:
    fields.one_of("01256", "save value code")
    fields.one_of("012", "item that the save value applies to")
    fields.take(1, "store coupon flag")
    return fields.one_of("01", "flag against multiplying")


def _is_before(day: str, other: str) -> bool:
    """Compare two dates YYMMDD: the century is the one that brings them within fifty years of each other (7.12)."""
    years = (int(day[:2]) - int(other[:2])) % 100
    return years >= 50 or (years == 0 and day < other)


# The fields that may follow, in this order, each named by a digit.
_OPTIONAL: Final[Mapping[str, Callable[[_Fields], str]]] = {
    "1": _read_second_purchase,
    "2": _read_third_purchase,
    "3": lambda fields: fields.date("expiry"),
    "4": lambda fields: fields.date("start"),
    "5": lambda fields: fields.sized(_SERIAL_LENGTHS, "serial"),
    "6": lambda fields: fields.sized(_RETAILER_LENGTHS, "retailer"),
    "9": _read_last,
}
