"""An NTAG 424 DNA that a test holds in its hand: it writes another address at every tap."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from tests.devices.chips.cards import NOT_FOUND, Type4, uri

FILE_KEY = bytes(range(16))
META_KEY = bytes(range(16, 32))
UID = bytes.fromhex("04a1b2c3d4e5f6")
KEY_FILE = f'file_key = "{FILE_KEY.hex()}"\nmeta_key = "{META_KEY.hex()}"\n'


def library_cmac(key: bytes, message: bytes) -> bytes:
    """CMAC over AES as the library has it: what a chip knows must not come from what is tested."""
    cmac = CMAC(AES(key))
    cmac.update(message)
    return cmac.finalize()


def address(counter: int, *, uid: bytes = UID, file_key: bytes = FILE_KEY, under_mac: str | None = None) -> str:
    """The address that the chip writes at its tap `counter`; the MAC covers a parameter `enc` if `under_mac` is one."""
    known = uid + counter.to_bytes(3, "little")
    picc = Cipher(AES(META_KEY), CBC(bytes(16))).encryptor().update(b"\xc7" + known + os.urandom(5))
    session = library_cmac(file_key, bytes.fromhex("3cc300010080") + known)
    message = "" if under_mac is None else f"{under_mac}&cmac="
    mac = library_cmac(session, message.encode())[1::2].hex().upper()
    enc = "" if under_mac is None else f"&enc={under_mac}"
    return f"https://club.example/t?picc_data={picc.hex().upper()}{enc}&cmac={mac}"


@dataclass
class Ntag424:
    """The chip behind a reader; its counter rises when the reader selects its application."""

    counter: int = 0
    uid: bytes = UID
    file_key: bytes = FILE_KEY
    addresses: list[str] = field(default_factory=list)
    chip: Type4 = field(default_factory=lambda: Type4(None))

    def answer(self, command: bytes) -> bytes:
        """Answer a command."""
        if command[1:3] == b"\xa4\x04" and self.chip.message is None:
            if b"2PAY" in command:
                return NOT_FOUND
            self.counter += 1
            self.addresses.append(address(self.counter, uid=self.uid, file_key=self.file_key))
            self.chip.message = uri(self.addresses[-1])
        return self.chip.answer(command)

    def reset(self) -> None:
        """Be out of the field: the next tap is another one."""
        self.chip = Type4(None)
