"""What a chip is asked so that the till knows the card, from its answer to reset on; no more than that is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agent.devices.chips.apdu import LE_MAX, OK, Command, Conversation, select_application
from agent.devices.chips.atr import is_contactless, storage_card
from agent.devices.chips.ndef import first_text
from agent.devices.chips.ntag21x import Native, read_type2, read_version
from agent.devices.chips.type4 import NDEF_APPLICATION, read_type4
from agent.devices.chips.wrappers import Wrapping, passed_on
from agent.errors import FailureError

# EMV Book 1, 12.2: the directories of contact and contactless payment applications.
PSE: Final = b"1PAY.SYS.DDF01"
PPSE: Final = b"2PAY.SYS.DDF01"
GET_UID: Final = Command(0xFF, 0xCA, 0x00, 0x00, le=LE_MAX)  # PC/SC part 3, 3.2.2.1.3
_BLOCKED: Final = 0x6283
_MORE_WAITS: Final = 0x61  # T=0: the answer is fetched by a command of its own


class IdentifyBy(StrEnum):
    """What of a chip names the card."""

    UID = "uid"
    NDEF = "ndef"  # the first web address or text; a chip without one is no card
    NDEF_OR_UID = "ndef_or_uid"


@dataclass(frozen=True, slots=True)
class Identification:
    """What the chip said: its UID, or with `application` set what that holds. Of a payment card nothing."""

    data: bytes = field(repr=False)
    application: bytes = b""


def identify(atr: bytes, *, by: IdentifyBy, wrapping: Wrapping) -> Conversation[Identification]:
    """Ask the chip with this answer to reset who it is.

    FailureError: an answer was cut short or contradicts itself, or the chip has nothing to be known by. A UID is
    returned in place of an NDEF only if the chip said that it has none: a card is never known now by one, now by the
    other.
    """
    if storage_card(atr) is None:
        directory = PPSE if is_contactless(atr) else PSE
        if (yield from _answers_to(directory)):
            return Identification(b"", directory)
    if by is IdentifyBy.UID:
        return (yield from _uid())
    message = yield from _message(atr, wrapping)
    text = first_text(message) if message else None
    if text:
        return Identification(text.encode(), NDEF_APPLICATION)
    if by is IdentifyBy.NDEF:
        raise FailureError("this chip holds no web address and no text: it cannot be used as a card here")
    return (yield from _uid())


def _answers_to(application: bytes) -> Conversation[bool]:
    answer = yield select_application(application)
    return answer.sw in {OK, _BLOCKED} or answer.sw >> 8 == _MORE_WAITS


def _uid() -> Conversation[Identification]:
    answer = yield GET_UID
    if answer.is_refusal:
        raise FailureError("this chip gives no unique id: it cannot be used as a card here")
    return Identification(answer.require("read the chip's unique id"))


def _message(atr: bytes, wrapping: Wrapping) -> Conversation[bytes | None]:
    card = storage_card(atr)
    if card is None:
        return (yield from read_type4())
    if not card.is_type_2:
        return None
    knows_version = wrapping is not Wrapping.READ_BINARY
    return (yield from passed_on(_of_type2(knows_version=knows_version), wrapping))


def _of_type2(*, knows_version: bool) -> Native[bytes | None]:
    chip = (yield from read_version()) if knows_version else None
    return (yield from read_type2(chip))
