"""A SUN address taken apart: the parameters of a web address that the chip writes (mirrors) at every tap.

Source: NXP NT4H2421Gx data sheet, 9.3 (Secure Dynamic Messaging); AN12196, 3. Everything mirrored is upper-case
hexadecimal and is not percent-encoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from agent.errors import ConfigError, FailureError

UID_BYTES: Final = 7
COUNTER_BYTES: Final = 3
_PICC_SIZES: Final = (16, 24)  # bytes, with AES and with LRP
_MAC_BYTES: Final = 8
_HEX: Final = re.compile("(?:[0-9A-F]{2})*")
_NAME: Final = re.compile("[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """What the parameters of the shop's cards are called, and where the text under the MAC begins.

    That text runs from the value of `mac_input` up to the value of `mac`; there is none without a `mac_input`. `picc`
    holds UID and counter encrypted; `uid` and `counter` hold the two as plain text. ConfigError for what is no name.
    """

    picc: str = "picc_data"
    uid: str = "uid"
    counter: str = "ctr"
    mac: str = "cmac"
    mac_input: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a parameter's name."""
        for name in (self.picc, self.uid, self.counter, self.mac, self.mac_input):
            if name is not None and not _NAME.fullmatch(name):
                raise ConfigError(f"{name!r} must be a parameter's name: letters, digits, _ or -")


@dataclass(frozen=True, slots=True)
class Encrypted:
    """UID and counter (the PICC data), still encrypted."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plain:
    """UID and counter as plain text says them."""

    uid: bytes
    counter: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What an address says of a chip and a tap, with its MAC and the text under that."""

    card: Encrypted | Plain
    message: bytes = field(repr=False)
    mac: bytes = field(repr=False)


def read_claim(text: str, layout: Layout, *, is_encrypted: bool) -> Claim | None:
    """Return what an address claims; None if it lacks a parameter, and so is no SUN address at all.

    FailureError: a parameter is not what the chip writes or stands there twice, or the text under the MAC is missing.
    """
    mac = _parameter(text, layout.mac)
    if mac is None:
        return None
    card = _encrypted(text, layout) if is_encrypted else _plain(text, layout)
    if card is None:
        return None
    return Claim(card, _message(text, layout, until=mac.start(1)), _bytes(mac, layout.mac, _MAC_BYTES))


def _encrypted(text: str, layout: Layout) -> Encrypted | None:
    picc = _parameter(text, layout.picc)
    return None if picc is None else Encrypted(_bytes(picc, layout.picc, *_PICC_SIZES))


def _plain(text: str, layout: Layout) -> Plain | None:
    uid, counter = _parameter(text, layout.uid), _parameter(text, layout.counter)
    if uid is None or counter is None:
        return None
    value = int.from_bytes(_bytes(counter, layout.counter, COUNTER_BYTES))  # as text, most significant byte first
    return Plain(_bytes(uid, layout.uid, UID_BYTES), value)


def _message(text: str, layout: Layout, *, until: int) -> bytes:
    if layout.mac_input is None:
        return b""
    first = _parameter(text, layout.mac_input)
    if first is None or first.start(1) > until:
        raise FailureError(f"the text under the card's MAC, from {layout.mac_input!r} to {layout.mac!r}, is not there")
    return text[first.start(1) : until].encode(errors="replace")


def _parameter(text: str, name: str) -> re.Match[str] | None:
    """Find a parameter, its value as group 1; None if there is none. FailureError if there are two."""
    found = list(re.finditer(rf"[?&]{name}=([^&#]*)", text))
    if len(found) > 1:
        raise FailureError(f"the card's address has {len(found)} parameters {name!r}")
    return found[0] if found else None


def _bytes(found: re.Match[str], name: str, *sizes: int) -> bytes:
    digits = found[1]
    if not _HEX.fullmatch(digits) or len(digits) // 2 not in sizes:
        wanted = " or ".join(str(2 * size) for size in sizes)
        raise FailureError(f"the card's {name!r} is not {wanted} digits of upper-case hexadecimal")
    return bytes.fromhex(digits)
