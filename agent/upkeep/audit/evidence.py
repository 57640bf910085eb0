"""Whether a run of digits in a file is a payment card's number, or one of the many things that only look like one.

A till's files are full of digits: hashes and keys in hexadecimal, UUIDs, articles, receipts. One in ten has a good
check digit, so what stands around a number decides. A stripe's shape always counts. Else these are no payment numbers:

- a part of a hexadecimal text of whole bytes, or of a UUID (RFC 9562), which ends where letters or dashes do;
- 12, 13 or 14 digits with GS1's check digit, which goods have; one in ten short Maestro and Diners numbers has it too;
- a card in the programme's own ranges; the proof on a slip, which is the head of the chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent.devices.firewall.iin import brand_of
from agent.devices.firewall.payment import PAN_MAX, PAN_MIN, luhn_fits
from agent.devices.gs1.check import check_fits
from agent.loyalty.cards import CardRange, Source

CONTEXT = 80  # characters on either side of a number that decide

_GOODS_LENGTHS: Final = (12, 13, 14)
_HEX_MIN: Final = 14  # digits: a chip's number, the shortest that may hold a card's
_KEY_MIN: Final = 32  # digits: UUIDs and keys; beside other values in a database nothing ends them
_HASH_MIN: Final = 48  # digits: longer than a tag 57 in hexadecimal
_GROUPS_MAX: Final = 5
_SPACE: Final = r"(?:[ \t.+\xa0-]{1,3}|\xc2\xa0|\r?\n)"  # a few; a no-break space in UTF-8; the end of a line
# As they are printed: in fours; American Express 4, 6, 5; Diners 4, 6, 4; UnionPay 6, 13; halves.
_PRINTED: Final = frozenset({(4, 4, 4, 4, 3), (4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (6, 13), (8, 8)})
# Begins with a set of characters, so that most of a file is passed over quickly; what stands before is looked at after.
_DIGITS: Final = re.compile(
    rf"[0-9][0-9]{{3}}(?:[0-9]{{0,4}}(?:{_SPACE}[0-9]{{3,13}}(?![0-9]))+|[0-9]{{{PAN_MIN - 4},{PAN_MAX - 4}}}(?![0-9]))"
)
_GROUP: Final = re.compile("[0-9]+")
_HEX: Final = tuple((re.compile(rf"[0-9{s}]*\Z"), re.compile(f"[0-9{s}]*")) for s in ("a-f", "A-F"))
_UUID: Final = re.compile("(?i)[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EXPIRY_AND_SERVICE: Final = re.compile(r"[=Dd][0-9]{2}(?:0[1-9]|1[0-2])[125679][0-9]{2}")
_NAME: Final = re.compile(r"\^[^^?]{0,40}\^")
_PROOF: Final = "Proof "  # agent.slips.texts; 16 hexadecimal digits follow


@dataclass(frozen=True, slots=True)
class Number:
    """A payment number found in a text: where, of which brand, how many digits. Not the digits."""

    start: int
    brand: str
    digits: int


def payment_numbers(text: str, ranges: Sequence[CardRange]) -> Iterator[Number]:
    """Yield the payment numbers in `text`; `ranges` are the programme's own cards."""
    text = text.replace("%20", "   ")  # a space in an address
    for match in _DIGITS.finditer(text):
        for start, end in _candidates(text, match):
            digits = re.sub("[^0-9]", "", text[start:end])
            brand = brand_of(digits) if luhn_fits(digits) else None
            if brand and not _is_something_else(text, start, end, digits, ranges):
                yield Number(start, brand, len(digits))


def _candidates(text: str, found: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield where a number may begin and end: a group of that length, or neighbours laid out as on a card."""
    groups = [(found.start() + group.start(), found.start() + group.end()) for group in _GROUP.finditer(found[0])]
    if text[max(found.start() - 1, 0) : found.start()].isdecimal():
        del groups[0]
    lengths = [end - start for start, end in groups]
    for first in range(len(groups)):
        for last in range(first, min(first + _GROUPS_MAX, len(groups))):
            layout = tuple(lengths[first : last + 1])
            if layout in _PRINTED or (first == last and PAN_MIN <= layout[0] <= PAN_MAX):
                yield groups[first][0], groups[last][1]


def _is_something_else(text: str, start: int, end: int, digits: str, ranges: Sequence[CardRange]) -> bool:
    if any(card_range.covers(digits, Source.NUMBER) for card_range in ranges):
        return True
    before, number, after = text[max(start - CONTEXT, 0) : start], text[start:end], text[end : end + CONTEXT]
    if before.endswith(("%B", "%b")) or _NAME.match(after):
        return False
    if _EXPIRY_AND_SERVICE.match(after):
        return len(_hex_run(before, number, after)) >= _HASH_MIN
    if number == digits and (before.endswith(_PROOF) or _names_goods(digits)):
        return True
    return _is_hex(before, number, after) or _is_in_uuid(before, number, after)


def _names_goods(digits: str) -> bool:
    return len(digits) in _GOODS_LENGTHS and check_fits(digits)


def _is_hex(before: str, number: str, after: str) -> bool:
    """Say whether a number, or its first or last group, is a part of some bytes in hexadecimal."""
    groups = _GROUP.findall(number)
    if len(groups) > 1:
        return _is_hex(before, groups[0], " ") or _is_hex(" ", groups[-1], after)
    run = _hex_run(before, number, after)
    if run.isdecimal() or len(run) < _HEX_MIN:
        return False
    whole = (before + number + after).partition(run)
    stands_alone = not (whole[0][-1:].isalnum() or whole[2][:1].isalnum())
    return len(run) >= _KEY_MIN or (len(run) % 2 == 0 and stands_alone)


def _hex_run(before: str, number: str, after: str) -> str:
    """Return the hexadecimal digits, all small or all capitals, among which `number` stands without a break."""
    runs = []
    for head, tail in _HEX:
        left, right = head.search(before), tail.match(after)
        assert left is not None
        assert right is not None
        runs.append(left[0] + number + right[0])
    return max(runs, key=len)


def _is_in_uuid(before: str, number: str, after: str) -> bool:
    start, end = len(before), len(before) + len(number)
    return any(m.start() < end and start < m.end() for m in _UUID.finditer(before + number + after))
