"""The books: what entries add to them. Sums only grow by additions, so the order of journals does not matter."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects.sqlite import insert

from agent.errors import JournalError
from agent.journal.entry import MEMBER_PREFIX, TILL_PREFIX
from agent.journal.fold import LotKey
from agent.loyalty.sale import Status
from hq.books.reading import Reading, accounts_of, read_entry
from hq.publish.announce import Kind, announce, retire
from hq.tables import account, booked, card, lot, posting_total, profile, quarantine, spend, takings

MEMBERS = "account"  # all members' ledger accounts together, in `posting_total`
_REASON_MAX = 300

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """The journal that entries come from: its row, its till, its epoch."""

    journal: int
    till: str
    epoch: str


@dataclass(slots=True)
class Sums:
    """What a run of entries adds, before it is written."""

    lots: dict[LotKey, int] = field(default_factory=lambda: defaultdict(int))
    postings: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    spend: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    takings: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    readings: list[Reading] = field(default_factory=list)

    def add(self, reading: Reading, source: Source) -> None:
        """Add one entry."""
        for key, amount in reading.changes.lots.items():
            if not key[0].startswith(TILL_PREFIX):  # what a till counts is summed in `posting_total`
                self.lots[key] += amount
        for posting in reading.entry.postings:
            holder = MEMBERS if posting.account.startswith(MEMBER_PREFIX) else posting.account
            self.postings[posting.unit, holder] += posting.amount
        place = {"journal": source.journal, "seq": reading.entry.seq}
        for table, rows in reading.rows.items():
            self.rows[table] += [place | row for row in rows]
        self._add_money(reading)
        self.readings.append(reading)

    def _add_money(self, reading: Reading) -> None:
        money = reading.money
        if money is None:
            return
        sold, returned = money.sold or 0, money.returned or 0
        counts = (int(money.sold is not None), sold, int(money.returned is not None), returned)
        taken = self.takings[money.currency]
        for at, count in enumerate(counts):
            taken[at] += count
        if money.account is not None:
            bought = self.spend[money.account, money.currency]
            bought[0] += sold
            bought[1] += returned


def book(conn: Connection, source: Source, entries: Sequence[tuple[int, bytes]]) -> list[str]:
    """Put entries (seq, canonical bytes) into the books and return the cards they link to accounts.

    What cannot be interpreted is set aside in `quarantine`. The commit also notes how far the books are.
    """
    sums = Sums()
    for seq, data in entries:
        try:
            sums.add(read_entry(data, till=source.till, epoch=source.epoch, seq=seq), source)
        except JournalError as error:
            sums.rows[quarantine].append(_set_aside(source, seq, str(error)))
    _write_sums(conn, source, sums)
    touched, cards = _write_facts(conn, sums.readings)
    announce(conn, Kind.MEMBER, roots(conn, touched))
    _note_booked(conn, source, entries[-1][0])
    return cards


def set_aside(conn: Connection, source: Source, seq: int, reason: str) -> None:
    """Put an entry into quarantine that could be read and yet not be booked."""
    conn.execute(insert(quarantine).values(**_set_aside(source, seq, reason)))
    _note_booked(conn, source, seq)


def _set_aside(source: Source, seq: int, reason: str) -> dict[str, Any]:
    log.warning("quarantine till=%s epoch=%s seq=%d reason=%r", source.till, source.epoch, seq, reason)
    return {"journal": source.journal, "seq": seq, "reason": reason[:_REASON_MAX]}


def _note_booked(conn: Connection, source: Source, seq: int) -> None:
    statement = insert(booked).values(journal=source.journal, seq=seq)
    conn.execute(statement.on_conflict_do_update(index_elements=["journal"], set_={"seq": seq}))


def roots(conn: Connection, accounts: Iterable[str]) -> set[str]:
    """Return the accounts that these are part of."""
    return set(conn.scalars(select(account.c.root).where(account.c.id.in_(list(accounts)))))


def _write_sums(conn: Connection, source: Source, sums: Sums) -> None:
    for table, rows in sums.rows.items():
        if rows:
            conn.execute(insert(table), rows)
    lots = [
        {"account": holder, "unit": unit, "lot": name, "expires": expires, "amount": amount}
        for (holder, unit, name, expires), amount in sums.lots.items()
    ]
    _add(conn, lot, ("account", "unit", "lot"), lots)
    postings = [{"unit": unit, "account": holder, "amount": amount} for (unit, holder), amount in sums.postings.items()]
    _add(conn, posting_total, ("unit", "account"), postings)
    bought = [
        {"account": holder, "currency": currency, "sales": sales, "returns": returns}
        for (holder, currency), (sales, returns) in sums.spend.items()
    ]
    _add(conn, spend, ("account", "currency"), bought)
    names = ("sales", "sales_money", "refunds", "returns_money")
    taken = [
        {"till": source.till, "currency": currency, **dict(zip(names, counts, strict=True))}
        for currency, counts in sums.takings.items()
    ]
    _add(conn, takings, ("till", "currency"), taken)


def _add(conn: Connection, table: Table, keys: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows of sums to a table: whole-number columns are added, the rest stays as it was."""
    if not rows:
        return
    statement = insert(table)
    added = {
        column.name: column + statement.excluded[column.name]
        for column in table.columns
        if column.name not in keys and column.type.python_type is int
    }
    conn.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=added), list(rows))


def _write_facts(conn: Connection, readings: Sequence[Reading]) -> tuple[set[str], list[str]]:
    """Write what is never taken back: accounts, cards, profiles, joins. Returns the accounts touched and the cards."""
    touched = {one for reading in readings for one in accounts_of(reading)}
    _open_accounts(conn, touched)
    confirm(conn, [one for reading in readings if (one := reading.changes.enrolled) is not None])
    cards = {link[0]: link for reading in readings for link in reading.changes.cards}
    _link_cards(conn, list(cards.values()))
    profiles = dict(named for reading in readings for named in reading.entry.profiles)
    touched |= _write_profiles(conn, profiles)
    for reading in readings:
        if reading.changes.joined is not None:
            _join(conn, *reading.changes.joined)
    return touched, sorted(cards)


def _open_accounts(conn: Connection, accounts: Iterable[str]) -> None:
    rows = [{"id": one, "status": Status.PROVISIONAL, "root": one} for one in sorted(accounts)]
    if rows:
        conn.execute(insert(account).on_conflict_do_nothing(), rows)


def confirm(conn: Connection, accounts: Collection[str]) -> None:
    """Make provisional accounts regular ones."""
    if accounts:
        provisional = account.c.status == Status.PROVISIONAL
        conn.execute(update(account).where(account.c.id.in_(accounts), provisional).values(status=Status.REGULAR))


def _link_cards(conn: Connection, cards: Sequence[tuple[str, str, str]]) -> None:
    if cards:
        statement = insert(card)
        same = {"account": statement.excluded.account, "role": statement.excluded.role}
        again = statement.on_conflict_do_update(index_elements=["id"], set_=same)
        conn.execute(again, [{"id": card_id, "account": holder, "role": role} for card_id, holder, role in cards])


def _write_profiles(conn: Connection, profiles: Mapping[str, str]) -> set[str]:
    """Note which profile counts for a subject: the latest in our order. Returns the accounts they belong to."""
    if not profiles:
        return set()
    of_cards = conn.execute(select(card.c.id, card.c.account).where(card.c.id.in_(list(profiles))))
    holders = {row.id: row.account for row in of_cards}
    rows = [
        {"subject": subject, "digest": digest, "account": holders.get(subject, subject)}
        for subject, digest in profiles.items()
    ]
    statement = insert(profile)
    same = {"digest": statement.excluded.digest, "account": statement.excluded.account}
    conn.execute(statement.on_conflict_do_update(index_elements=["subject"], set_=same), rows)
    return {row["account"] for row in rows}


def _join(conn: Connection, one: str, into: str) -> None:
    """Make `one`, and whatever was joined into it, part of `into`."""
    found = {row.id: row.root for row in conn.execute(select(account).where(account.c.id.in_([one, into])))}
    if found[one] != found[into]:
        conn.execute(update(account).where(account.c.root == found[one]).values(root=found[into]))
        retire(conn, Kind.MEMBER, found[one])
