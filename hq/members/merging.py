"""Merging accounts that are of one member, and parting them again, by a person's word with a reason and a name.

What was posted before the merger stays where it was, and comes back with its account. What was posted since on the
whole is told apart by the card that was used: what the cards of the parted account brought goes with them, as far as it
is still there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from agent.errors import InvalidError, NotAllowedError, UnknownError
from agent.journal.entry import MEMBER_PREFIX, Entry, Posting, decode_entry
from agent.loyalty.sale import Status
from hq.books.fold import roots
from hq.books.own import POSTINGS_MAX, Decision, decide, is_decided
from hq.books.people.joining import with_all_joined
from hq.members.words import check_op, check_word
from hq.tables import account, card, joined, lot, raw, redemption, refund, sale

MERGED, PARTED, FOLLOWED = "accounts_joined", "accounts_parted", "units_followed"


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word: why, who says so, and what names it, so that a repetition changes nothing."""

    op: str
    reason: str
    by: str

    def __post_init__(self) -> None:
        """Refuse what may not stand in a journal; raises InvalidError."""
        check_word("reason", self.reason)
        check_word("name", self.by)
        check_op(self.op)


def merge(conn: Connection, one: str, into: str, word: Word, *, epoch: str) -> bool:
    """Make an account part of another; False if that was done under this op before.

    Raises UnknownError for an account that is not in the books, InvalidError if both are one already, NotAllowedError
    if one of them is blocked.
    """
    op = f"merge:{word.op}"
    if is_decided(conn, op):
        return False
    part, whole = (_root(conn, each) for each in (one, into))
    if part == whole:
        raise InvalidError(f"accounts {one!r} and {into!r} are one already")
    for each in (part, whole):
        if conn.scalar(select(account.c.status).where(account.c.id == each)) == Status.BLOCKED:
            raise NotAllowedError(f"account {each!r} is blocked, or its member was erased")
    body = {"account": part, "by": word.by, "into": whole, "reason": word.reason}
    return decide(conn, epoch, Decision(op, MERGED, body))


def unmerge(conn: Connection, one: str, word: Word, *, epoch: str) -> bool:
    """Let an account be on its own again, with what its cards brought since; False if that was done under this op.

    Raises UnknownError for an account that is part of no other.
    """
    op = f"part:{word.op}"
    if is_decided(conn, op):
        return False
    if conn.scalar(select(joined.c.into).where(joined.c.account == one)) is None:
        hint = "name the account that was joined into another: `tally-hq members show`"
        raise UnknownError(f"account {one[:80]!r} is part of no other", hint=hint)
    whole = _root(conn, one)
    postings = list(_following(conn, one, whole))
    body = {"account": one, "by": word.by, "from": whole, "reason": word.reason}
    for at in range(0, max(1, len(postings)), POSTINGS_MAX):
        name, kind = (op, PARTED) if at == 0 else (f"{op}:{at}", FOLLOWED)
        decide(conn, epoch, Decision(name, kind, body, tuple(postings[at : at + POSTINGS_MAX])))
    return True


def _root(conn: Connection, one: str) -> str:
    found = roots(conn, [one])
    if not found:
        raise UnknownError(f"account {one[:80]!r} is not in the books")
    return found.pop()


def _following(conn: Connection, one: str, whole: str) -> Iterator[Posting]:
    """Yield the postings that take to an account what its cards brought to the whole, as far as it is there."""
    going = with_all_joined(conn, one)
    staying = [each for each in with_all_joined(conn, whole) if each not in going]
    cards = set(conn.scalars(select(card.c.id).where(card.c.account.in_(going))))
    brought: dict[tuple[str, str, str, str | None], int] = defaultdict(int)
    for entry in _entries(conn, staying, cards):
        for posting in entry.postings:
            holder = posting.account.removeprefix(MEMBER_PREFIX)
            if posting.lot is not None and posting.account.startswith(MEMBER_PREFIX) and holder in staying:
                brought[holder, posting.unit, posting.lot, posting.expires] += posting.amount
    lots = conn.execute(select(lot).where(lot.c.account.in_([*staying, *going]))).all()
    there = {(row.account, row.unit, row.lot): row.amount for row in lots}
    for (holder, unit, name, expires), amount in sorted(brought.items(), key=repr):
        units = min(amount, there.get((holder, unit, name), 0))
        if units > 0:
            yield from _moved(unit, holder, one, units, (name, expires))
    for row in lots:  # a till takes from the whole what lies with the part: there is less of the part's own lots
        for holder in going if row.account in staying and row.amount < 0 else ():
            units = min(-there[row.account, row.unit, row.lot], there.get((holder, row.unit, row.lot), 0))
            if units > 0:
                there[row.account, row.unit, row.lot] += units
                yield from _moved(row.unit, holder, row.account, units, (row.lot, row.expires))


def _moved(unit: str, giver: str, taker: str, units: int, of: tuple[str, str | None]) -> Iterator[Posting]:
    yield Posting(unit, MEMBER_PREFIX + giver, -units, *of)
    yield Posting(unit, MEMBER_PREFIX + taker, units, *of)


def _entries(conn: Connection, accounts: Collection[str], cards: Collection[str]) -> Iterator[Entry]:
    """Yield the sales, refunds and redemptions of accounts in which one of these cards was used."""
    for table in (sale, refund, redemption):
        rows = select(raw.c.bytes).join(table, (table.c.journal == raw.c.journal) & (table.c.seq == raw.c.seq))
        for data in conn.scalars(rows.where(table.c.account.in_(list(accounts)))):
            entry = decode_entry(data)
            if entry.body.get("card") in cards:
                yield entry
