"""Profiles of which several records came: which value of each field shows, and which others are kept.

The values stay sealed in their records. The order is that in which entries came here, so a rebuild finds the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from agent.errors import JournalError
from agent.journal.entry import Entry, decode_entry
from agent.journal.sealed import unseal, unwrap_key
from hq.books.people.merging import Said, merge
from hq.keys import Keys
from hq.publish.profiles import flat
from hq.tables import journal, other_value, profile, profile_field, raw, record, sealed, sealed_key

log = logging.getLogger(__name__)


def put_together(conn: Connection, journal_id: int, first: int, last: int, *, keys: Keys) -> None:
    """Put together the profiles that entries `first` to `last` of a journal name, and others named before."""
    named = select(record.c.subject).where(record.c.journal == journal_id, record.c.seq.between(first, last))
    several = select(record.c.subject).where(record.c.subject.in_(named)).group_by(record.c.subject)
    for subject in conn.scalars(several.having(func.count(record.c.digest.distinct()) > 1)).all():
        _put_together(conn, subject, keys)


def _put_together(conn: Connection, subject: str, keys: Keys) -> None:
    history = list(_history(conn, subject, keys))
    for table in (profile_field, other_value):
        conn.execute(delete(table).where(table.c.subject == subject))
    if not history:
        return
    merged, latest = merge(history), history[-1]
    conn.execute(update(profile).where(profile.c.subject == subject).values(digest=latest.digest))
    fields = [
        {"subject": subject, "field": field, "digest": said.digest}
        for field, said in merged.shown.items()
        if latest.content.get(field) != said.content.get(field)
    ]
    others = {
        (field, said.digest): {"till": said.till, "at_ms": said.received_ms}
        for field, several in merged.others.items()
        for said in several
    }
    if fields:
        conn.execute(insert(profile_field), fields)
    if others:
        rows = [{"subject": subject, "field": name, "digest": of, **row} for (name, of), row in others.items()]
        conn.execute(insert(other_value), rows)
        log.warning("subject=%s was told differently by tills that did not know of each other", subject)


def _history(conn: Connection, subject: str, keys: Keys) -> Iterator[Said]:
    """Yield the records of a subject that open, in the order in which they came."""
    rows = conn.execute(
        select(record.c.digest, raw.c.bytes, raw.c.received_ms, sealed.c.sealed, sealed_key.c.wrapped, journal.c.till)
        .join(raw, (raw.c.journal == record.c.journal) & (raw.c.seq == record.c.seq))
        .join(journal, journal.c.id == record.c.journal)
        .join(sealed, (sealed.c.subject == record.c.subject) & (sealed.c.digest == record.c.digest))
        .join(sealed_key, (sealed_key.c.subject == record.c.subject) & (sealed_key.c.digest == record.c.digest))
        .where(record.c.subject == subject)
        .order_by(raw.c.received_ms, record.c.journal, record.c.seq)
    )
    for row in rows:
        try:
            content = unseal(row.sealed, subject=subject, key=unwrap_key(row.wrapped, keys.profile))
        except JournalError as error:
            log.warning("a record of subject=%s does not open: %s", subject, error)
            continue
        entry = decode_entry(row.bytes)
        yield Said(row.digest, row.till, flat(content), row.received_ms, _heard_ms(entry), _fields(entry))


def _heard_ms(entry: Entry) -> int:
    heard_ms = entry.clock.get("hq_ms")
    return heard_ms if type(heard_ms) is int else 0


def _fields(entry: Entry) -> frozenset[str] | None:
    """Return what an entry says it changed of a profile, None if it does not say."""
    fields = entry.body.get("changed")
    if not isinstance(fields, Sequence) or isinstance(fields, str):
        return None
    return frozenset(one for one in fields if isinstance(one, str))
