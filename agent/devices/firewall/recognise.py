"""Whose card is this? One function for everything that is read or typed.

The order is what keeps payment cards out: the programme's own ranges first, then the payment rule, then "not ours".
An identity card is none of the programme's even if its number lies in a range, unless the range names its issuer.
Nothing that is returned carries any digit but those of a card of the programme or of what has the shape of a voucher's
code, and nothing is raised or logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from agent.devices.categories import Category, Read
from agent.devices.chips.sun.keys import SunKeys
from agent.devices.chips.type4 import NDEF_APPLICATION
from agent.devices.firewall.identity import is_identity_card, names_issuer
from agent.devices.firewall.labels import read_label
from agent.devices.firewall.payment import payment_brand, with_plain_digits
from agent.devices.firewall.tracks import Track, split_tracks
from agent.devices.gs1.numbers import Kind, Numbering
from agent.devices.gs1.settings import WORLD
from agent.errors import FailureError
from agent.journal.codes import is_voucher_code
from agent.loyalty.cards import CardRange, Source

CHIP = "emv"  # the brand of a chip that answers to a payment application
# EMV Book 1, 12.2: the directories of contact and contactless payment applications (PSE, PPSE).
PAYMENT_APPLICATIONS = (b"1PAY.SYS.DDF01", b"2PAY.SYS.DDF01")
UID_LENGTHS = (4, 7, 10)  # bytes; ISO/IEC 14443-3, 6.5.4: single, double, triple size
RANDOM_UID_FIRST = 0x08  # ISO/IEC 14443-3, table 10: a four-byte id that begins with 08 is a new one at every tap

NO_CARD = "no card: read it again"
SWIPE_AGAIN = "swipe again: the stripe was not read whole"
SCAN_AGAIN = "scan again: the label was not read whole"
TWO_CARDS = "two different cards at once: read one card again"
NOT_A_UID = "read again: the chip's id did not come whole"
NAMED: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.GOODS: "goods, not a card",
        Kind.MEASURED: "goods by weight or price, not a card",
        Kind.IN_STORE: "a label of the shop, not a card",
        Kind.COUPON: "a coupon, not a card",
        Kind.REFUND_RECEIPT: "a refund receipt, not a card",
    }
)
FOREIGN = "not a card of this programme"
RANDOM_UID = "a phone or passport: it shows another number every time"
UNPROVEN = "this card cannot prove itself"
SCANNER_ANSWER = "the scanner's own answer, not a label"


@dataclass(frozen=True, slots=True)
class OwnCard:
    """A card of the programme: its number, or its chip's UID in upper-case hexadecimal.

    `tap` is the chip's read counter if it proved itself (SUN); with None the card only says who it is.
    """

    number: str
    source: Source
    tap: int | None = None


@dataclass(frozen=True, slots=True)
class BankCard:
    """A payment card; all that is kept of it is the brand's name."""

    brand: str


@dataclass(frozen=True, slots=True)
class IdentityCard:
    """A driving licence or identity card of North America (AAMVA); nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """Well read, and not a card of the programme."""

    reason: str


@dataclass(frozen=True, slots=True)
class VoucherCode:
    """What may be the code of a voucher of ours; who spends it finds out."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadRead:
    """Not read well enough to say; the person reads the card again."""

    reason: str


Recognised = OwnCard | BankCard | IdentityCard | NotOurs | VoucherCode | BadRead


def recognise(
    seen: Read | str, ranges: Sequence[CardRange], numbering: Numbering = WORLD, *, sun: SunKeys | None = None
) -> Recognised:
    """Say what was read, or typed if `seen` is a text.

    `ranges` are the programme's own cards, `numbering` what this shop's other labels are, `sun` the keys with which its
    chips prove themselves.
    """
    if isinstance(seen, str):
        return _read(_keyed, with_plain_digits(seen), ranges)
    if seen.application in PAYMENT_APPLICATIONS:
        return BankCard(CHIP)
    match seen.category:
        case Category.MSR:
            return _read(_swiped, seen.data.decode("latin-1"), ranges)
        case Category.SCANNER:
            return _read(partial(_scanned, numbering=numbering), seen.data.decode("latin-1"), ranges)
        case Category.SMART_CARD_RW:
            return _tapped(seen, ranges, numbering, sun)
        case _:
            return NotOurs(f"a {seen.category} reads no cards")


def _read(look: Callable[[str, Sequence[CardRange]], Recognised], text: str, ranges: Sequence[CardRange]) -> Recognised:
    if not is_identity_card(text):
        return look(text, ranges)
    found = look(text, [card_range for card_range in ranges if names_issuer(card_range.prefix)])
    return found if isinstance(found, OwnCard) else IdentityCard()


def _keyed(text: str, ranges: Sequence[CardRange]) -> Recognised:
    compact = "".join(c for c in text if c not in " -\t\r\n")
    if not compact:
        return BadRead(NO_CARD)
    return _own([text.strip(), compact], ranges) or _payment(text) or NotOurs(FOREIGN)


def _swiped(text: str, ranges: Sequence[CardRange]) -> Recognised:
    swipe = split_tracks(text)
    numbers = [number for track in swipe.tracks for number in _numbers(track)]
    if found := _own(numbers, ranges) or _payment(text):
        return found
    return NotOurs(FOREIGN) if swipe.whole else BadRead(SWIPE_AGAIN)


def _scanned(text: str, ranges: Sequence[CardRange], *, numbering: Numbering) -> Recognised:
    label = read_label(text)
    if label.is_answer:
        return NotOurs(SCANNER_ANSWER)
    if not label.data:
        return BadRead(NO_CARD)
    if found := _own(label.readings, ranges) or _payment(label.searched):
        return found
    if label.is_damaged:
        return BadRead(SCAN_AGAIN)
    if not (label.is_goods or label.elements) and is_voucher_code(label.data):
        return VoucherCode(label.data)
    kind = label.kind(numbering)
    return NotOurs(FOREIGN if kind is None else NAMED[kind])


def _tapped(seen: Read, ranges: Sequence[CardRange], numbering: Numbering, sun: SunKeys | None) -> Recognised:
    """Take what an NDEF proves first, then what it says for what a label says; what no application said is an id."""
    if seen.application == NDEF_APPLICATION:
        text = seen.data.decode("utf-8", "replace")
        if sun is not None and (found := _proven(text, ranges, sun)):
            return found
        return _read(partial(_scanned, numbering=numbering), with_plain_digits(text), ranges)
    return NotOurs(FOREIGN) if seen.application else _of_uid(seen.data, ranges)


def _proven(text: str, ranges: Sequence[CardRange], sun: SunKeys) -> Recognised | None:
    try:
        tap = sun.prove(text)
    except FailureError:
        return NotOurs(UNPROVEN)
    return None if tap is None else _own_chip(tap.uid, ranges, tap=tap.counter)


def _of_uid(uid: bytes, ranges: Sequence[CardRange]) -> Recognised:
    if len(uid) not in UID_LENGTHS or not any(uid):
        return BadRead(NOT_A_UID)
    if len(uid) == 4 and uid[0] == RANDOM_UID_FIRST:
        return NotOurs(RANDOM_UID)
    return _own_chip(uid, ranges, tap=None)


def _own_chip(uid: bytes, ranges: Sequence[CardRange], *, tap: int | None) -> Recognised:
    number = uid.hex().upper()
    own = any(card_range.covers(number, Source.CHIP) for card_range in ranges)
    return OwnCard(number, Source.CHIP, tap) if own else NotOurs(FOREIGN)


def _numbers(track: Track) -> tuple[str, ...]:
    """Return what on a track may be the card's number: the field before the first separator, or the whole of it."""
    if track.number == 1:
        field = track.body.partition("^")[0]
        return (field, field[1:].replace(" ", ""))  # the first character is the format code
    return (track.body.partition("=")[0], track.body)


def _own(numbers: Iterable[str], ranges: Sequence[CardRange]) -> OwnCard | BadRead | None:
    own = {n for n in numbers if any(card_range.covers(n, Source.NUMBER) for card_range in ranges)}
    if len(own) > 1:
        return BadRead(TWO_CARDS)
    return OwnCard(own.pop(), Source.NUMBER) if own else None


def _payment(text: str) -> BankCard | None:
    brand = payment_brand(text)
    return BankCard(brand) if brand else None
