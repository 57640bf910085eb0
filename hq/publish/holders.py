"""Holders: members as the programme sees them, with all that was joined into them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection

from agent.loyalty.sale import Holder, Lot, Status
from hq.publish.members import summed_lots
from hq.tables import account


def holders(conn: Connection, roots: Collection[str]) -> list[Holder]:
    """Return what members hold, by their ids."""
    held: dict[str, dict[str, list[Lot]]] = {root: defaultdict(list) for root in sorted(roots)}
    for row in conn.execute(summed_lots().where(account.c.root.in_(list(roots)))):
        held[row.root][row.unit].append(Lot(row.lot, row.amount, row.expires))
    return [
        Holder(root, Status.REGULAR, {unit: tuple(lots) for unit, lots in units.items()})
        for root, units in held.items()
    ]
