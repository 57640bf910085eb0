"""Showing a member: what his profile says, and what other tills said that did not know of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from agent.errors import JournalError, UnknownError
from hq.books.fold import roots
from hq.keys import Keys
from hq.publish.holders import holders
from hq.publish.profiles import Profile, Record, flat, profiles_of
from hq.tables import account, card, other_value, profile, sealed, sealed_key


@dataclass(frozen=True, slots=True)
class Other:
    """Another value of a field of a profile, kept: which till said it, and when that came (Unix ms)."""

    subject: str
    field: str
    value: Any
    till: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member: `joined` are the accounts that are part of this one, `profiles` what each of them and each card says.

    `balances` are units by their names.
    """

    account: str
    status: str
    joined: tuple[str, ...]
    cards: tuple[str, ...]
    balances: Mapping[str, int]
    profiles: Mapping[str, Mapping[str, Any]]
    others: tuple[Other, ...]


def show(conn: Connection, account_id: str, *, keys: Keys) -> Member:
    """Return the member that an account is of; raises UnknownError when the books have no such account."""
    found = roots(conn, [account_id])
    if not found:
        raise UnknownError(f"account {account_id[:80]!r} is not in the books")
    (root,) = found
    (holder,) = holders(conn, found)
    parts = sorted(conn.scalars(select(account.c.id).where(account.c.root == root)))
    return Member(
        account=root,
        status=str(conn.execute(select(account.c.status).where(account.c.id == root)).scalar_one()),
        joined=tuple(one for one in parts if one != root),
        cards=tuple(conn.scalars(select(card.c.id).where(card.c.account.in_(parts)).order_by(card.c.id))),
        balances={unit: holder.balance(unit) for unit in sorted(holder.lots)},
        profiles={who: _content(one, keys) for who, one in sorted(profiles_of(conn, parts).items())},
        others=tuple(_others(conn, parts, keys)),
    )


def contradicted(conn: Connection) -> list[str]:
    """Return the accounts of members of whom tills said what does not go together."""
    query = select(account.c.root).join(profile, profile.c.account == account.c.id)
    query = query.join(other_value, other_value.c.subject == profile.c.subject)
    return list(conn.scalars(query.distinct().order_by(account.c.root)))


def _others(conn: Connection, parts: list[str], keys: Keys) -> Iterator[Other]:
    same = (sealed.c.subject == other_value.c.subject) & (sealed.c.digest == other_value.c.digest)
    own = (sealed_key.c.subject == other_value.c.subject) & (sealed_key.c.digest == other_value.c.digest)
    rows = conn.execute(
        select(other_value, sealed.c.sealed, sealed_key.c.wrapped)
        .join(profile, profile.c.subject == other_value.c.subject)
        .join(sealed, same)
        .join(sealed_key, own)
        .where(profile.c.account.in_(parts))
        .order_by(other_value.c.subject, other_value.c.field, other_value.c.at_ms)
    )
    for row in rows:
        content = _content(Profile(Record(row.subject, row.sealed, row.wrapped)), keys)
        yield Other(row.subject, row.field, content.get(row.field), row.till, row.at_ms)


def _content(one: Profile, keys: Keys) -> Mapping[str, Any]:
    """Return what a profile says, flat; nothing if it does not open."""
    try:
        return flat(one.content(keys.profile))
    except JournalError:
        return {}
