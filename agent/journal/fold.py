"""The fold: what an entry changes. Both halves of the tally keep their tables by this one function.

Every change is an addition to a sum or a fact that is never taken back, so entries folded in any order give the same
state. A negative lot is a recorded debt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.errors import ChainBrokenError, JournalError
from agent.journal.entry import MEMBER_PREFIX, TILL_PREFIX, VOUCHERS_PREFIX, Entry, Posting

SPEND = "spend"  # the roles of a card of a household: it may do anything ...
EARN = "earn"  # ... or it may only collect
ROLES = (SPEND, EARN)
BLOCKED = "blocked"  # what a card is for ever once it was: nobody shows it any more

LotKey = tuple[str, str, str, str | None]  # account (of a till: `till:<id>`), unit, lot, last day


@dataclass(frozen=True, slots=True)
class Changes:
    """What one entry adds to the state.

    `lots`: (account, unit, lot, last day) -> amount to add. `opened`: (account, provisional) or None.
    `enrolled`: account that has become a regular member. `cards`: (card id, account, role) links; a card of the role
    `earn` is known and spends nothing, one that is `blocked` is taken no more, whatever links it.
    `returned`: (op of its till's sale, line) -> thousandths that came back. `used`: ops of redemptions a sale used up.
    `given_back`: op of a redemption undone before any sale used it. `joined`: (account, account it is now part of).
    `parted`: (account, account it is no longer part of). `erased`: account whose member is erased. `closed`: which Z of
    its till the entry is, 0 if it is an X.
    `accounts`: every member's account the entry concerns, whether it moves units or not.
    """

    lots: Mapping[LotKey, int] = field(default_factory=dict)
    opened: tuple[str, bool] | None = None
    enrolled: str | None = None
    cards: tuple[tuple[str, str, str], ...] = ()
    returned: Mapping[tuple[str, int], int] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    given_back: str | None = None
    joined: tuple[str, str] | None = None
    parted: tuple[str, str] | None = None
    erased: str | None = None
    closed: int | None = None
    accounts: frozenset[str] = frozenset()


def check_conservation(postings: Iterable[Posting]) -> None:
    """Raise ChainBrokenError unless the postings sum to zero for every unit (promise L4)."""
    sums: dict[str, int] = defaultdict(int)
    for posting in postings:
        sums[posting.unit] += posting.amount
    for unit, total in sums.items():
        if total:
            raise ChainBrokenError(f"postings in {unit!r} sum to {total}, not to 0")


def changes(entry: Entry) -> Changes:
    """Return what `entry` adds. Its postings count whatever its kind is; an unknown kind changes nothing else.

    Raises JournalError when the body of a known kind lacks what that kind says.
    """
    body = entry.body
    try:
        lots = _lots(entry.postings)
        return Changes(lots=lots, accounts=_accounts(lots, body), **_BODIES.get(entry.kind, _nothing)(body))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JournalError(f"entry {entry.seq} ({entry.kind}) has a body of the wrong shape: {error!r}") from error


def _lots(postings: Iterable[Posting]) -> dict[LotKey, int]:
    sums: dict[LotKey, int] = {}
    for posting in postings:
        if posting.lot is not None and posting.account.startswith((MEMBER_PREFIX, TILL_PREFIX, VOUCHERS_PREFIX)):
            key = (posting.account.removeprefix(MEMBER_PREFIX), posting.unit, posting.lot, posting.expires)
            sums[key] = sums.get(key, 0) + posting.amount
    return sums


def _accounts(lots: Mapping[LotKey, int], body: Mapping[str, Any]) -> frozenset[str]:
    named = body.get("account")
    members = frozenset(key[0] for key in lots if not key[0].startswith((TILL_PREFIX, VOUCHERS_PREFIX)))
    return members | (frozenset((named,)) if isinstance(named, str) else frozenset())


def _nothing(_body: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _card_opened(body: Mapping[str, Any]) -> dict[str, Any]:
    account = str(body["account"])
    return {"opened": (account, True), "cards": ((str(body["card"]), account, SPEND),)}


def _card_linked(body: Mapping[str, Any]) -> dict[str, Any]:
    role = body["role"]
    if role not in ROLES:
        raise ValueError(f"role {role!r} is none of {', '.join(ROLES)}")
    return {"cards": ((str(body["card"]), str(body["account"]), role),)}


def _card_replaced(body: Mapping[str, Any]) -> dict[str, Any]:
    account, role = str(body["account"]), body["role"]
    if role not in ROLES:
        raise ValueError(f"role {role!r} is none of {', '.join(ROLES)}")
    return {"cards": (*_blocked(body), (str(body["card"]), account, role))}


def _card_blocked(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"cards": tuple(_blocked(body))}


def _blocked(body: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(str(card), str(body["account"]), BLOCKED) for card in body["blocked"]]


def _enrolment(body: Mapping[str, Any]) -> dict[str, Any]:
    account = str(body["account"])
    cards = ((str(body["card"]), account, SPEND),) if body["card"] is not None else ()
    return {"opened": (account, False) if body["opens"] else None, "enrolled": account, "cards": cards}


def _sale(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"used": tuple(str(op) for op in body["redemptions"])}


def _refund(body: Mapping[str, Any]) -> dict[str, Any]:
    returned: dict[tuple[str, int], int] = {}
    for line in body["lines"]:
        if line.get("sale") is not None and line.get("till") is None:
            key = (str(line["sale"]), int(line["line"]))
            returned[key] = returned.get(key, 0) + int(line["quantity"])
    return {"returned": returned}


def _redemption_undone(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"given_back": str(body["redemption"])}


def _accounts_joined(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"joined": (str(body["account"]), str(body["into"]))}


def _accounts_parted(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"parted": (str(body["account"]), str(body["from"]))}


def _member_erased(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"erased": str(body["account"])}


def _closure(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"closed": 0 if body["number"] is None else int(body["number"])}


_BODIES = {
    "card_opened": _card_opened,
    "card_linked": _card_linked,
    "card_replaced": _card_replaced,
    "card_blocked": _card_blocked,
    "enrolment": _enrolment,
    "sale": _sale,
    "refund": _refund,
    "redemption_undone": _redemption_undone,
    "accounts_joined": _accounts_joined,
    "accounts_parted": _accounts_parted,
    "member_erased": _member_erased,
    "closure": _closure,
}
