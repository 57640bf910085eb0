"""What a contactless card's answer to reset says. Source: PC/SC part 3, 3.1.3.2.3, and the list of its names.

A reader makes it up: for a chip with a processor from its ATS, `3B 8n 80 01 ... TCK`, for a memory chip
`3B 8F 80 01 80 4F 0C A0 00 00 03 06 SS NN NN 00 00 00 00 TCK` with the standard SS and the name NN NN.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

_STORAGE_CARD: Final = bytes.fromhex("3b8f8001804f0ca000000306")
_STORAGE_CARD_BYTES: Final = 20
_CONTACTLESS: Final = b"\x80\x01"  # TD1 and TD2: T=0 and then T=1, as every contactless reader says

_NAMES: Final = (
    "a card without a name",
    "MIFARE Classic 1K",
    "MIFARE Classic 4K",
    "MIFARE Ultralight",  # NTAG21x, too
    "SLE55R_XXXX",
    "",
    "SR176",
    "SRI X4K",
    "AT88RF020",
    "AT88SC0204CRF",
    "AT88SC0808CRF",
    "AT88SC1616CRF",
    "AT88SC3216CRF",
    "AT88SC6416CRF",
    "SRF55V10P",
    "SRF55V02P",
    "SRF55V10S",
    "SRF55V02S",
    "TAG_IT",
    "LRI512",
    "ICODESLI",
    "TEMPSENS",
    "I.CODE1",
    "PicoPass 2K",
    "PicoPass 2KS",
    "PicoPass 16K",
    "PicoPass 16Ks",
    "PicoPass 16K(8x2)",
    "PicoPass 16KS(8x2)",
    "PicoPass 32KS(16+16)",
    "PicoPass 32KS(16+8x2)",
    "PicoPass 32KS(8x2+16)",
    "PicoPass 32KS(8x2+8x2)",
    "LRI64",
    "I.CODE UID",
    "I.CODE EPC",
    "LRI12",
    "LRI128",
    "Mifare Mini",
    "my-d move (SLE 66R01P)",
    "my-d NFC (SLE 66RxxP)",
    "my-d proximity 2 (SLE 66RxxS)",
    "my-d proximity enhanced (SLE 55RxxE)",
    "my-d light (SRF 55V01P)",
    "PJM Stack Tag (SRF 66V10ST)",
    "PJM Item Tag (SRF 66V10IT)",
    "PJM Light (SRF 66V01ST)",
    "Jewel Tag",
    "Topaz NFC Tag",
    "AT88SC0104CRF",
    "AT88SC0404CRF",
    "AT88RF01C",
    "AT88RF04C",
    "i-Code SL2",
    "MIFARE Plus SL1 2K",
    "MIFARE Plus SL1 4K",
    "MIFARE Plus SL2 2K",
    "MIFARE Plus SL2 4K",
    "MIFARE Ultralight C",
    "FeliCa",
    "Melexis Sensor Tag (MLX90129)",
    "MIFARE Ultralight EV1",
)
_NOT_SAID, _ISO14443_A3 = 0x00, 0x03  # codes of standards
_TYPE_2: Final = frozenset({0x0000, 0x0003, 0x003A, 0x003D})  # a reader that knows no name may still hold one


@dataclass(frozen=True, slots=True)
class StorageCard:
    """A memory chip: the codes of its standard (03: ISO/IEC 14443 A, part 3; 0B: 15693, part 3) and of its name."""

    standard: int
    code: int

    @property
    def name(self) -> str:
        """What the chip is called."""
        known = _NAMES[self.code] if self.code < len(_NAMES) else ""
        return known or f"a chip with the unknown code {self.code:04X}"

    @property
    def is_type_2(self) -> bool:
        """Say whether it may be an NFC Forum Type 2 tag."""
        return self.standard in {_NOT_SAID, _ISO14443_A3} and self.code in _TYPE_2


def storage_card(atr: bytes) -> StorageCard | None:
    """Return which memory chip `atr` names; None if it names none, or if its check byte TCK is wrong."""
    if len(atr) != _STORAGE_CARD_BYTES or not atr.startswith(_STORAGE_CARD) or not _has_good_check(atr):
        return None
    return StorageCard(atr[12], int.from_bytes(atr[13:15]))


def is_contactless(atr: bytes) -> bool:
    """Say whether a contactless reader made `atr` up."""
    return len(atr) > 4 and atr[0] == 0x3B and atr[1] >> 4 == 8 and atr[2:4] == _CONTACTLESS and _has_good_check(atr)


def _has_good_check(atr: bytes) -> bool:
    return reduce(xor, atr[1:]) == 0
