"""The books: what entries add to them. Sums only grow by additions, so the order of journals does not matter."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, case, delete, or_, select, update

from agent.errors import JournalError
from agent.journal.entry import MEMBER_PREFIX, TILL_PREFIX, Entry
from agent.journal.fold import BLOCKED, LotKey
from agent.journal.wire.place import HQ
from agent.loyalty.sale import Status
from hq.books.people.joining import join, part
from hq.books.reading import Reading, accounts_of, read_entry
from hq.database import add_sums, check_even, copy_in, insert
from hq.publish.announce import Kind, announce
from hq.publish.codes import announce_vouchers
from hq.receive.tills import raise_flag
from hq.tables import (
    MEMBERS,
    account,
    booked,
    card,
    day_takings,
    decision,
    erased,
    fresh,
    identity,
    journal_day,
    journal_end,
    lot,
    posting_total,
    profile,
    quarantine,
    record,
    seen_in,
    spend,
    takings,
)

_REASON_MAX = 300
_ID_MAX = 64  # of an id that is told to people

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """The journal that entries come from: its row, its till, its epoch."""

    journal: int
    till: str
    epoch: str

    @property
    def stated(self) -> str:
        """The till as entries name it: a machine that lost its till spoke as it, too (`hq.apart.forks`)."""
        return self.till.partition("~")[0]


@dataclass(slots=True)
class Sums:
    """What a run of entries adds, before it is written."""

    lots: dict[LotKey, int] = field(default_factory=lambda: defaultdict(int))
    postings: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    spend: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    takings: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    days: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
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
        self.rows[record] += [
            place | {"subject": who, "digest": of} for who, of in dict(reading.entry.profiles).items()
        ]
        self._add_money(reading)
        self.days[reading.entry.day].append(reading.entry)
        self.readings.append(reading)

    def _add_money(self, reading: Reading) -> None:
        money = reading.money
        if money is None:
            return
        sold, returned = money.sold or 0, money.returned or 0
        counts = (int(money.sold is not None), sold, int(money.returned is not None), returned)
        taken = self.takings[reading.entry.day, money.currency]
        for at, count in enumerate(counts):
            taken[at] += count
        if money.account is not None:
            bought = self.spend[money.account, money.currency]
            bought[0] += sold
            bought[1] += returned


def book(conn: Connection, source: Source, entries: Sequence[tuple[int, bytes]]) -> list[str]:
    """Put entries (seq, canonical bytes) into the books and return the cards they link to accounts.

    What cannot be interpreted is set aside in `quarantine`. The commit also notes how far the books are. Raises
    JournalError when a unit would not come out even: the database will not take such a commit.
    """
    sums, readings = Sums(), []
    for seq, data in entries:
        try:
            reading = read_entry(data, till=source.stated, epoch=source.epoch, seq=seq)
            if source.till == HQ:
                _check_undecided(conn, reading.entry)
            readings.append(reading)
        except JournalError as error:
            sums.rows[quarantine].append(_set_aside(source, seq, str(error)))
    for reading in _once(conn, source, readings, sums):
        sums.add(reading, source)
    _write_sums(conn, source, sums)
    touched, cards = _write_facts(conn, sums.readings)
    _note_seen(conn, source, touched)
    announce(conn, Kind.MEMBER, roots(conn, touched))
    parted = {one.changes.parted[0] for one in sums.readings if one.changes.parted is not None}
    announce(conn, Kind.MEMBER, roots(conn, parted))  # after the rest: a till hears first what is no longer there
    announce_vouchers(conn, sums.lots)
    _note_fresh(conn, source, sums, entries[-1][0])
    _note_booked(conn, source, entries[-1][0])
    return cards


def _once(conn: Connection, source: Source, readings: Sequence[Reading], sums: Sums) -> Iterator[Reading]:
    """Yield what was read, without an entry whose id the till has used before: set aside and flagged (S4).

    Of several entries nobody looks first: the table takes no id twice, and then they are booked one by one.
    """
    for reading in readings:
        entry, named = reading.entry, {"till": source.stated, "id": reading.entry.id}
        if len(readings) == 1 and conn.scalar(select(identity.c.id).filter_by(**named)) is not None:
            reason = f"entry {entry.seq} has the id of another entry of its till: {entry.id[:_ID_MAX]}"
            sums.rows[quarantine].append(_set_aside(source, entry.seq, reason))
            raise_flag(conn, source.stated, "identity", f"epoch {source.epoch[:8]}: {reason}")
            continue
        sums.rows[identity].append(named)
        yield reading


def _check_undecided(conn: Connection, entry: Entry) -> None:
    """Raise JournalError if another entry decided the same: a till gave this one back after it was decided anew."""
    known = conn.scalar(select(decision.c.entry).where(decision.c.op == entry.op))
    if known not in {None, entry.id}:
        raise JournalError(f"entry {entry.seq} decides again what another entry has decided: {entry.op}")


def set_aside(conn: Connection, source: Source, seq: int, reason: str) -> None:
    """Put an entry into quarantine that could be read and yet not be booked."""
    conn.execute(insert(conn, quarantine).values(**_set_aside(source, seq, reason)))
    _note_booked(conn, source, seq)


def _set_aside(source: Source, seq: int, reason: str) -> dict[str, Any]:
    log.warning("quarantine till=%s epoch=%s seq=%d reason=%r", source.till, source.epoch, seq, reason)
    return {"journal": source.journal, "seq": seq, "reason": reason[:_REASON_MAX]}


def _note_fresh(conn: Connection, source: Source, sums: Sums, seq: int) -> None:
    """Note what a journal gave whose end has not come yet, and forget it when it has."""
    end = conn.scalar(select(journal_end.c.seq).where(journal_end.c.journal == source.journal))
    if end is None:
        return
    if seq >= end:
        conn.execute(delete(fresh).where(fresh.c.journal == source.journal))
        return
    rows = [
        {"journal": source.journal, "account": holder, "unit": unit, "lot": name}
        for (holder, unit, name, _), amount in sums.lots.items()
        if amount > 0
    ]
    if rows:
        conn.execute(insert(conn, fresh).on_conflict_do_nothing(), rows)


def _note_seen(conn: Connection, source: Source, accounts: Iterable[str]) -> None:
    """Note that a till's shop knows accounts: it may keep their whole profiles."""
    shop = source.till.partition("/")[0]
    rows = [{"account": one, "shop": shop} for one in sorted(accounts)]
    if rows and source.till != HQ:
        conn.execute(insert(conn, seen_in).on_conflict_do_nothing(), rows)


def _note_booked(conn: Connection, source: Source, seq: int) -> None:
    statement = insert(conn, booked).values(journal=source.journal, seq=seq)
    conn.execute(statement.on_conflict_do_update(index_elements=["journal"], set_={"seq": seq}))


def roots(conn: Connection, accounts: Iterable[str]) -> set[str]:
    """Return the accounts that these are part of."""
    return set(conn.scalars(select(account.c.root).where(account.c.id.in_(list(accounts)))))


def _write_sums(conn: Connection, source: Source, sums: Sums) -> None:
    for table, rows in sums.rows.items():
        if rows:
            keys = list(rows[0])
            copy_in(conn, table, keys, [tuple(row[key] for key in keys) for row in rows])
    lots = [
        {"account": holder, "unit": unit, "lot": name, "expires": expires, "amount": amount}
        for (holder, unit, name, expires), amount in sums.lots.items()
    ]
    add_sums(conn, lot, ("account", "unit", "lot"), lots)
    postings = [{"unit": unit, "account": holder, "amount": amount} for (unit, holder), amount in sums.postings.items()]
    add_sums(conn, posting_total, ("unit", "account"), postings)
    check_even(conn)
    bought = [
        {"account": holder, "currency": currency, "sales": sales, "returns": returns}
        for (holder, currency), (sales, returns) in sums.spend.items()
    ]
    add_sums(conn, spend, ("account", "currency"), bought)
    names = ("sales", "sales_money", "refunds", "returns_money")
    taken = [
        {"till": source.till, "day": day, "currency": currency, **dict(zip(names, counts, strict=True))}
        for (day, currency), counts in sums.takings.items()
    ]
    add_sums(conn, day_takings, ("till", "day", "currency"), taken)
    whole = [{name: value for name, value in row.items() if name != "day"} for row in taken]
    add_sums(conn, takings, ("till", "currency"), whole)
    _write_days(conn, source, sums.days)


def _write_days(conn: Connection, source: Source, days: Mapping[str, Sequence[Entry]]) -> None:
    rows = [
        {
            "journal": source.journal,
            "day": day,
            "first": entries[0].seq,
            "last": entries[-1].seq,
            "entries": len(entries),
            "unconfirmed": sum(entry.clock.get("confirmed") is not True for entry in entries),
        }
        for day, entries in days.items()
    ]
    if rows:
        statement, table = insert(conn, journal_day), journal_day.c
        added = {
            "last": statement.excluded.last,
            "entries": table.entries + statement.excluded.entries,
            "unconfirmed": table.unconfirmed + statement.excluded.unconfirmed,
        }
        conn.execute(statement.on_conflict_do_update(index_elements=["journal", "day"], set_=added), rows)


def _write_facts(conn: Connection, readings: Sequence[Reading]) -> tuple[set[str], list[str]]:
    """Write what is no sum: accounts, cards, profiles, joins. Returns the accounts touched and the cards."""
    touched = {one for reading in readings for one in accounts_of(reading)}
    _open_accounts(conn, touched)
    confirm(conn, [one for reading in readings if (one := reading.changes.enrolled) is not None])
    cards = {link[0]: link for reading in readings for link in reading.changes.cards}
    _link_cards(conn, list(cards.values()))
    _note_erased(conn, readings)
    _note_decided(conn, readings)
    profiles = dict(named for reading in readings for named in reading.entry.profiles)
    touched |= _write_profiles(conn, profiles)
    for reading in readings:
        if reading.changes.joined is not None:
            join(conn, *reading.changes.joined)
        if reading.changes.parted is not None and reading.entry.till == HQ:
            part(conn, reading.changes.parted[0])
    return touched, sorted(cards)


def _open_accounts(conn: Connection, accounts: Iterable[str]) -> None:
    rows = [{"id": one, "status": Status.PROVISIONAL, "root": one} for one in sorted(accounts)]
    if rows:
        conn.execute(insert(conn, account).on_conflict_do_nothing(), rows)


def confirm(conn: Connection, accounts: Collection[str]) -> None:
    """Make provisional accounts regular ones."""
    if accounts:
        provisional = account.c.status == Status.PROVISIONAL
        conn.execute(update(account).where(account.c.id.in_(accounts), provisional).values(status=Status.REGULAR))


def _note_erased(conn: Connection, readings: Sequence[Reading]) -> None:
    """Block the accounts of erased members, and note whose own journal says it: `erasing` does the rest."""
    rows: dict[str, bool] = {}
    for reading in readings:
        if reading.changes.erased is not None:
            one = reading.changes.erased
            rows[one] = rows.get(one, False) or reading.entry.till == HQ
    if rows:
        statement = insert(conn, erased)
        either = {"own": or_(erased.c.own, statement.excluded.own)}
        again = statement.on_conflict_do_update(index_elements=["account"], set_=either)
        conn.execute(again, [{"account": one, "own": own} for one, own in rows.items()])
        conn.execute(update(account).where(account.c.id.in_(list(rows))).values(status=Status.BLOCKED))


def _note_decided(conn: Connection, readings: Sequence[Reading]) -> None:
    rows = [{"op": one.entry.op, "entry": one.entry.id} for one in readings if one.entry.till == HQ]
    if rows:
        conn.execute(insert(conn, decision).on_conflict_do_nothing(), rows)


def _link_cards(conn: Connection, cards: Sequence[tuple[str, str, str]]) -> None:
    if cards:
        statement = insert(conn, card)
        role = case((card.c.role == BLOCKED, card.c.role), else_=statement.excluded.role)  # once, and for ever
        same = {"account": statement.excluded.account, "role": role}
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
    statement = insert(conn, profile)
    same = {"digest": statement.excluded.digest, "account": statement.excluded.account}
    conn.execute(statement.on_conflict_do_update(index_elements=["subject"], set_=same), rows)
    return {row["account"] for row in rows}
