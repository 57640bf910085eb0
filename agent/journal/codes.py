"""The codes of vouchers and of sales: a long one for QR, signed by the till it is from, and a short one to type.

A voucher's serial says what it is of: the tag of its kind (10 bits), its last day (13 bits, days after 2023-12-31, 0:
none) and a number (32 bits). All codes are written in Crockford's base 32 (www.crockford.com/base32.html): no letter is
taken for a digit, and any case reads.

typed, 20 characters: serial (11), the first 40 bits of HMAC-SHA-256 under the issuing shop's key (8), a check character
    (1) that finds any one character misread and any two exchanged, so that a slip of the finger is no guess.
long, 136 characters: version, the issuing key's tag (8 bytes), the shop's tag (5), serial (7), Ed25519 signature (64).
    ISO/IEC 18004 puts up to 154 such characters into a QR code of version 6, error correction M.

A sale's code lets another till of the chain take its goods back. It names the entry and says what was paid (minor
units) and what was earned: of two units at most, by the tag of each.

typed, 20 characters: the sale's tag (8), units of the first kind (3, 32,767 at most), MAC (8) and check (1) as above.
long, 170 characters, a QR code of version 7: version, key's tag (8 bytes), entry (16), paid (5), twice a unit's tag (2)
    and units (4), signature (64).

Keys come in as values.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.errors import CodeError, ForgedCodeError, Said

TYPED_LENGTH: Final = 20
LONG_LENGTH: Final = 136
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE: Final = str.maketrans("ILO", "110", "- ")
_VERSION: Final = 1
_EPOCH: Final = date(2023, 12, 31)
_DAYS_MAX: Final = 2**13 - 1
_SERIAL_CHARS, _MAC_CHARS = 11, 8
_KEY_TAG_BYTES, _SHOP_TAG_BYTES, _SERIAL_BYTES, _SIGNATURE_BYTES = 8, 5, 7, 64
_TYPED_CONTEXT, _LONG_CONTEXT = b"tallystick voucher typed 1\n", b"tallystick voucher long 1\n"
_CHECK_CONTEXT, _CHECK_BYTES = b"tallystick voucher check 1\n", 8
SALE_LONG_LENGTH: Final = 170
_SALE_TYPED_CONTEXT, _SALE_LONG_CONTEXT = b"tallystick sale typed 1\n", b"tallystick sale long 1\n"
_TAG_CHARS, _UNITS_CHARS = 8, 3
_ENTRY_BYTES, _PAID_BYTES, _UNIT_BYTES, _UNITS_BYTES, _EARNED_MAX = 16, 5, 2, 4, 2
_PAIR_BYTES: Final = _UNIT_BYTES + _UNITS_BYTES


@dataclass(frozen=True, slots=True)
class Serial:
    """What a voucher is of: the tag of its kind (0 to 1023), its last day, its number (32 bits)."""

    kind: int
    last_day: str | None
    number: int

    def __str__(self) -> str:
        """Return it as the lot that the books keep it in: eleven characters."""
        days = 0 if self.last_day is None else (date.fromisoformat(self.last_day) - _EPOCH).days
        return _write((self.kind << 45) | (min(max(days, 0), _DAYS_MAX) << 32) | self.number, _SERIAL_CHARS)

    @classmethod
    def read(cls, text: str) -> Serial:
        """Return the serial that eleven characters say."""
        bits = _read(text)
        days = bits >> 32 & _DAYS_MAX
        last_day = (_EPOCH + timedelta(days=days)).isoformat() if days else None
        return cls(bits >> 45, last_day, bits & (2**32 - 1))


def is_serial(text: str) -> bool:
    """Say whether a text is a serial as the books keep it."""
    return len(text) == _SERIAL_CHARS and all(character in _DIGITS for character in text)


def kind_tag(kind: str) -> int:
    """Return the tag (10 bits) by which a serial names a kind of voucher."""
    return int.from_bytes(hashlib.sha256(kind.encode()).digest()[:2]) >> 6


def shop_tag(shop: str) -> str:
    """Return the tag (eight characters) by which codes and books name the shop that issued a voucher."""
    return _write(int.from_bytes(hashlib.sha256(shop.encode()).digest()[:_SHOP_TAG_BYTES]), 8)


def key_tag(public: bytes) -> bytes:
    """Return the tag by which a long code names the key (Ed25519, 32 bytes) it is signed with."""
    return hashlib.sha256(public).digest()[:_KEY_TAG_BYTES]


def typed_code(serial: Serial, shop_key: bytes) -> str:
    """Return the code that a cashier types."""
    return _typed(_TYPED_CONTEXT, str(serial), shop_key)


def read_typed(code: str, shop_keys: Sequence[bytes]) -> Serial:
    """Return the serial of a typed code; hyphens and spaces do not count.

    Raises CodeError for what is mistyped and ForgedCodeError for a code that none of this shop's keys made.
    """
    return Serial.read(_typed_body(_TYPED_CONTEXT, code, shop_keys))


def typed_check(code: str) -> tuple[Serial, bytes]:
    """Return the serial that a typed code claims, whoever made it, and the check (8 bytes) of the whole code.

    Headquarters, which has every shop's key, tells the check of a voucher it knows: so another shop can tell its code
    from a guess. Raises CodeError for what is mistyped.
    """
    text = _typed_text(code)
    return Serial.read(text[:_SERIAL_CHARS]), hashlib.sha256(_CHECK_CONTEXT + text.encode()).digest()[:_CHECK_BYTES]


def long_code(serial: Serial, shop: str, key: Ed25519PrivateKey) -> str:
    """Return the code that stands in the QR code of a voucher issued in the shop with this tag."""
    signed = bytes([_VERSION]) + key_tag(key.public_key().public_bytes_raw())
    signed += _read(shop).to_bytes(_SHOP_TAG_BYTES) + _read(str(serial)).to_bytes(_SERIAL_BYTES)
    return _signed(_LONG_CONTEXT, signed, key, LONG_LENGTH)


def read_long(code: str, key_of: Callable[[bytes], bytes | None]) -> tuple[Serial, str]:
    """Return the serial of a long code and the tag of the shop; `key_of` gives a till's public key by its `key_tag`.

    Raises CodeError for what is no such code, and ForgedCodeError for one that no known key has signed.
    """
    signed = _verified(_LONG_CONTEXT, code, key_of, LONG_LENGTH)
    shop = int.from_bytes(signed[1 + _KEY_TAG_BYTES : -_SERIAL_BYTES])
    serial = int.from_bytes(signed[-_SERIAL_BYTES:])
    return Serial.read(_write(serial, _SERIAL_CHARS)), _write(shop, 8)


def is_voucher_code(text: str) -> bool:
    """Say whether a text has the shape of a voucher's code, long or typed: it may be anybody's, or none."""
    code = text.upper()
    if len(code) not in {TYPED_LENGTH, LONG_LENGTH} or not all(character in _DIGITS for character in code):
        return False
    return len(code) == LONG_LENGTH or _check(code[:-1]) == code[-1]


def is_typed(code: str) -> bool:
    """Say whether a code is as long as a typed one."""
    return len(code.translate(_ALIKE)) < LONG_LENGTH // 2


@dataclass(frozen=True, slots=True)
class SaleCode:
    """What a sale's code says: its tag, what was earned as (unit's tag, units) of each unit.

    The tag of the till's `key`, the `entry` (UUID) and what was `paid` (minor units) are in the long one only; a typed
    one says how much there is of the first unit, not which unit that is.
    """

    tag: str
    earned: tuple[tuple[int | None, int], ...]
    entry: str | None = None
    paid: int | None = None
    key: bytes | None = None


def sale_tag(entry: str) -> str:
    """Return the tag (eight characters) by which codes and lots name a sale by its entry's id."""
    return _write(int.from_bytes(hashlib.sha256(entry.encode()).digest()[:5]), _TAG_CHARS)


def typed_sale_code(entry: str, units: int, shop_key: bytes) -> str:
    """Return the code of a sale that a cashier types."""
    most = 2 ** (5 * _UNITS_CHARS) - 1
    return _typed(_SALE_TYPED_CONTEXT, sale_tag(entry) + _write(min(units, most), _UNITS_CHARS), shop_key)


def read_typed_sale(code: str, shop_keys: Sequence[bytes]) -> SaleCode:
    """Return what a sale's typed code says; raises CodeError or ForgedCodeError."""
    body = _typed_body(_SALE_TYPED_CONTEXT, code, shop_keys)
    units = _read(body[_TAG_CHARS:])
    return SaleCode(body[:_TAG_CHARS], ((None, units),) if units else ())


def long_sale_code(entry: str, paid: int, earned: Mapping[str, int], key: Ed25519PrivateKey) -> str:
    """Return the code that stands in the QR code of a sale: `earned` says what of which units, the first two count."""
    signed = bytes([_VERSION]) + key_tag(key.public_key().public_bytes_raw()) + UUID(entry).bytes
    signed += min(paid, 2 ** (8 * _PAID_BYTES) - 1).to_bytes(_PAID_BYTES)
    pairs = [*((kind_tag(unit) + 1, units) for unit, units in earned.items()), (0, 0), (0, 0)][:_EARNED_MAX]
    for tag, units in pairs:
        signed += tag.to_bytes(_UNIT_BYTES) + min(units, 2 ** (8 * _UNITS_BYTES) - 1).to_bytes(_UNITS_BYTES)
    return _signed(_SALE_LONG_CONTEXT, signed, key, SALE_LONG_LENGTH)


def read_long_sale(code: str, key_of: Callable[[bytes], bytes | None]) -> SaleCode:
    """Return what a sale's long code says; `key_of` gives a till's public key by its `key_tag`.

    Raises CodeError or ForgedCodeError.
    """
    content = _verified(_SALE_LONG_CONTEXT, code, key_of, SALE_LONG_LENGTH)
    key, rest = content[1 : 1 + _KEY_TAG_BYTES], content[1 + _KEY_TAG_BYTES :]
    entry, rest = str(UUID(bytes=rest[:_ENTRY_BYTES])), rest[_ENTRY_BYTES:]
    paid, rest = int.from_bytes(rest[:_PAID_BYTES]), rest[_PAID_BYTES:]
    pairs = [rest[at : at + _PAIR_BYTES] for at in range(0, len(rest), _PAIR_BYTES)]
    earned = tuple(
        (int.from_bytes(pair[:_UNIT_BYTES]) - 1, int.from_bytes(pair[_UNIT_BYTES:])) for pair in pairs if any(pair)
    )
    return SaleCode(sale_tag(entry), earned, entry, paid, key)


def _typed(context: bytes, content: str, shop_key: bytes) -> str:
    body = content + _mac(context, content, shop_key)
    return body + _check(body)


def _typed_text(code: str) -> str:
    """Return a typed code without hyphens and spaces, its check character looked at."""
    text = _clean(code, TYPED_LENGTH)
    if _check(text[:-1]) != text[-1]:
        raise CodeError("the code is mistyped: its check character does not fit", said=Said("code_mistyped"))
    return text


def _typed_body(context: bytes, code: str, shop_keys: Sequence[bytes]) -> str:
    """Return what a typed code says before its MAC."""
    text = _typed_text(code)
    content, mac = text[:_SERIAL_CHARS], text[_SERIAL_CHARS:-1]
    if not any(hmac.compare_digest(_mac(context, content, key), mac) for key in shop_keys):
        raise ForgedCodeError(
            "this shop has issued no voucher or slip with this code",
            said=Said("code_not_issued"),
            hint="scan the QR code",
        )
    return content


def _signed(context: bytes, content: bytes, key: Ed25519PrivateKey, length: int) -> str:
    return _write(int.from_bytes(content + key.sign(context + content)), length)


def _verified(context: bytes, code: str, key_of: Callable[[bytes], bytes | None], length: int) -> bytes:
    """Return what a long code says before its signature."""
    bits, size = _read(_clean(code, length)), length * 5 // 8
    version = bits >> 8 * (size - 1)
    if version != _VERSION:
        raise CodeError(f"a QR code of version {version} is not known, only version {_VERSION}", said=Said("code_kind"))
    data = bits.to_bytes(size)
    content, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
    public = key_of(content[1 : 1 + _KEY_TAG_BYTES])
    if public is None:
        raise ForgedCodeError("the code was signed by a till that this one does not know", said=Said("code_till"))
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, context + content)
    except InvalidSignature as error:
        raise ForgedCodeError("the code's signature does not fit what it says", said=Said("code_forged")) from error
    return content


def _clean(code: str, length: int) -> str:
    text = code.upper().translate(_ALIKE)
    if len(text) != length:
        raise CodeError(
            f"a code of this kind has {length} characters, not {len(text)}",
            said=Said("code_length", {"limit": length, "count": len(text)}),
        )
    for character in text:
        if character not in _DIGITS:
            raise CodeError(
                f"a code has no character {character!r}", said=Said("code_character", {"character": character})
            )
    return text


def _write(bits: int, length: int) -> str:
    return "".join(_DIGITS[bits >> 5 * place & 31] for place in range(length - 1, -1, -1))


def _read(text: str) -> int:
    bits = 0
    for character in text:
        bits = bits << 5 | _DIGITS.index(character)
    return bits


def _mac(context: bytes, content: str, shop_key: bytes) -> str:
    digest = hmac.digest(shop_key, context + content.encode(), hashlib.sha256)
    return _write(int.from_bytes(digest[:5]), _MAC_CHARS)


def _check(body: str) -> str:
    """Return the character that makes a weighted sum over GF(32) zero; no two of the weights are alike."""
    total = 0
    for character in body:
        total = _twice(total ^ _DIGITS.index(character))
    return _DIGITS[total]


def _twice(element: int) -> int:
    """Multiply by the generator of GF(32), modulo x^5 + x^2 + 1."""
    return (element << 1) ^ (0b100101 if element & 0b10000 else 0)
