"""What each call is sent, and the counter's ask it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator

from agent.counter import (
    ActionAsk,
    ClosureAsk,
    EnrolAsk,
    EraseAsk,
    LinkAsk,
    Opening,
    RedeemAsk,
    RefundAsk,
    RefundLine,
    SaleAsk,
    UndoAsk,
    VoucherAsk,
)
from agent.devices.categories import HealthLevel
from agent.errors import InvalidError
from agent.journal.fold import SPEND
from agent.loyalty.closures import Reason, Report
from agent.loyalty.programme.rules.earning import Action
from agent.loyalty.sale import LINES_MAX, Line
from agent.web.api.body import shown, shown_key
from agent.web.api.fields import (
    Article,
    CardInFieldError,
    CardNumber,
    Code,
    Email,
    File,
    Index,
    Money,
    Name,
    Op,
    Phone,
    Quantity,
    Units,
    Word,
    refuse_cards,
)

PREVIEW_OP = "preview"  # never recorded
TENDERS_MAX = 20  # in one sale


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifyBody(_Body):
    """One of: a card's number as it was typed, a phone number, an e-mail address, words of a name."""

    card: CardNumber | None = None
    phone: Phone | None = None
    email: Email | None = None
    name: Name | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> IdentifyBody:
        if sum(value is not None for value in (self.card, self.phone, self.email, self.name)) != 1:
            raise ValueError("must have one of card, phone, email and name")
        return self


class LineBody(_Body):
    """A line of a sale: `amount` is what the whole line costs, in minor units, with the `tax` in it."""

    article: Article
    quantity: Quantity
    amount: Money
    category: Word | None = None
    tax: Money = 0
    brand: Word | None = None

    def line(self) -> Line:
        """Return the line as the programme sees it."""
        return Line(self.article, self.quantity, self.amount, self.category, self.tax, self.brand)


Lines = Annotated[tuple[LineBody, ...], Field(max_length=LINES_MAX)]


class PreviewBody(_Body):
    """A sale to judge: `account` and `card` as /v1/identify or a `member` event named them, `redemptions` by op.

    `tenders` says how much of it each tender pays, for programmes that ask; it may be left out.
    """

    lines: Lines
    account: Word | None = None
    card: Word | None = None
    redemptions: tuple[Op, ...] = ()
    sold_at: Word | None = None
    staff: Word | None = None
    tenders: Annotated[dict[Word, Money], Field(max_length=TENDERS_MAX)] = {}

    def ask(self, op: str = PREVIEW_OP) -> SaleAsk:
        """Return what the counter is asked."""
        lines = tuple(line.line() for line in self.lines)
        return SaleAsk(op, lines, self.account, self.card, self.redemptions, self.sold_at, self.staff, self.tenders)


class SaleBody(PreviewBody):
    """A sale to record under `op`, which was made and kept before it is sent: a repetition has one effect."""

    op: Op


class RedemptionBody(_Body):
    """A redemption: of an account, `units` of a reward that may be had in part, or the `value` of what it gives.

    Or a voucher by its `code`, typed or scanned; `value` if it is to be worth less, or is a percentage.
    """

    op: Op
    account: Word | None = None
    reward: Word | None = None
    code: Code | None = None
    card: Word | None = None
    units: Units | None = None
    value: Money | None = None
    staff: Word | None = None

    @model_validator(mode="after")
    def _reward_or_code(self) -> RedemptionBody:
        if (self.code is None) == (self.account is None) or (self.account is None) != (self.reward is None):
            raise ValueError("must have either account and reward, or code")
        if self.code is not None and {self.card, self.units} != {None}:
            raise ValueError("must have nothing but op, code, value and staff when it spends a voucher")
        return self

    def ask(self) -> RedeemAsk | VoucherAsk:
        """Return what the counter is asked."""
        if self.code is not None:
            return VoucherAsk(self.op, self.code, self.value, self.staff)
        assert self.account is not None
        assert self.reward is not None
        return RedeemAsk(self.op, self.account, self.reward, self.card, self.units, self.value, self.staff)


class ReturnedBody(_Body):
    """Goods that come back: `line` (from 0) of the sale recorded under `sale`; without receipt, the article itself."""

    quantity: Quantity
    sale: Op | None = None
    line: Index | None = None
    article: Article | None = None
    amount: Money | None = None
    category: Word | None = None
    tax: Money = 0
    brand: Word | None = None

    @model_validator(mode="after")
    def _with_or_without_receipt(self) -> ReturnedBody:
        with_receipt = self.sale is not None and self.line is not None
        loose = self.article is not None and self.amount is not None
        if with_receipt == loose or (self.sale is None) != (self.line is None):
            raise ValueError("must have either sale and line, or article and amount")
        return self

    def returned(self) -> RefundLine | Line:
        """Return the line as the counter takes it."""
        if self.sale is not None and self.line is not None:
            return RefundLine(self.sale, self.line, self.quantity)
        assert self.article is not None
        assert self.amount is not None
        return Line(self.article, self.quantity, self.amount, self.category, self.tax, self.brand)


class _Returning(_Body):
    account: Word | None = None
    card: Word | None = None
    refunded_at: Word | None = None
    staff: Word | None = None
    to_credit: Word | None = None
    waive: bool = False
    slip: Code | None = None

    def _ask(self, op: str, lines: Sequence[ReturnedBody]) -> RefundAsk:
        returned = [line.returned() for line in lines]
        return RefundAsk(
            op=op,
            lines=tuple(line for line in returned if isinstance(line, RefundLine)),
            without_receipt=tuple(line for line in returned if isinstance(line, Line)),
            account=self.account,
            card=self.card,
            refunded_at=self.refunded_at,
            staff=self.staff,
            to_credit=self.to_credit,
            waive=self.waive,
            slip=self.slip,
        )


ReturnedLines = Annotated[tuple[ReturnedBody, ...], Field(max_length=LINES_MAX)]


class RefundPreviewBody(_Returning):
    """A refund to be shown before anybody confirms it: the fields of a refund of lines, without `op`."""

    lines: ReturnedLines

    def ask(self) -> RefundAsk:
        """Return what the counter is asked."""
        return self._ask(PREVIEW_OP, self.lines)


class RefundBody(_Returning):
    """A refund of `lines`, or a `redemption` (by op) that no sale has used and that is given back.

    `to_credit`: a unit of money in which the money is given instead. `waive`: let go what was spent meanwhile, which
    the programme must allow and only a supervisor may send. `slip`: the code on the slip of another till's sale; the
    lines are then goods of that sale at what is given for them, and headquarters settles it.
    """

    op: Op
    lines: ReturnedLines | None = None
    redemption: Op | None = None

    @model_validator(mode="after")
    def _lines_or_redemption(self) -> RefundBody:
        if (self.lines is None) == (self.redemption is None):
            raise ValueError("must have either lines or redemption")
        stated = {self.account, self.card, self.refunded_at, self.to_credit, self.slip} != {None} or self.waive
        if self.redemption is not None and stated:
            raise ValueError("must have nothing but op, staff and redemption when it gives a redemption back")
        return self

    def ask(self) -> RefundAsk | UndoAsk:
        """Return what the counter is asked."""
        if self.redemption is not None:
            return UndoAsk(self.op, self.redemption, self.staff)
        return self._ask(self.op, self.lines or ())


class EnrolmentBody(_Body):
    """A new member: a name or a phone number at least; `card` as typed, or the `account` a new card has begun with.

    `referred_by` is the code on the slip of the member who brings this one, `language` the one his slips are in.
    """

    op: Op
    name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    birthday: Word | None = None
    card: CardNumber | None = None
    account: Word | None = None
    staff: Word | None = None
    referred_by: Word | None = None
    language: Word | None = None

    def ask(self, card: str | None) -> EnrolAsk:
        """Return what the counter is asked; `card` is the number that was recognised in what was typed."""
        return EnrolAsk(
            op=self.op,
            name=self.name,
            phone=self.phone,
            email=self.email,
            birthday=self.birthday,
            card=card,
            account=self.account,
            staff=self.staff,
            referred_by=self.referred_by,
            language=self.language,
        )


def _check_action(value: object) -> Action:
    allowed = [action for action in Action if action is not Action.SIGN_UP]
    if isinstance(value, str):
        refuse_cards(value)
    if value not in allowed:
        raise ValueError(f"{shown(value)} must be one of {', '.join(allowed)}")
    return Action(str(value))


class ActionBody(_Body):
    """What a member did besides buying: `profile` (completed), `review` or `survey`."""

    op: Op
    account: Word
    action: Annotated[Action, PlainValidator(_check_action, json_schema_input_type=Action)]
    staff: Word | None = None

    def ask(self) -> ActionAsk:
        """Return what the counter is asked."""
        return ActionAsk(self.op, self.account, self.action, self.staff)


class ErasureBody(_Body):
    """Erase a member and every person of the household for good."""

    op: Op

    def ask(self, account: str) -> EraseAsk:
        """Return what the counter is asked."""
        return EraseAsk(self.op, account)


class LinkBody(_Body):
    """A further card of a member's account, as typed, or a person known by phone; `role` is `spend` or `earn`."""

    op: Op
    role: Word = SPEND
    card: CardNumber | None = None
    name: Name | None = None
    phone: Phone | None = None
    staff: Word | None = None

    def ask(self, account: str, card: str | None) -> LinkAsk:
        """Return what the counter is asked; `card` is the number that was recognised in what was typed."""
        return LinkAsk(self.op, account, self.role, card, self.name, self.phone, self.staff)


def _check_level(value: object) -> HealthLevel:
    if value not in list(HealthLevel):
        raise ValueError(f"{shown(value)} must be one of {', '.join(HealthLevel)}")
    return HealthLevel(str(value))


class CheckBody(_Body):
    """How far a device's health check goes: `interactive` needs a person beside the device."""

    level: Annotated[HealthLevel, PlainValidator(_check_level, json_schema_input_type=HealthLevel)]


def _check_report(value: object) -> Report:
    return Report(_one_of(tuple(Report), value))


class ClosureBody(_Body):
    """An X report, which looks at what happened since the last Z, or a Z, which closes it."""

    op: Op
    report: Annotated[Report, PlainValidator(_check_report, json_schema_input_type=Report)]
    staff: Word | None = None

    def ask(self) -> ClosureAsk:
        """Return what the counter is asked."""
        return ClosureAsk(self.op, self.report, self.staff)


def _check_reason(value: object) -> Reason:
    return Reason(_one_of(tuple(Reason), value))


def _one_of(allowed: Sequence[str], value: object) -> str:
    if isinstance(value, str):
        refuse_cards(value)
    if value not in allowed:
        raise ValueError(f"{shown(value)} must be one of {', '.join(allowed)}")
    return str(value)


class DrawerBody(_Body):
    """Why the till's own drawer is opened: without a sale, if nothing is said."""

    reason: Annotated[Reason, PlainValidator(_check_reason, json_schema_input_type=Reason)] = Reason.NO_SALE
    staff: Word | None = None

    def opening(self) -> Opening:
        """Return what the counter records."""
        return Opening(self.reason, self.staff)


def _check_bool(value: object) -> bool:
    if value is not True and value is not False:
        raise ValueError(f"{shown(value)} must be true or false")
    return value


class SlipWordBody(_Body):
    """The cashier's word on a slip of which nobody knows: it came out `whole`, or not (it is then printed again)."""

    op: Op
    whole: Annotated[bool, PlainValidator(_check_bool, json_schema_input_type=bool)]


class CopyBody(_Body):
    """Which copy of a slip to print: the next one, 1 if there is none yet."""

    op: Op
    number: Units


class StickBody(_Body):
    """A file of this machine that headquarters wrote for this till; the agent reads it."""

    file: File


def explain(errors: Sequence[Any]) -> InvalidError:
    """Return the first complaint of pydantic in our words; of the body it repeats what `shown` lets, no more.

    A card that has no business in a field comes before every other complaint.
    """
    error = next((error for error in errors if isinstance(_reason(error), CardInFieldError)), errors[0])
    where = _where(error["loc"])
    match error["type"]:
        case "value_error":
            reason = _reason(error)
            return reason.at(where) if isinstance(reason, CardInFieldError) else InvalidError(f"{where} {reason}")
        case "missing":
            return InvalidError(f"{where} is missing")
        case "extra_forbidden":
            return InvalidError(f"{where} is no field of this call", hint="/openapi.json lists the fields")
        case "too_long":
            return InvalidError(f"{where} has more than {error['ctx']['max_length']} items")
        case "tuple_type":
            return InvalidError(f"{where} must be a list")
        case _:
            return InvalidError(f"{where} must be an object")


def _reason(error: Any) -> object:
    return error.get("ctx", {}).get("error")


def _where(loc: Sequence[int | str]) -> str:
    """`("body", "lines", 0, "amount")` is `lines[0].amount`."""
    path = ""
    for part in loc[1:] if loc[:1] == ("body",) else loc:
        path += f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}"
    return path.removeprefix(".") or "the body"
