"""Recognising cards: the same number opened at two tills is one member, and a number we have read is a member at last.

The number stands in the card's sealed profile, which headquarters can open; of it the books keep a keyed fingerprint.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, bindparam, select, update

from agent.errors import JournalError
from agent.journal.sealed import unseal, unwrap_key
from agent.loyalty.cards import Source
from hq.books.fold import confirm, roots
from hq.books.own import Decision, decide
from hq.keys import Keys
from hq.publish.announce import Kind, announce
from hq.tables import account, card, profile, sealed, sealed_key

log = logging.getLogger(__name__)


def recognise(conn: Connection, cards: Sequence[str], *, epoch: str, keys: Keys) -> None:
    """Read the numbers of cards, confirm their accounts, and join accounts whose cards have the same number.

    Of joined accounts the smallest id stays, whichever till came first. A card whose profile is missing or does not
    open leaves its account provisional.
    """
    fingerprints = _fingerprints(conn, cards, keys)
    if not fingerprints:
        return
    given = [{"card_id": card_id, "value": value} for card_id, value in fingerprints.items()]
    conn.execute(update(card).where(card.c.id == bindparam("card_id")).values(fingerprint=bindparam("value")), given)
    holders = list(conn.scalars(select(card.c.account).where(card.c.id.in_(list(fingerprints)))))
    confirm(conn, holders)
    for same in _alike(conn, set(fingerprints.values())):
        into, *others = sorted(roots(conn, same))  # a join before this one may have moved them
        for other in others:
            decide(conn, epoch, Decision(f"join:{other}", "accounts_joined", {"account": other, "into": into}))
            log.info("joined account=%s into=%s", other, into)
    announce(conn, Kind.MEMBER, roots(conn, holders))


def _alike(conn: Connection, fingerprints: Collection[bytes]) -> Iterable[set[str]]:
    """Return the accounts of each card number that more than one account has."""
    rows = conn.execute(
        select(card.c.fingerprint, account.c.root)
        .join(account, card.c.account == account.c.id)
        .where(card.c.fingerprint.in_(fingerprints))
    )
    found: dict[bytes, set[str]] = defaultdict(set)
    for row in rows:
        found[row.fingerprint].add(row.root)
    return [same for same in found.values() if len(same) > 1]


def _fingerprints(conn: Connection, cards: Sequence[str], keys: Keys) -> dict[str, bytes]:
    rows = conn.execute(
        select(sealed.c.subject, sealed.c.sealed, sealed_key.c.wrapped)
        .join(sealed_key, (sealed_key.c.subject == sealed.c.subject) & (sealed_key.c.digest == sealed.c.digest))
        .join(profile, (profile.c.subject == sealed.c.subject) & (profile.c.digest == sealed.c.digest))
        .where(sealed.c.subject.in_(cards))
    )
    found: dict[str, bytes] = {}
    for row in rows:
        try:
            content = unseal(row.sealed, subject=row.subject, key=unwrap_key(row.wrapped, keys.profile))
            if "number" not in content or content["source"] == Source.PAYMENT:
                continue  # a person of a household who has no card; a payment card, which two members may share
            found[row.subject] = keys.fingerprint(str(content["number"]), str(content["source"]))
        except (JournalError, KeyError) as error:
            log.warning("card=%s cannot be recognised: %s", row.subject, error)
    return found
