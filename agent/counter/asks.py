"""What the counter is asked: frozen values, checked when they are made. Every ask carries its caller's `op`.

The digest of an ask tells a repeated request (same op, same content: the old answer) from a conflicting one (same op,
other content: refused). It leaves out whose account it is: headquarters may have joined two accounts between a request
and its repetition, so accounts are compared apart, as what they are part of by then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent.counter.details.checking import check_others, check_person
from agent.counter.details.consents import Consenting, check_consents
from agent.errors import InvalidError, Said
from agent.journal.entry import check_op, encode
from agent.journal.fold import ROLES, SPEND
from agent.journal.staff.people import check_pin, check_staff
from agent.loyalty.judging.referral import account_start
from agent.loyalty.programme.rules.earning import Action
from agent.loyalty.sale import LINES_MAX, Line

_DIGEST_BYTES = 16


def check_moment(name: str, value: str) -> datetime:
    """Return an ISO 8601 local time of the shop; raises InvalidError."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidError(f"{name} {value[:40]!r} must be a local time like 2026-11-22T09:30:00") from None
    if moment.tzinfo is not None:
        raise InvalidError(f"{name} {value!r} must be the shop's local time, without a zone")
    return moment


def digest_of(content: Mapping[str, Any]) -> bytes:
    """Return the digest of what is asked (16 bytes)."""
    return hashlib.sha256(encode(content)).digest()[:_DIGEST_BYTES]


def line_map(line: Line) -> dict[str, Any]:
    """Return a line as it stands in an entry."""
    return {
        "amount": line.amount,
        "article": line.article,
        "brand": line.brand,
        "category": line.category,
        "quantity": line.quantity,
        "tax": line.tax,
    }


@dataclass(frozen=True, slots=True)
class SaleAsk:
    """A sale to preview or to record. `redemptions` are ops of redemptions that pay part of it.

    `tenders` says how much each tender pays (minor units), as far as it is known when the sale is judged. `sold_at` is
    the shop's local time by the point-of-sale software; without it the till's own clock counts.
    """

    op: str
    lines: tuple[Line, ...]
    account: str | None = None
    card: str | None = None
    redemptions: tuple[str, ...] = ()
    sold_at: str | None = None
    staff: str | None = None
    tenders: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)
        if self.sold_at is not None:
            check_moment("sold_at", self.sold_at)
        for tender in self.tenders:
            if not (tender.isascii() and tender.isprintable()):
                raise InvalidError(f"tender {tender[:40]!r} must be 1 to 40 printable ASCII characters")
        if len(set(self.redemptions)) != len(self.redemptions):
            raise InvalidError(f"redemptions {list(self.redemptions)} name one twice")

    def digest(self) -> bytes:
        """Return the digest of what is asked (16 bytes), whoever it is for."""
        return digest_of(
            {
                "for_member": self.account is not None,
                "lines": [line_map(line) for line in self.lines],
                "redemptions": list(self.redemptions),
                "sold_at": self.sold_at,
                "staff": self.staff,
                "tenders": dict(self.tenders),
            }
        )


@dataclass(frozen=True, slots=True)
class RedeemAsk:
    """A redemption: `units` of a reward that may be had in part, or the `value` of the article a punch card gives.

    `pin` or `slip` (the proof on the last slip) stands in for a card that was not shown; neither is part of what is
    asked: it is kept nowhere, and no digest of it.
    """

    op: str
    account: str
    reward: str
    card: str | None = None
    units: int | None = None
    value: int | None = None
    staff: str | None = None
    pin: str | None = field(default=None, repr=False)
    slip: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def digest(self) -> bytes:
        """Return the digest of what is asked (16 bytes), whoever it is for."""
        return digest_of({"reward": self.reward, "staff": self.staff, "units": self.units, "value": self.value})


@dataclass(frozen=True, slots=True)
class VoucherAsk:
    """A voucher by its code, typed or scanned; `value` if it is to be worth less than it could, or is a percentage."""

    op: str
    code: str
    value: int | None = None
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def digest(self) -> bytes:
        """Return the digest of all but the op (16 bytes)."""
        return digest_of({"code": self.code, "staff": self.staff, "value": self.value})


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Goods that come back: `quantity` (thousandths) of line `index` of the sale recorded under `sale`."""

    sale: str
    index: int
    quantity: int


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """A refund: lines of sales this till knows, and lines without receipt (whose `amount` is the money given back).

    `to_credit` names the unit of money in which the money is given, as store credit. `waive`: a supervisor lets go what
    was spent meanwhile. `slip` is the code on the slip of a sale that another till has; the goods without receipt are
    then of that sale.
    """

    op: str
    lines: tuple[RefundLine, ...] = ()
    without_receipt: tuple[Line, ...] = ()
    account: str | None = None
    card: str | None = None
    refunded_at: str | None = None
    staff: str | None = None
    to_credit: str | None = None
    waive: bool = False
    slip: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)
        if self.refunded_at is not None:
            check_moment("refunded_at", self.refunded_at)
        if not 1 <= len(self.lines) + len(self.without_receipt) <= LINES_MAX:
            raise InvalidError(f"a refund has 1 to {LINES_MAX} lines")
        if self.slip is not None and (self.lines or self.waive):
            raise InvalidError("a slip's code stands for one sale of another till: its goods alone, and nothing waived")

    def digest(self) -> bytes:
        """Return the digest of what is asked (16 bytes), whoever it is for."""
        lines: list[dict[str, Any]] = [
            {"line": li.index, "quantity": li.quantity, "sale": li.sale} for li in self.lines
        ]
        lines += [line_map(line) for line in self.without_receipt]
        stated = {"for_member": self.account is not None, "refunded_at": self.refunded_at, "staff": self.staff}
        others = {"to_credit": self.to_credit, "waive": self.waive, "slip": self.slip}
        return digest_of({**stated, "lines": lines, **others})


@dataclass(frozen=True, slots=True)
class UndoAsk:
    """Give back a redemption that no sale has used."""

    op: str
    redemption: str
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def digest(self) -> bytes:
        """Return the digest of all but the op (16 bytes)."""
        return digest_of({"redemption": self.redemption, "staff": self.staff})


@dataclass(frozen=True, slots=True)
class EnrolAsk:
    """A new member: a name or a phone number at least.

    `card` is a card's number as it was read or typed; `account` is one that a card has begun with, in its place.
    `referred_by` is the code of the member who brings this one; `language` is the one his slips are written in.
    With a `pin` he spends without the card; `consents` are what he says to each question of the programme's text.
    """

    op: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    birthday: str | None = None
    card: str | None = None
    account: str | None = None
    staff: str | None = None
    referred_by: str | None = None
    language: str | None = None
    pin: str | None = field(default=None, repr=False)
    consents: tuple[Consenting, ...] = ()

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant; the message never repeats what a person typed of himself."""
        check_op(self.op)
        check_staff(self.staff)
        if self.card is not None and self.account is not None:
            raise InvalidError("a member begins with a card or with an account, not with both")
        if not self.name and not self.phone:
            raise InvalidError("a member needs a name or a phone number", said=Said("name_or_phone"))
        check_person(self.name, self.phone)
        check_others(self.email, self.birthday, self.language)
        check_consents(self.consents)
        if self.pin is not None:
            check_pin(self.pin)
        if self.referred_by is not None:
            account_start(self.referred_by)

    def profile(self) -> dict[str, Any]:
        """Return what is sealed as the member's profile."""
        known = {"birthday": self.birthday, "email": self.email, "name": self.name, "phone": self.phone}
        return known if self.language is None else {**known, "language": self.language}

    def content(self) -> bytes:
        """Return the canonical bytes of all but the op; they hold personal data and are digested under a key only."""
        others = {"account": self.account, "card": self.card, "referred_by": self.referred_by, "staff": self.staff}
        consents = [one.to_map() for one in sorted(self.consents)]
        return encode({**self.profile(), **others, "consents": consents, "pin": self.pin})


@dataclass(frozen=True, slots=True)
class ActionAsk:
    """Something that a member did besides buying; a sign-up is an enrolment and none of these."""

    op: str
    account: str
    action: Action
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)
        if self.action is Action.SIGN_UP:
            raise InvalidError("action 'sign-up' comes with the enrolment", hint="enrol the member")

    def digest(self) -> bytes:
        """Return the digest of what is asked (16 bytes), whoever it is for."""
        return digest_of({"action": str(self.action), "staff": self.staff})


@dataclass(frozen=True, slots=True)
class LinkAsk:
    """A further card for a member's account, or a person of the household who is known by phone.

    `card` is the card's number as it was read or typed; `role` says whether it may spend or only `earn`; `name` and
    `phone` are those of the person who has it.
    """

    op: str
    account: str
    role: str = SPEND
    card: str | None = None
    name: str | None = None
    phone: str | None = None
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant; the message never repeats what a person typed of himself."""
        check_op(self.op)
        check_staff(self.staff)
        if self.role not in ROLES:
            raise InvalidError(f"role {self.role[:20]!r} must be one of {', '.join(ROLES)}")
        if self.card is None and not self.phone:
            raise InvalidError("a household is joined with a card or a phone number")
        check_person(self.name, self.phone)

    def profile(self, source: str) -> dict[str, Any]:
        """Return what is sealed as the card's profile."""
        number = {} if self.card is None else {"number": self.card, "source": source}
        return {"name": self.name, "phone": self.phone, **number}

    def content(self) -> bytes:
        """Return the canonical bytes of all but op and account; they are digested under a key only."""
        named = {"card": self.card, "name": self.name, "phone": self.phone}
        return encode({**named, "role": self.role, "staff": self.staff})
