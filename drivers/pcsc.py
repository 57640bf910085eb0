"""Chip cards, contact and contactless, through the system's smart card service (PC/SC; pcscd on Linux).

Tested with: pcscd 1.9.9 and vsmartcard's virtual reader.
Supported: the chip's unique id; the first web address or text of an NFC Forum Type 4 tag, an NTAG21x or a MIFARE
Ultralight, also one that an NTAG 424 DNA signs anew at every tap (SUN; what it proves is judged by the firewall, with
the keys that [chips] in till.toml names); noticing payment cards. Survives a restart of the service, replugging, and no
reader.
Missing: writing to the chip, MIFARE Classic's sectors, buzzer and lights.
Source: pcsc-lite API; what is said to the chip stands in agent/devices/chips. pyscard's own card and reader monitors
are not used: their threads end at a restart of the service and never come back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from smartcard import scard as _scard

from agent.devices.categories import Category, Health, HealthLevel, Input
from agent.devices.chips.apdu import carry_out
from agent.devices.chips.identify import IdentifyBy, identify
from agent.devices.chips.wrappers import Wrapping, wrapping_of
from agent.devices.lifecycle import Lifecycle
from agent.errors import ClaimedError, DeviceError, FailureError, NoHardwareError, OfflineError

scard: Any = _scard  # pyscard has no types

INTERACTIVE_S: Final = 10.0
# One try at a card. The service waits without limit for a card that does not finish, or for another program's turn.
TALK_S: Final = 2.0

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
    identify_by: IdentifyBy = IdentifyBy.UID
    wrapping: Wrapping | None = None  # of a memory chip's own commands; None: as the reader's name says


class PcscReader(Lifecycle):
    """One reader. A card is read once when it comes; it counts as new when it was away in between."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.SMART_CARD_RW)
        self._settings = settings
        self._context: int | None = None
        self._reader = ""
        self._state: int = scard.SCARD_STATE_UNAWARE
        self._handled: int | None = None  # the counter of the card that was read last in this session
        self._lying: tuple[bytes, bytes] | None = None  # the card that was read last, while it was not seen to leave
        self._stuck: Future[Input] | None = None  # a talk that outlasts its limit, and perhaps even this session

    def on_open(self) -> None:
        """Connect to the service."""
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _check(code, "reach the smart card service")
        self._context = context

    def on_claim(self) -> None:
        """Find the reader. It stays shared: a reader is claimed only while a card is talked to."""
        code, names = scard.SCardListReaders(self._context, [])
        _check(code, "list the smart card readers")
        wanted = self._settings.reader
        named = sorted(name for name in names if wanted in name)
        if not named:
            raise NoHardwareError(f"there is no smart card reader with {wanted!r} in its name; there are: {names}")
        self._reader = named[0]

    def on_enable(self) -> None:
        """Forget what the reader was seen to do before."""
        self._state = scard.SCARD_STATE_UNAWARE
        self._handled = None

    def on_close(self) -> None:
        """Leave the service, after a talk that still goes on; a context is of no use after the service restarted."""
        if self._context is not None:
            context, self._context = self._context, None
            if self._stuck is None:
                scard.SCardReleaseContext(context)
            else:
                self._stuck.add_done_callback(lambda _: scard.SCardReleaseContext(context))

    def read(self, timeout_s: float) -> Input | None:
        """Wait for a card and return who it is; with `application` set for a payment card and for an NDEF.

        FailureError: a card was there and could not be read (taken away too soon, nothing to be known by).
        """
        self.require_enabled("read")
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            if self._is_stuck(left):
                return None
            if self._wait_for_change(deadline - time.monotonic()) and self._is_new_card():
                return self._read_card()
        return None

    def check_health(self, level: HealthLevel) -> Health:
        """EXTERNAL asks the service for the reader's state; INTERACTIVE waits ten seconds for a card."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a card was read" if seen else "no card came within 10 s")
        if self._is_stuck(0):
            return Health(ok=False, text=f"the card on {self._reader} does not finish: take it away")
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
        self._state = states[0][1]
        if self._state & _READER_GONE:
            raise NoHardwareError(f"the smart card reader {self._reader} was unplugged")
        return True

    def _is_new_card(self) -> bool:
        counter = self._state >> _COUNTER_SHIFT
        if not self._state & scard.SCARD_STATE_PRESENT:
            self._lying = None
            return False
        if counter == self._handled:
            return False
        if self._state & scard.SCARD_STATE_MUTE:
            self._handled = counter
            raise FailureError("the card does not answer: hold it still, or turn it over")
        return True

    def _read_card(self) -> Input | None:
        is_first, self._handled = self._handled is None, self._state >> _COUNTER_SHIFT
        wrapping = self._settings.wrapping or wrapping_of(self._reader)
        try:
            seen = self._ask(wrapping)
        except FailureError:
            if self._is_stuck(0):
                raise
            # Torn, and the card may still be there; or the reader does not wrap as we thought, or the chip fell asleep
            # over a command that it does not know.
            seen = self._ask(Wrapping.READ_BINARY, wake=wrapping is not Wrapping.READ_BINARY)
        who = (seen.data, seen.application)
        # After the device was opened again the same card may still lie there; it was read already.
        is_repeat = is_first and who == self._lying
        self._lying = who
        return None if is_repeat else seen

    def _ask(self, wrapping: Wrapping, *, wake: bool = False) -> Input:
        """Ask the card who it is, in a thread that can be left behind: a call of PC/SC cannot be ended from outside."""
        context, reader, by = self._context, self._reader, self._settings.identify_by

        def talk_to_card() -> Input:
            with _card(context, reader, wake=wake) as (transmit, atr):
                found = carry_out(identify(atr, by=by, wrapping=wrapping), transmit)
                return Input(found.data, found.application, time.monotonic_ns())

        talk = _aside(talk_to_card)
        try:
            return talk.result(TALK_S)
        except TimeoutError:
            self._stuck = talk
            raise FailureError(f"the card did not finish within {TALK_S:g} s: take it away") from None

    def _is_stuck(self, patience_s: float) -> bool:
        """Say whether a talk that took too long still goes on after `patience_s`."""
        if self._stuck is not None and not wait([self._stuck], patience_s).not_done:
            self._stuck = None
        return self._stuck is not None


def _aside(call: Callable[[], Input]) -> Future[Input]:
    """Make a call in a thread of its own that keeps nobody from ending."""
    outcome: Future[Input] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is awaited
            outcome.set_exception(error)

    threading.Thread(target=run, name="pcsc-talk", daemon=True).start()
    return outcome


@contextmanager
def _card(context: int | None, reader: str, *, wake: bool) -> Iterator[tuple[Callable[[bytes], bytes], bytes]]:
    """Hold the card on `reader`, reset first if it is to `wake`; gives what sends it a command, and its own ATR."""
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    code, card, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, protocols)
    _check(code, f"talk to the card on {reader}")
    try:
        if wake:
            code, _ = scard.SCardReconnect(card, scard.SCARD_SHARE_SHARED, protocols, scard.SCARD_RESET_CARD)
            _check(code, "wake the card")
        _check(scard.SCardBeginTransaction(card), "hold the card")
        code, _, _, protocol, atr = scard.SCardStatus(card)
        _check(code, "ask which card it is")
        yield partial(_transmit, card, protocol), bytes(atr)
    finally:
        scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)


def _transmit(card: int, protocol: int, command: bytes) -> bytes:
    code, answer = scard.SCardTransmit(card, protocol, list(command))
    _check(code, "read the card")
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
