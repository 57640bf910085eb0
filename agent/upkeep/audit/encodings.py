r"""The ways in which digits may stand in a file, each brought back to plain text for `evidence`.

Plain ASCII with any separators; UTF-16 and UTF-32; ASCII as hexadecimal text, as escapes (`\x34`, `\u0034`, `%34`) or
in a dump; full-width and Arabic digits in UTF-8; base64 (RFC 4648); and the packed decimal digits in which a chip
gives track 2 (EMV Book 3, tag 57). Every other way of a payment number into a file would take a program made for it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent.devices.firewall.payment import with_plain_digits
from agent.loyalty.cards import CardRange
from agent.upkeep.audit.evidence import payment_numbers

_SLACK: Final = 64
REACH = 512  # bytes; no encoding of a number, with what decides about it, is longer


@dataclass(frozen=True, slots=True)
class Hit:
    """A payment number in some bytes: the offset, how it is written there, its brand and its number of digits.

    `slack` is by how many bytes the offset may be told wrong, of a number that stands in a longer run.
    """

    offset: int
    encoding: str
    brand: str
    digits: int
    slack: int = 0


@dataclass(frozen=True, slots=True)
class _Encoding:
    name: str
    pattern: re.Pattern[bytes]  # begins with a set of bytes, so that most of a file is passed over quickly
    decode: Callable[[re.Match[bytes]], str]


def _wide(zeros: int) -> re.Pattern[bytes]:
    return re.compile(rb"[0-9](?:\x00{%d}[0-9 .-]){11,}" % zeros)


def _of_wide(found: re.Match[bytes]) -> str:
    return found[0].replace(b"\x00", b"").decode()


def _of_hexadecimal(found: re.Match[bytes]) -> str:
    return bytes.fromhex(b"".join(_PAIR.findall(found[0])).decode()).decode()


def _of_another_script(found: re.Match[bytes]) -> str:
    return with_plain_digits(found[0].decode(errors="replace"))


def _of_base64(found: re.Match[bytes]) -> str:
    fours = (found[1] or b"") + found[0][: len(found[0]) // 4 * 4]
    return b64decode(fours.translate(bytes.maketrans(b"-_", b"+/"))).decode("latin-1")


_PAIR: Final = re.compile(rb"(3[0-9]|20|2[de])(?:00)?[ ,:]{0,2}")
# Three digits in base64 are four characters of few; 12 digits hold three such fours wherever they begin.
_FOUR: Final = rb"[MNO][DTjz][AEIMQUYcgk][w-z0-5]"
_BASE64: Final = rb"[A-Za-z0-9+/_-]"
_ENCODINGS: Final = (
    _Encoding("UTF-16", _wide(1), _of_wide),
    _Encoding("UTF-32", _wide(3), _of_wide),
    _Encoding(
        "hexadecimal",
        re.compile(rb"3[0-9](?:00)?[ ,:]{0,2}(?:(?:\\x|\\u00|%|0x)?(?:3[0-9]|20|2[de])(?:00)?[ ,:]{0,2}){11,}"),
        _of_hexadecimal,
    ),
    _Encoding(
        "digits of another script",
        re.compile(
            rb"[\xef\xd9\xdb](?:\xbc[\x90-\x99]|[\xa0-\xb9])(?:\xef\xbc[\x90-\x99]|\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]){11,}"
        ),
        _of_another_script,
    ),
    _Encoding(
        "base64",
        re.compile(rb"[MNO](?:(?<=(%b{4})[MNO])|)%b(?:%b){2,}%b{0,8}" % (_BASE64, _FOUR[5:], _FOUR, _BASE64)),
        _of_base64,
    ),
)
# Track 2 packed under its tag and length: two digits a byte, D between the number and the expiry. Letters of a text and
# the places in a database's pages are such bytes too: without the tag nothing tells them from a number.
_TRACK_2: Final = re.compile(rb"\x57[\x0b-\x13](?=([\x00-\x99]{6,9}[\x00-\xd9][\x00-\x99]{3}))")
_PACKED: Final = re.compile(r"([0-9]{12,19})d[0-9]{2}(?:0[1-9]|1[0-2])[125679]")


def find_numbers(data: bytes, ranges: Sequence[CardRange]) -> Iterator[Hit]:
    """Yield the payment numbers in `data` however they are written there; `ranges` are the programme's own cards."""
    for number in payment_numbers(data.decode("latin-1"), ranges):
        yield Hit(number.start, "text", number.brand, number.digits)
    for encoding in _ENCODINGS:
        for match in encoding.pattern.finditer(data):
            text = encoding.decode(match)
            for number in payment_numbers(text, ranges):
                start = match.start() + number.start * len(match[0]) // len(text)
                yield Hit(start, encoding.name, number.brand, number.digits, slack=_SLACK)
    for match in _TRACK_2.finditer(data):
        if packed := _PACKED.match(match[1].hex()):
            for number in payment_numbers(packed[1], ranges):
                yield Hit(match.end(), "packed track 2", number.brand, number.digits)
