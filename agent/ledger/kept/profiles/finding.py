"""Finding members by phone number, e-mail address or name: lookups of hashes, and nothing is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from agent.ledger.kept.profiles.forms import EMAIL, PHONE, email_form, phone_digits
from agent.ledger.kept.profiles.keys import Keys
from agent.ledger.kept.profiles.names import Asked, asked, exact_forms
from agent.ledger.ledger import Ledger

FOUND_MAX: Final = 20  # members a search by name returns at most
_WORDS_MAX: Final = 8  # that are looked for
_COMMON: Final = 50 * FOUND_MAX  # of the people whose name is one word that was asked for, so many are looked at

_MANY: Final = 5000  # profiles are not counted further
_FEW: Final = 300  # so many are looked for one by one

_NEARNESS: Final = (("exact",), ("exact", "typo"), ("exact", "typo", "sound"))  # what of a word is looked for

_Ways = list[list[bytes]]  # tokens, from the nearest forms of a word to the furthest


@dataclass(frozen=True, slots=True)
class Found:
    """A member who was looked up: the account, and the card of the person of it who answers to what was asked.

    `card` is None when that is the member himself.
    """

    account: str
    card: str | None


def by_phone(ledger: Ledger, phone: str) -> list[Found]:
    """Return the members with this phone number, however its country is written."""
    return _by_one(ledger, ledger.keys.token(PHONE, phone_digits(phone)))


def by_email(ledger: Ledger, email: str) -> list[Found]:
    """Return the members with this e-mail address, whatever its case."""
    return _by_one(ledger, ledger.keys.token(EMAIL, email_form(email)))


def by_name(ledger: Ledger, name: str) -> list[Found]:
    """Return the members whose name has every word of `name`, at most FOUND_MAX.

    A word may have one typo if it has four letters or more, be written in other letters, or sound alike; who has the
    very words comes first.
    """
    words = asked(name)[:_WORDS_MAX]
    if not words:
        return []
    with ledger.reading() as conn:
        for nearness in _NEARNESS:
            ranks = _ranked(conn, [_tokens(ledger.keys, word, nearness) for word in words])
            found = _found(ledger, conn, sorted(ranks, key=lambda number: (ranks[number], number)))
            if len(found) == FOUND_MAX:
                break
    return found


def of_this_name(ledger: Ledger, name: str, phone: str) -> list[Found]:
    """Return who has this phone number and a name of these very words, no typo allowed."""
    with ledger.reading() as conn:
        numbers = _led_to(conn, [ledger.keys.token(PHONE, phone_digits(phone))])
        for form in sorted(exact_forms(name)):
            numbers &= _led_to(conn, [ledger.keys.token(*form)])
        return _found(ledger, conn, sorted(numbers))


def _by_one(ledger: Ledger, token: bytes) -> list[Found]:
    with ledger.reading() as conn:
        return _found(ledger, conn, sorted(_led_to(conn, [token])))


def _tokens(keys: Keys, word: Asked, nearness: tuple[str, ...]) -> _Ways:
    """Return the tokens that lead to who has a form of a word, those of the nearest forms first."""
    return [[keys.token(*form) for form in sorted(getattr(word, near))] for near in nearness]


def _ranked(conn: sqlite3.Connection, words: Sequence[_Ways]) -> dict[int, int]:
    """Return the profiles that there is a way to from every word, and how far off they are in all."""
    if len(words) == 1:
        found = [_led_to(conn, tokens, limit=_COMMON) for tokens in words[0]]
        return {number: off for off in range(len(found) - 1, -1, -1) for number in found[off]}
    numbers: set[int] | None = None
    for tokens in sorted(([*chain.from_iterable(word)] for word in words), key=lambda some: _how_many(conn, some)):
        numbers = _led_to(conn, tokens, among=numbers)
    ranks = dict.fromkeys(numbers or (), 0)
    for word in words:
        left = set(ranks)
        for off, tokens in enumerate(word):
            near = _led_to(conn, tokens, among=left)
            ranks |= {number: ranks[number] + off for number in near}
            left -= near
    return ranks


def _how_many(conn: sqlite3.Connection, tokens: Sequence[bytes]) -> int:
    """Return how many profiles these tokens lead to, or that they are many."""
    query = f"SELECT count(*) FROM (SELECT 1 FROM search WHERE {_any(len(tokens))} LIMIT ?)"  # noqa: S608 - question marks
    return int(conn.execute(query, (*tokens, _MANY)).fetchone()[0])


def _led_to(
    conn: sqlite3.Connection, tokens: Sequence[bytes], *, among: set[int] | None = None, limit: int = -1
) -> set[int]:
    """Return the numbers of the profiles that any of these tokens leads to, of all or `among` some."""
    query = f"SELECT profile FROM search WHERE {_any(len(tokens))}"  # noqa: S608 - question marks
    if among is not None and len(among) <= _FEW:
        query += f" AND profile IN ({_marks(len(among))})"
        return {number for (number,) in conn.execute(query, (*tokens, *among))}
    numbers = {number for (number,) in conn.execute(query + " LIMIT ?", (*tokens, limit))}
    return numbers if among is None else numbers & among


def _any(count: int) -> str:
    """The tokens that are looked for; `half` is named, or SQLite would go through the whole table."""
    return f"half IN (0, 1) AND token IN ({_marks(count)})"


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _found(ledger: Ledger, conn: sqlite3.Connection, numbers: Iterable[int]) -> list[Found]:
    """Return whose profiles these are: an account once, and for itself rather than for one of its cards."""
    cards: dict[str, list[str | None]] = {}
    for subject, account in _subjects(conn, numbers):
        cards.setdefault(ledger.resolve(account), []).append(None if subject == account else subject)
        if len(cards) == FOUND_MAX:
            break
    return [
        Found(account, None if None in known else min(card for card in known if card is not None))
        for account, known in cards.items()
    ]


def _subjects(conn: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[tuple[str, str]]:
    for number in numbers:
        row = conn.execute("SELECT subject, account FROM profile WHERE id = ?", (number,)).fetchone()
        if row is not None:
            yield row
