"""Reading members: whose card this is, what an account holds, what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from agent.ledger.derived import ERASED
from agent.ledger.kept.profiles.forms import phone_end
from agent.ledger.kept.profiles.part import first_name_of
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.loyalty.sale import Holder, Lot, Status

_TAP = "tap:"  # and a card's id, which says nothing of its number: a key in `state`
_TAP_BYTES = 8  # always as many, so that SQLite finds the highest


# A number that began a provisional account and was then linked to a household's has two cards: the household's counts,
# and among several of them the one that may do least.
_CARDS_OF_NUMBER = """
SELECT card.id, card.account FROM search
JOIN profile ON profile.id = search.profile
JOIN card ON card.id = profile.subject
LEFT JOIN joined ON joined.account = card.account
LEFT JOIN account ON account.id = coalesce(joined.into_account, card.account)
WHERE search.half IN (0, 1) AND search.token = ? ORDER BY account.status = 'provisional', card.role, card.id LIMIT 1
"""

_LOTS = "SELECT unit, lot, amount, expires FROM lot WHERE account = ? AND amount != 0 ORDER BY unit, lot"
_OF_LOT = itemgetter(1, 2, 3)  # of a row of _LOTS


@dataclass(frozen=True, slots=True)
class CardHolder:
    """A card and the account it is linked to."""

    card: str
    account: str


@dataclass(frozen=True, slots=True)
class Called:
    """A member's first name, that with an initial, and how his phone number ends: so namesakes are told apart.

    `born` is the birthday without its year (MM-DD), `language` the one he is spoken to in; None for what is not known.
    """

    name: str | None
    masked: str | None
    phone_end: str | None
    born: str | None = None
    language: str | None = None


def card_holder(ledger: Ledger, number: str, source: Source) -> CardHolder | None:
    """Return whose card a number is, or None if this till has never seen it."""
    with ledger.reading() as conn:
        row = conn.execute(_CARDS_OF_NUMBER, (ledger.keys.token(str(source), number),)).fetchone()
    return None if row is None else CardHolder(row[0], ledger.resolve(row[1]))


def card_role(ledger: Ledger, card: str) -> str | None:
    """Return what a card may do (`agent.journal.fold.ROLES`), or None if this till does not know it."""
    with ledger.reading() as conn:
        row = conn.execute("SELECT role FROM card WHERE id = ?", (card,)).fetchone()
    return None if row is None else str(row[0])


def last_tap(ledger: Ledger, number: str, source: Source) -> int | None:
    """Return the highest counter of a chip's taps that this till has taken, None if it has taken none.

    A number may have several card ids, once tills that both met the card have heard of each other.
    """
    with ledger.reading() as conn:
        row = conn.execute(
            "SELECT max(state.value) FROM search JOIN profile ON profile.id = search.profile"
            " JOIN state ON state.key = ? || profile.subject WHERE search.half IN (0, 1) AND search.token = ?",
            (_TAP, ledger.keys.token(str(source), number)),
        ).fetchone()
    return None if row[0] is None else int.from_bytes(row[0])


def tapped(card: str, tap: int) -> Mapping[str, bytes]:
    """Return what to remember of a tap of `card`, so that `last_tap` knows it."""
    return {f"{_TAP}{card}": tap.to_bytes(_TAP_BYTES)}


def holder(ledger: Ledger, account: str) -> Holder | None:
    """Return what an account (or the account it was joined to) is and holds, or None if there is none.

    One whose member was erased is blocked: nothing is earned or spent on it, and a refund finds its lots.
    """
    account = ledger.resolve(account)
    with ledger.reading() as conn:
        row = conn.execute("SELECT status FROM account WHERE id = ?", (account,)).fetchone()
        if row is None:
            return None
        rows = conn.execute(_LOTS, (account,)).fetchall()
    lots = {unit: tuple(map(Lot._make, map(_OF_LOT, held))) for unit, held in groupby(rows, key=itemgetter(0))}
    return Holder(account, Status.BLOCKED if row[0] == ERASED else Status(row[0]), lots)


def is_erased(ledger: Ledger, account: str) -> bool:
    """Say whether the member of an account was erased."""
    with ledger.reading() as conn:
        row = conn.execute("SELECT status FROM account WHERE id = ?", (ledger.resolve(account),)).fetchone()
    return row is not None and row[0] == ERASED


def profile_of(ledger: Ledger, subject: str) -> dict[str, Any] | None:
    """Return the profile of an account or a card, or None if there is none or its key is gone."""
    with ledger.reading() as conn:
        row = conn.execute("SELECT account, sealed FROM profile WHERE subject = ?", (subject,)).fetchone()
        return None if row is None else ledger.keys.unseal(bytes(row[1]), subject=subject, account=row[0])


def born(ledger: Ledger, account: str) -> str | None:
    """Return a member's birthday without its year, MM-DD; None if it is not known."""
    profile = profile_of(ledger, ledger.resolve(account))
    birthday = profile.get("birthday") if profile else None
    return str(birthday)[5:10] if birthday else None


def addressed(ledger: Ledger, account: str) -> tuple[str | None, str | None]:
    """Return what a slip may call the member, and in which language; None for what is not known."""
    profile = profile_of(ledger, ledger.resolve(account)) or {}
    return first_name_of(profile), profile.get("language")


def called(ledger: Ledger, account: str) -> Called:
    """Return what the cashier sees of a member's person."""
    profile = profile_of(ledger, ledger.resolve(account))
    if profile is None:
        return Called(None, None, None)
    ends = phone_end(str(profile.get("phone") or ""))
    born = str(profile.get("birthday") or "")[5:10] or None
    return Called(first_name_of(profile), masked_name(profile), ends, born, profile.get("language"))


def masked_name(profile: Mapping[str, Any]) -> str | None:
    """Return the first word of a profile's name, and the initial of the last one if there are several."""
    words = str(profile.get("name") or "").split()
    return None if not words else words[0] if len(words) == 1 else f"{words[0]} {words[-1][0]}."


def accounts_from(ledger: Ledger, start: str) -> list[str]:
    """Return the accounts whose id begins with `start`, as what they are part of by now."""
    between = (start, start + "~")  # an id has letters and digits, which all come before
    with ledger.reading() as conn:
        rows = conn.execute("SELECT id FROM account WHERE id BETWEEN ? AND ?", between).fetchall()
        rows += conn.execute("SELECT account FROM joined WHERE account BETWEEN ? AND ?", between).fetchall()
    return sorted({ledger.resolve(account) for (account,) in rows})
