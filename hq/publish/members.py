"""Members as the feed tells them: an account with all that was joined into it, profiles wrapped for the asking till."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Connection, func, select

from agent.errors import JournalError
from agent.journal.batch import SealedProfile
from agent.journal.feed import CardRow, LotRow, MemberRow
from agent.loyalty.sale import Status
from hq.database import total
from hq.publish.profiles import profiles_of
from hq.tables import account, card, lot, seen_in

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asking:
    """The till that is told: its shop, the key it opens profiles with, and the one we do."""

    shop: str
    receiver: X25519PublicKey
    own: X25519PrivateKey


class Members:
    """The accounts of one page, read in a few queries."""

    def __init__(self, conn: Connection, roots: Sequence[str], asking: Asking) -> None:
        self._asking = asking
        accounts = conn.execute(select(account).where(account.c.root.in_(roots))).all()
        self._accounts = _by_root(accounts)
        root_of = {row.id: row.root for row in accounts}
        cards = conn.execute(select(card).where(card.c.account.in_(list(root_of))).order_by(card.c.id)).all()
        self._cards = _grouped((root_of[row.account], row) for row in cards)
        self._profiles = profiles_of(conn, list(root_of))
        here = (seen_in.c.shop == asking.shop) & seen_in.c.account.in_(list(root_of))
        self._of_shop = {root_of[one] for one in conn.scalars(select(seen_in.c.account).where(here))}
        self._lots = _grouped((row.root, row) for row in conn.execute(summed_lots().where(account.c.root.in_(roots))))

    def lots_of(self, root: str) -> int:
        """Return how many lots a member has."""
        return len(self._lots[root])

    def row_of(self, root: str) -> MemberRow:
        """Return the feed's row of a member."""
        accounts = self._accounts[root]
        statuses = {row.status for row in accounts}
        status = next(one for one in (Status.BLOCKED, Status.REGULAR, Status.PROVISIONAL) if one in statuses)
        ids = sorted((row.id for row in accounts), key=lambda one: (one != root, one))
        return MemberRow(
            account=root,
            status=str(status),
            joined=tuple(ids[1:]),
            cards=tuple(CardRow(row.id, row.account, self._profile(row.id), row.role) for row in self._cards[root]),
            lots=tuple(LotRow(row.unit, row.lot, row.amount, row.expires) for row in self._lots[root]),
            profiles=tuple(found for one in ids if (found := self._profile(one)) is not None),
            whole=root in self._of_shop,
        )

    def _profile(self, subject: str) -> SealedProfile | None:
        """Return a profile for the till, or None if its key was never wrapped for us: that stops no feed."""
        found = self._profiles.get(subject)
        try:
            return None if found is None else found.wrapped_for(self._asking.receiver, self._asking.own)
        except JournalError as error:
            log.warning("profile of subject=%s stays here: %s", subject, error)
            return None


def summed_lots() -> Any:
    """Return the query for members' lots, those of joined accounts added up; what came to nothing is left out."""
    amount = total(lot.c.amount)
    return (
        select(account.c.root, lot.c.unit, lot.c.lot, amount.label("amount"), func.max(lot.c.expires).label("expires"))
        .join(account, account.c.id == lot.c.account)
        .group_by(account.c.root, lot.c.unit, lot.c.lot)
        .having(amount != 0)
        .order_by(account.c.root, lot.c.unit, lot.c.lot)
    )


def _by_root(accounts: Iterable[Any]) -> dict[str, list[Any]]:
    return _grouped((row.root, row) for row in accounts)


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for key, row in pairs:
        grouped[key].append(row)
    return grouped
