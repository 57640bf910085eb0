"""The calls for a complaint: what happened, why, whose sale it is, what is given; and the shop's policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import Request, Response

from agent.counter import Counter, EntryRef, Seen, Why
from agent.errors import NotAllowedError, Said
from agent.loyalty.explaining import Explained
from agent.loyalty.programme import Programme
from agent.loyalty.sale import Line
from agent.web.api.access import Seller
from agent.web.api.calls.answering import Call, refuse_in_account, reply
from agent.web.api.policies import Policies, PolicyFile
from agent.web.api.requests.complaining import ClaimBody, FindSaleBody, GoodwillBody, MoveBody, WhyBody
from agent.web.api.shapes import EffectShape, SaleShape, Told, Voice, sale_shape
from agent.web.language import language_of

# A sale's receipt -> the programme that judged it, what each rule said, and whether that is all the till knew then.
Explain = Callable[[str], tuple[Programme, tuple[Explained, ...], bool]]


@dataclass(frozen=True, slots=True)
class SeenShape:
    """Something recorded at this till: a sale with its lines and what the programme gave, a refund, a redemption.

    `at` is the shop's local time, or the day. `effects` have their reasons as sentences; `is_back`: goods of it came
    back since; `moved_from`: the receipt it was moved from.
    """

    op: str
    kind: str
    at: str
    staff: str | None
    account: str | None
    total: int | None
    due: int | None
    lines: tuple[Line, ...]
    effects: tuple[EffectShape, ...]
    moved_from: str | None
    is_back: bool


@dataclass(frozen=True, slots=True)
class PastShape:
    """What a member did at this till lately. `usual` articles are null unless he agreed to be profiled."""

    account: str
    last_visit: str | None
    usual: tuple[str, ...] | None
    seen: tuple[SeenShape, ...]


@dataclass(frozen=True, slots=True)
class SeenAllShape:
    """The sales that fit, the latest first; at most 20."""

    sales: tuple[SeenShape, ...]


@dataclass(frozen=True, slots=True)
class RuleShape:
    """One rule of the programme: what it did to the sale, and what was missing for what it did not do.

    `title` is what people call the rule.
    """

    rule: str
    title: str
    applied: tuple[Told, ...]
    missed: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class WhyShape:
    """A sale explained by the programme that judged it; `same` is false if the till knew more then than it does now."""

    sale: str
    programme: str
    rules: tuple[RuleShape, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class MoveShape:
    """The sale as the right member's; `money` goes back to him (above 0) or was too little (below 0)."""

    sale: SaleShape
    moved_from: str
    money: int


@dataclass(frozen=True, slots=True)
class GoodwillShape:
    """What was given and who approved it."""

    entry: EntryRef
    unit: str
    units: int
    why: Why
    approved_by: str
    balances: Mapping[str, int]
    repeated: bool


@dataclass(frozen=True, slots=True)
class ComplaintCalls:
    """What the calls need; `explain` says what each rule said to a recorded sale."""

    counter: Counter
    policy_file: PolicyFile
    explain: Explain | None

    def rows(self) -> tuple[Call, ...]:
        """Return the calls as routes."""
        return (
            ("GET", "/members/{account}/past", self.past, PastShape),
            ("POST", "/sales/find", self.find, SeenAllShape),
            ("POST", "/sales/why", self.why, WhyShape),
            ("POST", "/sales/moves", self.move, MoveShape),
            ("POST", "/sales/claims", self.claim, MoveShape),
            ("POST", "/goodwill", self.give, GoodwillShape),
            ("GET", "/policies", self.policies, Policies),
        )

    def past(self, request: Request, account: str, _by: Seller) -> Response:
        """Return a member's last visit, usual articles if he agreed to that, and what was recorded last, and why."""
        refuse_in_account(account)
        past, voice = self.counter.hearing.past(account), self._voice(request)
        shown = tuple(_shape(one, voice) for one in past.seen)
        return reply(PastShape(past.account, past.last_visit, past.usual, shown))

    def find(self, request: Request, body: FindSaleBody, _by: Seller) -> Response:
        """Find sales of this till by receipt, or by amount and day."""
        voice = self._voice(request)
        return reply(SeenAllShape(tuple(_shape(one, voice) for one in self.counter.hearing.find_sales(body.ask()))))

    def why(self, request: Request, body: WhyBody, _by: Seller) -> Response:
        """Say what each rule of the programme did to a recorded sale, and why the others did nothing."""
        if self.explain is None:
            raise NotAllowedError(
                "this till explains no sales", said=Said("no_explaining"), hint="ask for `tally programme explain`"
            )
        programme, rules, same = self.explain(body.sale)
        voice = Voice(programme, language_of(request))
        told = tuple(
            RuleShape(
                one.rule, voice.title(one.rule), tuple(map(voice.told, one.applied)), tuple(map(voice.told, one.missed))
            )
            for one in rules
        )
        return reply(WhyShape(body.sale, programme.version, told, same))

    def move(self, request: Request, body: MoveBody, by: Seller) -> Response:
        """Move a sale to the right member: the one is taken back, the other made, both or neither."""
        answer = self.counter.hearing.move(body.ask(), by=by.name)
        return reply(MoveShape(sale_shape(answer.sale, self._voice(request)), answer.moved_from, answer.money))

    def claim(self, request: Request, body: ClaimBody, by: Seller) -> Response:
        """Credit a sale that was nobody's to a member who forgot his card, once, while the programme's days last."""
        answer = self.counter.hearing.claim(body.ask(), by=by.name)
        return reply(MoveShape(sale_shape(answer.sale, self._voice(request)), answer.moved_from, answer.money))

    def give(self, body: GoodwillBody, by: Seller) -> Response:
        """Give a member units out of goodwill, within what the programme lets a supervisor give on a day."""
        given = self.counter.hearing.give(body.ask(), by=by.name)
        balances = given.member.balances
        return reply(
            GoodwillShape(given.entry, given.unit, given.units, given.why, given.approved_by, balances, given.repeated)
        )

    def policies(self, _by: Seller) -> Response:
        """Return the shop's policies and notes on articles, as its people wrote them."""
        return reply(self.policy_file.read())

    def _voice(self, request: Request) -> Voice:
        return Voice(self.counter.require_programme(), language_of(request))


def _shape(seen: Seen, voice: Voice) -> SeenShape:
    gave = tuple(voice.effect(effect) for effect in seen.effects if effect.reason.code != "counted")
    moved = tuple(voice.reversal(reason) for reason in seen.reasons)
    return SeenShape(
        op=seen.op,
        kind=seen.kind,
        at=seen.at,
        staff=seen.staff,
        account=seen.account,
        total=seen.total,
        due=seen.due,
        lines=seen.lines,
        effects=gave + moved,
        moved_from=seen.moved_from,
        is_back=seen.is_back,
    )
