"""What becomes of a card that was read: its member is shown, or in a word what is wrong with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agent.counter import Counter
from agent.devices.firewall.recognise import BadRead, BankCard, IdentityCard, NotOurs, OwnCard, Recognised, VoucherCode
from agent.devices.supervision.inbox import Sighting
from agent.errors import TallyError
from agent.slips.texts import told
from agent.web.api.errors import BANK_CARD, IDENTITY_CARD
from agent.web.api.shapes import Voice, member_map
from agent.web.events import EventHub, Spoken

_KINDS: Final[Mapping[type[Recognised], str]] = MappingProxyType(
    {
        OwnCard: "own_card",
        BankCard: "bank_card",
        IdentityCard: "identity_card",
        NotOurs: "not_ours",
        VoucherCode: "voucher_code",
        BadRead: "bad_read",
    }
)


class CardReads:
    """Looks up what the devices read, one after the other, and publishes `read`, `member`, `voucher` and `notice`."""

    def __init__(self, counter: Counter, events: EventHub) -> None:
        self._counter = counter
        self._events = events
        self._read = 0

    def tell(self, sighting: Sighting) -> None:
        """Say that something was read, then whose card it is, or what is wrong with it."""
        self._events.publish("read", _read_map(sighting))
        match sighting.card:
            case OwnCard() as card:
                self._member(card, by=sighting.device)
            case BankCard():
                self._notice("bank_card", BANK_CARD)
            case IdentityCard():
                self._notice("identity_card", IDENTITY_CARD)
            case VoucherCode(code):
                self._events.publish("voucher", {"code": code})
            case NotOurs(reason):
                self._notice("unknown_card", reason)
            case BadRead(reason):
                self._notice("swipe_again", reason)

    def _member(self, card: OwnCard, *, by: str) -> None:
        try:
            view = self._counter.identify(card.number, card.source, by=by, tap=card.tap)
        except TallyError as error:
            self._events.publish("notice", _refused(error))
            return
        self._read += 1
        programme, read = self._counter.require_programme(), self._read
        member = Spoken(lambda language: member_map(Voice(programme, language).member(view), read=read))
        self._events.publish("member", member)

    def _notice(self, code: str, text: str) -> None:
        self._events.publish("notice", {"code": code, "text": text})


def _refused(error: TallyError) -> Spoken:
    """Return a notice of a refusal: `text` is English with all values, `said` and `hint` are what a cashier reads."""

    def in_language(language: str) -> dict[str, str]:
        said, hint = told(error, language)
        return {"code": error.code, "text": f"{error}: {error.hint}", "said": said, "hint": hint}

    return Spoken(in_language)


def _read_map(sighting: Sighting) -> dict[str, object]:
    """What kind of thing was read, where and how fast; nothing of what was on it."""
    card = sighting.card
    reason = card.reason if isinstance(card, (NotOurs, BadRead)) else ""
    latency_us = (time.monotonic_ns() - sighting.at_ns) // 1000
    return {"device": sighting.device, "kind": _KINDS[type(card)], "text": reason, "latency_us": latency_us}
