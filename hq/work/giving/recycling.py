"""Recycling: once a month a part of what expired goes to the members of some tiers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from agent.journal.entry import EXPIRED, Entry, decode_entry
from agent.journal.wire.place import HQ
from agent.loyalty.ageing.recycling import plan, recycle
from agent.loyalty.judging.standing import tier_of
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Moment, Status
from hq.books.own import POSTINGS_MAX, Decision, decide, is_decided, op_for
from hq.publish.holders import holders
from hq.tables import account, journal, raw
from hq.work.absence import LAPSED, RESTORED
from hq.work.expiry import EXPIRED_KIND
from hq.work.terms import programmes

RECYCLED = "units_recycled"
_LOSSES = frozenset((EXPIRED_KIND, LAPSED, RESTORED))
_MEMBERS_AT_ONCE = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lost:
    """What expired of a unit before a day, and how much of that was looked at by an earlier recycling."""

    units: int
    looked_at: int

    @property
    def new(self) -> int:
        """What is to be looked at now; nothing while more was given back than was lost since."""
        return max(0, self.units - self.looked_at)


def give_away(conn: Connection, day: date, *, epoch: str) -> int:
    """Recycle what was lost before the month of `day` began; returns how many members got something."""
    given, told, before = 0, set[str](), day.replace(day=1)
    for terms in programmes(conn).values():
        rule = terms.recycling
        if rule is not None and rule.unit not in told:
            told.add(rule.unit)
            given += _give_away(conn, terms, rule.unit, before, epoch=epoch)
    return given


def _give_away(conn: Connection, terms: Programme, unit: str, before: date, *, epoch: str) -> int:
    month = before.isoformat()
    if is_decided(conn, op_for("recycle", unit, month, "0")):
        return 0
    moment, lost = Moment(month, confirmed=True), _lost(conn, unit, month)
    found = plan(terms, {unit: lost.new}, dict(_tiers(conn, terms, moment))) if lost.new else None
    if found is None or not found.accounts:
        return 0
    body = {"before": month, "each": found.each, "looked_at": lost.units, "unit": unit}
    size = POSTINGS_MAX // 2
    for at in range(0, len(found.accounts), size):
        op = op_for("recycle", unit, month, str(at))
        postings = recycle(terms, found, found.accounts[at : at + size], moment, lot=op)
        decide(conn, epoch, Decision(op, RECYCLED, body, postings))
    log.info("recycled unit=%s each=%d members=%d", unit, found.each, len(found.accounts))
    return len(found.accounts)


def _lost(conn: Connection, unit: str, before: str) -> Lost:
    """Sum up what own entries of days before say."""
    units = looked_at = 0
    for entry in _own(conn):
        if entry.kind in _LOSSES and entry.day < before:
            units += sum(one.amount for one in entry.postings if (one.unit, one.account) == (unit, EXPIRED))
        elif entry.kind == RECYCLED and entry.body["unit"] == unit:
            looked_at = max(looked_at, int(entry.body["looked_at"]))
    return Lost(units, looked_at)


def _own(conn: Connection) -> Iterator[Entry]:
    rows = select(raw.c.bytes).join(journal, journal.c.id == raw.c.journal).where(journal.c.till == HQ)
    for data in conn.scalars(rows.order_by(raw.c.journal, raw.c.seq)):
        yield decode_entry(data)


def _tiers(conn: Connection, terms: Programme, moment: Moment) -> Iterator[tuple[str, str | None]]:
    """Yield every member's tier."""
    after = ""
    of_members = (account.c.id == account.c.root) & (account.c.status == Status.REGULAR)
    while True:
        query = select(account.c.id).where(of_members, account.c.id > after).order_by(account.c.id)
        page = conn.scalars(query.limit(_MEMBERS_AT_ONCE)).all()
        if not page:
            return
        for holder in holders(conn, page):
            tier = tier_of(terms, holder, moment)
            yield holder.account, None if tier is None else tier.id
        after = page[-1]
