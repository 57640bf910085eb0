"""Reading members: whose card this is, what an account holds, who answers to a phone number or a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.ledger.kept.profiles import name_parts, phone_digits
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.loyalty.sale import Holder, Lot, Status

FOUND_MAX = 20  # members a search by name returns at most

_TAP = "tap:"  # and a card's id, which says nothing of its number: a key in `state`
_TAP_BYTES = 8  # always as many, so that SQLite finds the highest


# A number that began a provisional account and was then linked to a household's has two cards: the household's counts,
# and among several of them the one that may do least.
_CARDS_OF_NUMBER = """
SELECT card.id, card.account FROM search
JOIN card ON card.id = search.subject
LEFT JOIN joined ON joined.account = card.account
LEFT JOIN account ON account.id = coalesce(joined.into_account, card.account)
WHERE search.token = ? ORDER BY account.status = 'provisional', card.role, card.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class CardHolder:
    """A card and the account it is linked to."""

    card: str
    account: str


@dataclass(frozen=True, slots=True)
class Found:
    """A member who was looked up: the account, and the card of the person of it who answers to what was asked.

    `card` is None when that is the member himself.
    """

    account: str
    card: str | None


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
            "SELECT max(state.value) FROM search JOIN state ON state.key = ? || search.subject WHERE search.token = ?",
            (_TAP, ledger.keys.token(str(source), number)),
        ).fetchone()
    return None if row[0] is None else int.from_bytes(row[0])


def tapped(card: str, tap: int) -> Mapping[str, bytes]:
    """Return what to remember of a tap of `card`, so that `last_tap` knows it."""
    return {f"{_TAP}{card}": tap.to_bytes(_TAP_BYTES)}


def holder(ledger: Ledger, account: str) -> Holder | None:
    """Return what an account (or the account it was joined to) is and holds, or None if there is none."""
    account = ledger.resolve(account)
    with ledger.reading() as conn:
        row = conn.execute("SELECT status FROM account WHERE id = ?", (account,)).fetchone()
        if row is None:
            return None
        rows = conn.execute(
            "SELECT unit, lot, amount, expires FROM lot WHERE account = ? AND amount != 0", (account,)
        ).fetchall()
    lots: dict[str, list[Lot]] = {}
    for unit, lot, amount, expires in rows:
        lots.setdefault(unit, []).append(Lot(lot, amount, expires))
    return Holder(account, Status(row[0]), {unit: tuple(held) for unit, held in lots.items()})


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


def first_name(ledger: Ledger, account: str) -> str | None:
    """Return what a slip may call the member."""
    profile = profile_of(ledger, ledger.resolve(account))
    words = str(profile.get("name") or "").split() if profile else []
    return words[0] if words else None


def accounts_from(ledger: Ledger, start: str) -> list[str]:
    """Return the accounts whose id begins with `start`, as what they are part of by now."""
    between = (start, start + "~")  # an id has letters and digits, which all come before
    with ledger.reading() as conn:
        rows = conn.execute("SELECT id FROM account WHERE id BETWEEN ? AND ?", between).fetchall()
        rows += conn.execute("SELECT account FROM joined WHERE account BETWEEN ? AND ?", between).fetchall()
    return sorted({ledger.resolve(account) for (account,) in rows})


def by_phone(ledger: Ledger, phone: str) -> list[Found]:
    """Return the members with this phone number, however its country is written."""
    return _found(ledger, [ledger.keys.token("phone", phone_digits(phone))])


def by_name(ledger: Ledger, name: str) -> list[Found]:
    """Return the members whose name has every word of `name`, at most FOUND_MAX."""
    return _found(ledger, [ledger.keys.token("name", part) for part in name_parts(name)])


def _found(ledger: Ledger, tokens: Iterable[bytes]) -> list[Found]:
    """Return who answers to all tokens: an account once, and for itself rather than for one of its cards."""
    subjects: set[tuple[str, str]] | None = None
    with ledger.reading() as conn:
        for token in tokens:
            rows = conn.execute("SELECT subject, account FROM search WHERE token = ?", (token,))
            these = {(subject, account) for subject, account in rows}
            subjects = these if subjects is None else subjects & these
    cards: dict[str, list[str | None]] = {}
    for subject, account in sorted(subjects or ()):
        cards.setdefault(ledger.resolve(account), []).append(None if subject == account else subject)
    found = [Found(account, None if None in known else known[0]) for account, known in sorted(cards.items())]
    return found[:FOUND_MAX]
