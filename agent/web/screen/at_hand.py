"""The sale at hand: what every screen of this till shows, so that two screens agree and a reload loses nothing.

It is kept in memory only, and no more of the person than a first name. A screen says how the sale stands (`take`); a
card that is read, a sale that is recorded and one that the point-of-sale software asks about change it too. After
every change each screen is sent all of it, and the customer's display what a customer may see.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from agent.counter import Counter, MemberView, SaleAnswer, SaleAsk
from agent.errors import OpConflictError, TallyError
from agent.loyalty.sale import Line
from agent.web.api.shapes import Voice, sale_shape
from agent.web.events import EventHub, Spoken
from agent.web.screen.customer import customer_sees, gains_of

AT_ONCE_S = 1.5  # two cards within so long were read by mistake, or by two readers: a person says which
PREVIEW_OP = "at-hand"  # never recorded
PARKED_MAX = 9  # one key each
NEWS_S = 12.0  # what was said longer ago is no news to a screen that comes back


@dataclass(frozen=True, slots=True)
class Taken:
    """A redemption that the sale at hand uses: its op, what it is called, what it is worth (minor units)."""

    op: str
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Hand:
    """A sale that is not recorded yet; `pushed` says which point-of-sale software asks about it, None if a screen."""

    op: str
    account: str | None = None
    card: str | None = None
    name: str | None = None
    lines: tuple[Line, ...] = ()
    taken: tuple[Taken, ...] = ()
    pushed: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to lose."""
        return not self.lines and self.account is None

    @property
    def total(self) -> int:
        """What the lines come to (minor units)."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the screens show. `rev` counts the changes; `screen` and `by` made the last one, if a screen did.

    `member` is the `member` event's data; `found` are two cards that were read at once; `wanting` is the screen that
    asked for the next card that is read, for something else than this sale.
    """

    hand: Hand
    rev: int = 0
    screen: str | None = None
    by: str | None = None
    member: Mapping[str, Any] | None = None
    found: tuple[Mapping[str, Any], ...] = ()
    judged: SaleAnswer | None = None
    parked: tuple[Hand, ...] = ()
    wanting: str | None = None
    last: Mapping[str, Any] | None = None
    read: int = 0  # the change that a card brought


@dataclass(frozen=True, slots=True)
class Said:
    """How a screen says that the sale stands, which knew of `rev` changes.

    `again` has the member looked up anew, `park` puts the sale aside; a screen that is `wanting` gets the next card.
    """

    screen: str
    hand: Hand
    rev: int = 0
    parked: tuple[Hand, ...] = ()
    again: bool = False
    park: bool = False
    wanting: bool = False


class AtHand:
    """Holds the standing; every method may be called from any thread."""

    def __init__(self, counter: Counter, events: EventHub, *, language: str) -> None:
        self._counter = counter
        self._events = events
        self._language = language
        self._boot = _new_op()
        self._lock = threading.RLock()
        self._now = Standing(Hand(_new_op()))
        self._read_at = 0.0
        self._noticed: tuple[float, Mapping[str, Any]] | None = None
        events.attach("notice", self.noticed)
        events.attach("member", self.card_read)
        events.attach("sale", self.sold)
        events.attach("sale_again", self.sold_before)
        events.attach("preview", self.asked)
        events.attach("training", self.trained)

    def to_map(self, language: str) -> dict[str, Any]:
        """Return the standing in a language; `boot` differs after every start of the agent."""
        now = self._now
        voice = None if self._counter.programme is None else Voice(self._counter.programme, language)
        judged = None if now.judged is None or voice is None else sale_shape(now.judged, voice)
        return {
            "boot": self._boot,
            "rev": now.rev,
            "screen": now.screen,
            "by": now.by,
            "op": now.hand.op,
            "pushed": now.hand.pushed,
            "lines": [asdict(line) for line in now.hand.lines],
            "taken": [asdict(taken) for taken in now.hand.taken],
            "member": self._in_language(now.member, voice, language),
            "found": now.found,
            "judged": judged,
            "parked": [_parked_map(hand) for hand in now.parked],
            "wanting": now.wanting,
            "last": now.last,
            "noticed": self._news(),
        }

    def take(self, said: Said, *, by: str) -> None:
        """Take over how a screen says that the sale stands.

        Raises OpConflictError from a screen that shows a sale which ended meanwhile; whatever the counter says of the
        sale is raised after its amounts were taken over.
        """
        with self._lock:
            now, hand = self._now, said.hand
            resumed = next((parked for parked in now.parked if parked.op == hand.op), None)
            if resumed is None and hand.op != now.hand.op and now.rev > 0:
                raise OpConflictError("this sale has ended meanwhile", hint="look at the screen and go on from there")
            if hand.op == now.hand.op and said.rev < now.read:  # the card was read while this was on its way
                hand = replace(hand, account=now.hand.account, card=now.hand.card)
            parked = tuple(kept for kept in now.parked if kept is not resumed) if now.rev > 0 else said.parked
            if resumed is not None:
                parked = _with_parked(parked, now.hand)
                hand = resumed
            if said.park:
                name = now.hand.name if hand.account == now.hand.account else None
                parked, hand = _with_parked(parked, replace(hand, name=name)), Hand(_new_op())
            if hand.is_empty and not now.hand.is_empty:
                hand = Hand(_new_op())  # what was sent under the old one, or will be by another screen, keeps it
            member, wrong = self._member(hand, again=said.again)
            hand = replace(hand, name=None if member is None else member["name"])
            judged, wrong = (None, wrong) if wrong else self._judged(hand)
            self._change(
                hand=hand,
                screen=said.screen,
                by=by,
                member=member,
                found=(),
                judged=judged,
                parked=parked,
                wanting=said.screen if said.wanting else None,
                last=now.last if not hand.lines and member is None else None,
            )
        if wrong is not None:
            raise wrong

    def card_read(self, member: Mapping[str, Any]) -> None:
        """Take over whose card was read, unless a screen wants it, or it would come into another's sale."""
        with self._lock:
            now, same = self._now, _account(self._now.member) == member["account"]
            if now.wanting is not None:
                self._events.publish("card", {"screen": now.wanting, "member": member})
                return
            if now.member is not None and not same and now.hand.lines:
                text = "a sale is open: its card stays, finish it or clear it first"
                self._events.publish("notice", {"code": "mid_sale", "text": text})
                return
            at, self._read_at = self._read_at, time.monotonic()
            if now.member is not None and not same and self._read_at - at < AT_ONCE_S:
                hand = replace(now.hand, account=None, card=None, name=None)
                self._change(found=(now.member, member), member=None, hand=hand, read=now.rev + 1)
                return
            name, account, card = member["name"], member["account"], member["card"]
            hand = replace(now.hand, account=account, card=card, name=name)
            judged, _ = self._judged(hand)
            nobodys = {} if now.hand.lines else {"screen": None, "by": None}  # a reader did it, and no screen
            self._change(hand=hand, member=member, found=(), judged=judged, last=None, read=now.rev + 1, **nobodys)

    def paying(self, view: MemberView) -> None:
        """A card terminal's token said who it is: the member is shown as if his card had been read."""
        self.card_read(asdict(Voice(self._counter.require_programme(), self._language).member(view)))

    def sold(self, sold: Mapping[str, Any]) -> None:
        """A sale was recorded: if it is the one at hand, or its member's, the one at hand has ended."""
        with self._lock:
            now = self._now
            his = sold["account"] is not None and sold["account"] == now.hand.account
            if sold["op"] != now.hand.op and not his and sold["by"] != now.hand.pushed:
                return
            self._change(
                hand=Hand(_new_op()), screen=None, by=None, member=None, found=(), judged=None, last=_last(sold, now)
            )

    def sold_before(self, sold: Mapping[str, Any]) -> None:
        """A screen asked again for a sale that had been recorded, as after a power cut: the one at hand has ended."""
        with self._lock:
            if sold["op"] == self._now.hand.op:
                self.sold(sold)

    def asked(self, asked: Mapping[str, Any]) -> None:
        """The point-of-sale software asks about a sale: it is shown, unless a screen has one at hand of its own."""
        with self._lock:
            now = self._now
            if now.hand.pushed is None and (now.hand.lines or now.wanting):
                return
            taken = tuple(Taken(op, op, 0) for op in asked["redemptions"])
            lines = tuple(Line(**line) for line in asked["lines"])
            hand = Hand(now.hand.op, asked["account"], asked["card"], None, lines, taken, asked["by"])
            member, _ = self._member(hand, again=False)
            judged, _ = self._judged(hand)
            name = None if member is None else member["name"]
            self._change(hand=replace(hand, name=name), member=member, found=(), judged=judged, last=None)

    def noticed(self, notice: Mapping[str, Any]) -> None:
        """A notice went to every screen: one whose stream was away asks for it."""
        self._noticed = (time.monotonic(), notice)

    def trained(self, _switch: Mapping[str, Any]) -> None:
        """Training began or ended: whoever was served is a member of the other ledger."""
        with self._lock:
            hand = Hand(_new_op())
            self._change(hand=hand, screen=None, by=None, member=None, found=(), judged=None, parked=(), last=None)

    def _change(self, **changes: Any) -> None:
        now = replace(self._now, rev=self._now.rev + 1, **changes)
        self._now = now
        self._events.publish("at_hand", Spoken(self.to_map))
        self._events.publish("display", customer_sees(now))

    def _news(self) -> Mapping[str, Any] | None:
        """Return the last notice with its age in ms, if it is still news."""
        if self._noticed is None:
            return None
        at, notice = self._noticed
        age = time.monotonic() - at
        return {**notice, "age_ms": int(age * 1000)} if age < NEWS_S else None

    def _member(self, hand: Hand, *, again: bool) -> tuple[Mapping[str, Any] | None, TallyError | None]:
        """Return the member of a sale: who is shown already, or who the ledger says it is."""
        if hand.account is None:
            return None, None
        known = (one for one in (self._now.member, *self._now.found) if one is not None)
        shown = next((one for one in known if (one["account"], one["card"]) == (hand.account, hand.card)), None)
        if shown is not None and not again:
            return shown, None
        try:
            return self._told(hand.account, hand.card, self._language), None
        except TallyError as error:
            return None, error

    def _told(self, account: str, card: str | None, language: str) -> dict[str, Any]:
        voice = Voice(self._counter.require_programme(), language)
        return asdict(voice.member(self._counter.member(account, card)))

    def _judged(self, hand: Hand) -> tuple[SaleAnswer | None, TallyError | None]:
        if not hand.lines:
            return None, None
        ops = tuple(taken.op for taken in hand.taken)
        try:
            return self._counter.preview(SaleAsk(PREVIEW_OP, hand.lines, hand.account, hand.card, ops)), None
        except TallyError as error:
            return None, error

    def _in_language(
        self, member: Mapping[str, Any] | None, voice: Voice | None, language: str
    ) -> Mapping[str, Any] | None:
        """Return the member with his notices in another language than the till's own."""
        if member is None or voice is None or language == self._language or not member["notices"]:
            return member
        try:
            return {**member, "notices": self._told(member["account"], member["card"], language)["notices"]}
        except TallyError:
            return member


def _new_op() -> str:
    return f"scr-{uuid.uuid4().hex}"


def _account(member: Mapping[str, Any] | None) -> str | None:
    return None if member is None else member["account"]


def _with_parked(parked: tuple[Hand, ...], hand: Hand) -> tuple[Hand, ...]:
    return parked if hand.is_empty else (*parked, hand)[-PARKED_MAX:]


def _parked_map(hand: Hand) -> dict[str, Any]:
    return {
        "op": hand.op,
        "name": hand.name,
        "total": hand.total,
        "account": hand.account,
        "card": hand.card,
        "lines": [asdict(line) for line in hand.lines],
        "taken": [asdict(taken) for taken in hand.taken],
    }


def _last(sold: Mapping[str, Any], now: Standing) -> dict[str, Any]:
    """Return what is left to say of a recorded sale."""
    sale = sold["sale"]
    member = now.member if sold["account"] == _account(now.member) else None
    lines = now.hand.lines if sold["op"] == now.hand.op else ()
    balances = sale.balances or {}
    cards = () if member is None else member["punch_cards"]
    return {
        "op": sold["op"],
        "by": sold["by"],
        "account": sold["account"],
        "name": None if member is None else member["name"],
        "language": None if member is None else member["language"],
        "labels": {} if member is None else dict(member["labels"]),
        "lines": [{"line": i, "quantity": line.quantity} for i, line in enumerate(lines)],
        "due": sale.due,
        "gains": gains_of(sale.effects),
        "balances": balances,
        "punch_cards": [{**card, "punched": balances.get(card["card"], 0)} for card in cards],
    }
