"""The shop's SUN keys, and what they prove: that this chip, and no copy of it, wrote this address at this tap.

Source: NXP NT4H2421Gx data sheet, 9.3 (Secure Dynamic Messaging: PICC data, session keys, MAC); AN12196, 3.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from agent.devices.chips.sun.address import COUNTER_BYTES, UID_BYTES, Claim, Encrypted, Layout, read_claim
from agent.devices.chips.sun.primitives import (
    BLOCK,
    Encipher,
    aes,
    aes_decrypted,
    card_key,
    cmac,
    lrp,
    lrp_decrypted,
)
from agent.errors import ConfigError, FailureError

KEY_BYTES: Final = 16
SYSTEM_MAX: Final = 2 * BLOCK - 1 - UID_BYTES  # bytes; with 01 and the UID they fill two blocks
# PICCDataTag: bit 7 the UID is there, bit 6 the counter, bits 3 to 0 the UID's length; the others are reserved.
_TAG: Final = 0x80 | 0x40 | UID_BYTES


@dataclass(frozen=True, slots=True)
class _Mode:
    """A chip is set to AES or, for good, to LRP: the cipher under CMAC, and what stands around UID and counter."""

    primitive: Callable[[bytes], Encipher]
    head: bytes
    tail: bytes = b""

    def mac(self, key: bytes, tap: SunTap, message: bytes) -> bytes:
        """Return SDMMAC: every second byte of a CMAC under the tap's own session key."""
        vector = self.head + tap.uid + tap.counter.to_bytes(COUNTER_BYTES, "little") + self.tail
        session = cmac(self.primitive(key), vector)
        return cmac(self.primitive(session), message)[1::2]


_AES: Final = _Mode(aes, bytes.fromhex("3cc300010080"))  # SV2
_LRP: Final = _Mode(lrp, bytes.fromhex("00010080"), bytes.fromhex("1ee1"))


@dataclass(frozen=True, slots=True)
class SunTap:
    """A tap of a chip: its unique id, and its read counter, which never stands at one value twice."""

    uid: bytes
    counter: int


@dataclass(frozen=True, slots=True)
class SunKeys:
    """The keys of the shop's cards.

    `meta` decrypts UID and counter (SDMMetaReadKey); None if the cards write them as plain text. `file` makes the MAC
    (SDMFileReadKey). With `system` (not None) each card has a key of its own, diversified from `file` by its UID and
    `system`: the application's and the system's identifier of AN10922. ConfigError if a key has not 16 bytes.
    """

    file: bytes = field(repr=False)
    meta: bytes | None = field(default=None, repr=False)
    system: bytes | None = None
    layout: Layout = field(default_factory=Layout)

    def __post_init__(self) -> None:
        """Refuse what cannot be a key."""
        for name, key in (("file_key", self.file), ("meta_key", self.meta)):
            if key is not None and len(key) != KEY_BYTES:
                raise ConfigError(f"{name!r} has {len(key)} bytes, not {KEY_BYTES}")
        if self.system is not None and len(self.system) > SYSTEM_MAX:
            raise ConfigError(f"'system' has {len(self.system)} bytes, over the limit of {SYSTEM_MAX}")

    def prove(self, text: str) -> SunTap | None:
        """Return the tap that wrote this address; None if it is no SUN address.

        FailureError: it is one, and not of a card with these keys. Whether the counter was seen before is for the
        caller to know.
        """
        claim = read_claim(text, self.layout, is_encrypted=self.meta is not None)
        if claim is None:
            return None
        mode, tap = self._tap(claim)
        key = self.file if self.system is None else card_key(self.file, tap.uid, self.system)
        if not hmac.compare_digest(mode.mac(key, tap, claim.message), claim.mac):
            raise FailureError("the card's MAC is not made with the shop's key")
        return tap

    def _tap(self, claim: Claim) -> tuple[_Mode, SunTap]:
        """Return how the chip is set, and the tap it claims. Plain text does not say how, so it is taken for AES."""
        if not isinstance(claim.card, Encrypted):
            return _AES, SunTap(claim.card.uid, claim.card.counter)
        assert self.meta is not None
        data = claim.card.data
        if len(data) == BLOCK:
            return _AES, _tap_of(aes_decrypted(self.meta, data))
        return _LRP, _tap_of(lrp_decrypted(self.meta, data[-BLOCK:], counter=data[:-BLOCK]))


def _tap_of(picc_data: bytes) -> SunTap:
    """Read decrypted PICC data: tag, UID, counter (least significant byte first), random bytes."""
    if picc_data[0] != _TAG:
        raise FailureError("the card's PICC data does not decrypt to a UID and a counter with the shop's key")
    counter = picc_data[1 + UID_BYTES : 1 + UID_BYTES + COUNTER_BYTES]
    return SunTap(picc_data[1 : 1 + UID_BYTES], int.from_bytes(counter, "little"))
