"""Terms: the programmes in force, and whose word counts for which of a member's units."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from agent.errors import ProgrammeError
from agent.loyalty.programme import load
from agent.loyalty.programme.units import expired_of
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Holder
from hq.tables import programme

log = logging.getLogger(__name__)


def programmes(conn: Connection) -> dict[str, Programme]:
    """Return the programmes in force by version, in the order of their shops; one that cannot be used is left out."""
    found: dict[str, Programme] = {}
    for row in conn.execute(select(programme).order_by(programme.c.shop)):
        try:
            found.setdefault(row.version, load(row.data))
        except ProgrammeError as error:
            log.warning("shop=%s has a programme that cannot be used: %s", row.shop, error)
    return found


def programme_of(conn: Connection, shop: str) -> Programme | None:
    """Return the programme in force in a shop, None if there is none that can be used."""
    version = conn.scalar(select(programme.c.version).where(programme.c.shop == shop))
    return None if version is None else programmes(conn).get(version)


def shares(known: Mapping[str, Programme], holder: Holder) -> Iterator[tuple[Programme, Holder]]:
    """Yield each programme with those of a member's units of which no programme before it speaks."""
    left = dict(holder.lots)
    for terms in known.values():
        names = [name for unit in terms.units for name in (unit.id, expired_of(unit.id))]
        yield terms, replace(holder, lots={name: left.pop(name) for name in names if name in left})
