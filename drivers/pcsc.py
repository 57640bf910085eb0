"""Chip cards, contact and contactless, through the system's smart card service (PC/SC; pcscd on Linux).

Tested with: pcscd 1.9.9 and vsmartcard's virtual reader.
Supported: the chip's unique id; noticing payment cards. Survives a restart of the service, replugging, and no reader.
Missing: reading and writing the chip's memory (NDEF, NTAG, DESFire), buzzer and lights.
Sources: PC/SC part 3 (FF CA: get data; ATR of storage cards), EMV Book 1, 12.2 (PPSE), pcsc-lite API. pyscard's own
card and reader monitors are not used: their threads end at a restart of the service and never come back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from smartcard import scard as _scard

from agent.devices.categories import Category, Health, HealthLevel, Input
from agent.devices.lifecycle import Lifecycle
from agent.errors import ClaimedError, DeviceError, FailureError, NoHardwareError, OfflineError

scard: Any = _scard  # pyscard has no types

GET_UID: Final = [0xFF, 0xCA, 0x00, 0x00, 0x00]
PPSE: Final = b"2PAY.SYS.DDF01"
SELECT_PPSE: Final = [0x00, 0xA4, 0x04, 0x00, len(PPSE), *PPSE, 0x00]
SW_OK: Final = b"\x90\x00"
STORAGE_CARD: Final = b"\xa0\x00\x00\x03\x06"  # in the ATR of memory cards (PC/SC part 3, 3.1.3.2.3): no applications
INTERACTIVE_S = 10.0

_CODE: Final = 0xFFFFFFFF  # pyscard returns codes signed or unsigned, depending on the platform
_COUNTER_SHIFT: Final = 16  # pcsc-lite: the upper half of a reader's state counts insertions and removals
_NO_READER: Final = frozenset(
    code & _CODE
    for code in (scard.SCARD_E_NO_READERS_AVAILABLE, scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_READER_UNAVAILABLE)
)
_CARD_TROUBLE: Final = frozenset(
    code & _CODE
    for code in (
        scard.SCARD_E_NO_SMARTCARD,
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_E_PROTO_MISMATCH,
        scard.SCARD_W_REMOVED_CARD,
        scard.SCARD_W_RESET_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNSUPPORTED_CARD,
    )
)
_READER_GONE: Final = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE | scard.SCARD_STATE_IGNORE


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "pcsc"."""

    reader: str = ""  # a part of the reader's name; empty: the first reader there is


class PcscReader(Lifecycle):
    """One reader. A card is read once when it comes; it counts as new when it was away in between."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.SMART_CARD_RW)
        self._wanted = settings.reader
        self._context: int | None = None
        self._reader = ""
        self._state: int = scard.SCARD_STATE_UNAWARE
        self._atr = b""
        self._handled: int | None = None  # the counter of the card that was read last in this session
        self._last: Input | None = None

    def on_open(self) -> None:
        """Connect to the service."""
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _check(code, "reach the smart card service")
        self._context = context

    def on_claim(self) -> None:
        """Find the reader. It stays shared: a reader is claimed only while a card is talked to."""
        code, names = scard.SCardListReaders(self._context, [])
        _check(code, "list the smart card readers")
        named = sorted(name for name in names if self._wanted in name)
        if not named:
            raise NoHardwareError(
                f"there is no smart card reader with {self._wanted!r} in its name; there are: {names}"
            )
        self._reader = named[0]

    def on_enable(self) -> None:
        """Forget what the reader was seen to do before."""
        self._state = scard.SCARD_STATE_UNAWARE
        self._handled = None

    def on_close(self) -> None:
        """Leave the service; an old context is of no use after the service restarted."""
        if self._context is not None:
            context, self._context = self._context, None
            scard.SCardReleaseContext(context)

    def read(self, timeout_s: float) -> Input | None:
        """Wait for a card and return its unique id; with `application` set for a payment card.

        FailureError: a card was there and could not be read (taken away too soon, no unique id).
        """
        self.require_enabled("read")
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            if self._wait_for_change(left) and self._is_new_card():
                return self._read_card()
        return None

    def check_health(self, level: HealthLevel) -> Health:
        """EXTERNAL asks the service for the reader's state; INTERACTIVE waits ten seconds for a card."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a card was read" if seen else "no card came within 10 s")
        if level is HealthLevel.EXTERNAL:
            code, _ = scard.SCardGetStatusChange(self._context, 0, [(self._reader, scard.SCARD_STATE_UNAWARE)])
            _check(code, f"ask {self._reader}")
        return Health(ok=True, text=f"{self._reader} is there")

    def _wait_for_change(self, timeout_s: float) -> bool:
        code, states = scard.SCardGetStatusChange(
            self._context, max(int(timeout_s * 1000), 1), [(self._reader, self._state)]
        )
        if code & _CODE == scard.SCARD_E_TIMEOUT & _CODE:
            return False
        _check(code, f"wait for a card on {self._reader}")
        _, self._state, atr = states[0]
        self._atr = bytes(atr)
        if self._state & _READER_GONE:
            raise NoHardwareError(f"the smart card reader {self._reader} was unplugged")
        return True

    def _is_new_card(self) -> bool:
        counter = self._state >> _COUNTER_SHIFT
        if not self._state & scard.SCARD_STATE_PRESENT or counter == self._handled:
            return False
        if self._state & scard.SCARD_STATE_MUTE:
            self._handled = counter
            raise FailureError("the card does not answer: hold it still, or turn it over")
        return True

    def _read_card(self) -> Input | None:
        is_first, self._handled = self._handled is None, self._state >> _COUNTER_SHIFT
        try:
            seen = self._talk()
        except FailureError:  # torn: the card may still be there
            seen = self._talk()
        # After the service restarted the same card may still lie there; it was read already.
        is_repeat = is_first and seen == self._last
        self._last = seen
        return None if is_repeat else seen

    def _talk(self) -> Input:
        code, card, protocol = scard.SCardConnect(
            self._context, self._reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        _check(code, f"talk to the card on {self._reader}")
        try:
            return _identify(card, protocol, may_pay=STORAGE_CARD not in self._atr)
        finally:
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)


def _identify(card: int, protocol: int, *, may_pay: bool) -> Input:
    _check(scard.SCardBeginTransaction(card), "hold the card")
    try:
        if may_pay and _transmit(card, protocol, SELECT_PPSE).endswith(SW_OK):
            return Input(b"", PPSE)  # whatever else a payment card says is not ours to know
        uid = _transmit(card, protocol, GET_UID)
    finally:
        scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
    if not uid.endswith(SW_OK):
        raise FailureError("this chip gives no unique id: it cannot be used as a card here")
    return Input(uid.removesuffix(SW_OK))


def _transmit(card: int, protocol: int, command: list[int]) -> bytes:
    code, answer = scard.SCardTransmit(card, protocol, command)
    _check(code, "read the card")
    if len(answer) < len(SW_OK):  # some readers report so that the card was taken away
        raise FailureError("the card's answer was cut short: hold it there a little longer")
    return bytes(answer)


def _check(code: int, doing: str) -> None:
    """Raise what `code` means, unless it means success."""
    code &= _CODE
    if code == scard.SCARD_S_SUCCESS:
        return
    raise _error(code, f"cannot {doing}: {scard.SCardGetErrorMessage(code)} ({code:#010x})")


def _error(code: int, text: str) -> DeviceError:
    if code in _CARD_TROUBLE:
        return FailureError(f"{text}: hold the card there a little longer")
    if code in _NO_READER:
        return NoHardwareError(text, hint="plug the reader in")
    if code == scard.SCARD_E_SHARING_VIOLATION & _CODE:
        return ClaimedError(text, hint="close the other program that uses the reader")
    if code == scard.SCARD_W_SECURITY_VIOLATION & _CODE:
        return OfflineError(text, hint="allow the agent's account pcscd's access_pcsc and access_card (polkit)")
    return OfflineError(text, hint="`systemctl status pcscd.socket` shows the smart card service")
