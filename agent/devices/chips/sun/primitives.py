"""What a SUN address is made with: AES-128, LRP, CMAC over either, and the key of a single card.

Sources: NIST SP 800-38B, 6.2 (CMAC); NXP AN12304 (LRP, LRICB, and CMAC over LRP); NXP
AN10922, 2.2 (a card's own key).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK: Final = 16
_ZERO: Final = bytes(BLOCK)
_A: Final = b"\xaa" * BLOCK  # AN12304: the constants that plaintexts and keys are told apart by
_5: Final = b"\x55" * BLOCK
_NIBBLES: Final = 16
_POLYNOMIAL: Final = 0x87  # SP 800-38B, 5.3: R for blocks of 128 bits

Encipher: TypeAlias = Callable[[bytes], bytes]  # one block under a key


def aes(key: bytes) -> Encipher:
    """Return AES-128 under `key`."""
    cipher = Cipher(AES(key), CBC(_ZERO))  # of a single block this is AES itself

    def encipher(block: bytes) -> bytes:
        return cipher.encryptor().update(block)

    return encipher


def aes_decrypted(key: bytes, block: bytes) -> bytes:
    """Return one block deciphered; as CBC with an IV of zeros does it."""
    return Cipher(AES(key), CBC(_ZERO)).decryptor().update(block)


def lrp(key: bytes) -> Encipher:
    """Return LRP under `key` with the updated key 0, for a block or a shorter counter (AN12304, algorithms 1 to 3)."""
    plaintexts = []
    chained = aes(key)(_5)
    for _ in range(_NIBBLES):
        plaintexts.append(aes(chained)(_A))
        chained = aes(chained)(_5)
    updated = aes(aes(key)(_A))(_A)

    def evaluate(block: bytes) -> bytes:
        result = updated
        for nibble in block.hex():
            result = aes(result)(plaintexts[int(nibble, _NIBBLES)])
        return aes(result)(_ZERO)

    return evaluate


def lrp_decrypted(key: bytes, block: bytes, *, counter: bytes) -> bytes:
    """Return one block deciphered in LRICB, whose counter stands at `counter` (AN12304)."""
    return aes_decrypted(lrp(key)(counter), block)


def cmac(encipher: Encipher, message: bytes, *, blocks_min: int = 1) -> bytes:
    """Return the CMAC of a message over any block cipher; one shorter than `blocks_min` blocks is padded to so many."""
    whole = _doubled(encipher(_ZERO))
    blocks = max(blocks_min, -(-len(message) // BLOCK))
    padded, mask = (message, whole) if len(message) == blocks * BLOCK else (message + b"\x80", _doubled(whole))
    padded = padded.ljust(blocks * BLOCK, b"\x00")
    state = _ZERO
    for at in range(0, len(padded) - BLOCK, BLOCK):
        state = encipher(_xor(state, padded[at : at + BLOCK]))
    return encipher(_xor(_xor(state, padded[-BLOCK:]), mask))


def card_key(key: bytes, uid: bytes, system: bytes) -> bytes:
    """Return the key of one card, diversified from `key` (AN10922, 2.2): 01, UID and `system` fill two blocks at most.

    NXP pads to two blocks always, where CMAC would pad to one.
    """
    return cmac(aes(key), b"\x01" + uid + system, blocks_min=2)


def _doubled(block: bytes) -> bytes:
    """Multiply by x in the field of SP 800-38B, 6.1."""
    doubled = int.from_bytes(block) << 1
    if doubled >> (8 * BLOCK):
        doubled ^= 1 << (8 * BLOCK) | _POLYNOMIAL
    return doubled.to_bytes(BLOCK)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
