"""Reading an entry for the books: what its kind says, as rows.

A kind we do not know is booked by its postings alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from agent.errors import JournalError
from agent.journal.chain import check_place
from agent.journal.codes import sale_tag
from agent.journal.entry import Entry, decode_entry, encode
from agent.journal.fold import Changes, changes
from agent.journal.wire.place import HQ
from hq.tables import (
    closure,
    lapse,
    provisional,
    redemption,
    referred,
    refund,
    refund_line,
    sale,
    sale_line,
    settled_line,
    settlement,
    undone,
)

Row = dict[str, Any]

_NUL = rb"\u0000"
_HOLDS_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # not a backslash followed by the text u0000


@dataclass(frozen=True, slots=True)
class Money:
    """What an entry says of money: a sale's total, or what a refund gave back, in minor units of a currency."""

    account: str | None
    currency: str
    sold: int | None = None
    returned: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """An entry, what it adds to the members' state, its rows per table, its money."""

    entry: Entry
    changes: Changes
    rows: Mapping[Table, list[Row]] = field(default_factory=dict)
    money: Money | None = None


def read_entry(data: bytes, *, till: str, epoch: str, seq: int) -> Reading:
    """Read an entry that stands at `seq` of a journal.

    Raises JournalError when its bytes are not canonical, it says it stands elsewhere, its postings do not balance, its
    body lacks what its kind says, or a text of it holds NUL, which PostgreSQL cannot.
    """
    if _NUL in data and _HOLDS_NUL.search(data):
        raise JournalError(f"entry {seq} holds the character NUL, which not every database can hold")
    entry = check_place(decode_entry(data), till=till, epoch=epoch, seq=seq)
    added = changes(entry)
    try:
        rows, money = _KINDS.get(entry.kind, _unknown)(entry, entry.body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JournalError(f"entry {seq} ({entry.kind}) has a body of the wrong shape: {error!r}") from error
    return Reading(entry, added, rows, money)


_Read = tuple[Mapping[Table, list[Row]], Money | None]


def _unknown(_entry: Entry, _body: Mapping[str, Any]) -> _Read:
    return {}, None


def _sale(entry: Entry, body: Mapping[str, Any]) -> _Read:
    account, currency, total = _text_or_none(body["account"]), _text(body["currency"]), _whole(body["total"])
    row = {
        "op": entry.op,
        "account": account,
        "card": _text_or_none(body["card"]),
        "currency": currency,
        "total": total,
        "due": _whole(body["due"]),
        "day": entry.day,
        "sold_at": _text(body["sold_at"]),
        "tag": sale_tag(entry.id),
    }
    lines = [
        {
            "line": number,
            "article": _text(line["article"]),
            "category": _text_or_none(line["category"]),
            "quantity": _whole(line["quantity"]),
            "amount": _whole(line["amount"]),
            "tax": _whole(line["tax"]),
        }
        for number, line in enumerate(body["lines"])
    ]
    return {sale: [row], sale_line: lines}, Money(account, currency, sold=total)


def _enrolment(entry: Entry, body: Mapping[str, Any]) -> _Read:
    by = body.get("referred_by")
    if by is None or by["account"] is not None:
        return {}, None  # the till has judged it
    return {
        referred: [{"op": f"referral:{entry.id}", "account": _text(body["account"]), "code": _text(by["code"])}]
    }, None


def _refund(entry: Entry, body: Mapping[str, Any]) -> _Read:
    account, currency, money = _text_or_none(body["account"]), _text(body["currency"]), _whole(body["money"])
    row = {
        "op": entry.op,
        "account": account,
        "card": _text_or_none(body["card"]),
        "currency": currency,
        "money": money,
        "day": entry.day,
    }
    lines = [
        {
            "line": number,
            "till": None if line["sale"] is None else _text(line.get("till", entry.till)),
            "sale": _text_or_none(line["sale"]),
            "sale_line": None if line["line"] is None else _whole(line["line"]),
            "article": _text(line["article"]),
            "quantity": _whole(line["quantity"]),
            "amount": _whole(line["amount"]),
        }
        for number, line in enumerate(body["lines"])
    ]
    rows = {refund: [row], refund_line: lines}
    if body.get("provisional"):
        rows[provisional] = [{"tag": _text(body["slip"]["tag"]), "entry": _text_or_none(body["slip"]["entry"])}]
    return rows, Money(account, currency, returned=money)


def _refund_settled(entry: Entry, body: Mapping[str, Any]) -> _Read:
    if entry.till != HQ:
        return {}, None  # nobody else settles
    of = body["sale"]
    lines = [
        {
            "line": number,
            "till": _text(of["till"]),
            "sale": _text(of["op"]),
            "sale_line": _whole(line["line"]),
            "quantity": _whole(line["quantity"]),
        }
        for number, line in enumerate(body["lines"])
    ]
    return {settlement: [{"refund": _text(body["refund"]["entry"])}], settled_line: lines}, None


def _redemption(entry: Entry, body: Mapping[str, Any]) -> _Read:
    return _redeemed(entry, body, _text(body["account"]))


def _voucher_spent(entry: Entry, body: Mapping[str, Any]) -> _Read:
    return _redeemed(entry, body, None)


def _redeemed(entry: Entry, body: Mapping[str, Any], account: str | None) -> _Read:
    row = {
        "op": entry.op,
        "account": account,
        "reward": _text(body["reward"]),
        "unit": _text(body["unit"]),
        "units": _whole(body["units"]),
        "value": _whole(body["value"]),
        "free": bool(body["free"]),
    }
    return {redemption: [row]}, None


def _redemption_undone(_entry: Entry, body: Mapping[str, Any]) -> _Read:
    return {undone: [{"redemption": _text(body["redemption"])}]}, None


def _units_lapsed(entry: Entry, body: Mapping[str, Any]) -> _Read:
    if entry.till != HQ:
        return {}, None  # nobody else judges who was away
    row = {name: _text(body[name]) for name in ("account", "last_sale", "until")}
    return {lapse: [row]}, None


def _closure(entry: Entry, body: Mapping[str, Any]) -> _Read:
    row = {
        "number": None if body["number"] is None else _whole(body["number"]),
        "day": entry.day,
        "head": _text(body["head"]),
        "totals": encode(body["period"]).decode(),
    }
    return {closure: [row]}, None


_KINDS: dict[str, Callable[[Entry, Mapping[str, Any]], _Read]] = {
    "enrolment": _enrolment,
    "sale": _sale,
    "refund": _refund,
    "refund_settled": _refund_settled,
    "redemption": _redemption,
    "voucher_spent": _voucher_spent,
    "redemption_undone": _redemption_undone,
    "units_lapsed": _units_lapsed,
    "closure": _closure,
}


def accounts_of(reading: Reading) -> Iterable[str]:
    """Yield every account an entry says something about."""
    yield from reading.changes.accounts
    for one in (reading.changes.opened, reading.changes.joined, reading.changes.parted):
        yield from (part for part in one or () if isinstance(part, str))
    if reading.changes.enrolled is not None:
        yield reading.changes.enrolled
    yield from (account for _, account, _ in reading.changes.cards)
    if reading.money is not None and reading.money.account is not None:
        yield reading.money.account


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r} is not a text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)
