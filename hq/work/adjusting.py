"""Adjusting: a person at headquarters gives or takes units, with a reason and a name.

Nothing of a person stands in a journal: reason and name are short words, such as `wrong-article` and a login.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from agent.errors import InsufficientError, InvalidError, UnknownError
from agent.journal.entry import ADJUSTED, INTEGER_MAX, MEMBER_PREFIX, Posting
from agent.loyalty.lots import spendable
from agent.loyalty.programme.units import is_counter
from agent.loyalty.sale import Holder, Moment
from hq.books.fold import roots
from hq.books.own import Decision, decide, is_decided
from hq.clock import day_at, now_ms
from hq.members.words import check_op, check_word
from hq.publish.holders import holders
from hq.tables import posting_total
from hq.work.terms import programmes

ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """So many units more (or fewer) for an account; `op` names it, so that a repetition changes nothing."""

    op: str
    account: str
    unit: str
    amount: int
    reason: str
    by: str

    def __post_init__(self) -> None:
        """Refuse what is no adjustment; raises InvalidError."""
        check_word("reason", self.reason)
        check_word("name", self.by)
        check_op(self.op)
        if not 0 < abs(self.amount) <= INTEGER_MAX:
            raise InvalidError(f"amount {self.amount} must be a whole number within +-{INTEGER_MAX}, and not 0")


def adjust(conn: Connection, adjustment: Adjustment, *, epoch: str) -> bool:
    """Write the adjustment; False if one of this op was written before.

    Raises UnknownError for an account or a unit that the books do not know, InsufficientError when more would be taken
    than the member has: headquarters makes no debts.
    """
    one, op = adjustment, f"adjust:{adjustment.op}"
    if is_decided(conn, op):
        return False
    found = roots(conn, [one.account])
    if not found:
        raise UnknownError(f"account {one.account[:80]!r} is not in the books")
    known = conn.scalar(select(posting_total.c.unit).where(posting_total.c.unit == one.unit).limit(1))
    if known is None or is_counter(one.unit):
        raise UnknownError(f"unit {one.unit[:80]!r} is not in the books")
    day = day_at(now_ms()).isoformat()
    (holder,) = holders(conn, found)
    body = {"account": holder.account, "by": one.by, "reason": one.reason}
    given = Posting(one.unit, MEMBER_PREFIX + holder.account, one.amount, op, _last_day(conn, one.unit, day))
    may_go = spendable(holder, Moment(day, confirmed=True))
    moved = (given,) if one.amount > 0 else _taken(may_go, one.unit, -one.amount)
    postings = (Posting(one.unit, ADJUSTED, -one.amount), *moved)
    return decide(conn, epoch, Decision(op, ADJUSTMENT, body, postings))


def _last_day(conn: Connection, unit: str, day: str) -> str | None:
    """Return the last day of units given on a day, as the first programme says that speaks of them."""
    spoken = (one for terms in programmes(conn).values() for one in terms.units if one.id == unit)
    found = next(spoken, None)
    return None if found is None else found.last_day(day)


def _taken(holder: Holder, unit: str, amount: int) -> tuple[Posting, ...]:
    """Take units from the lots that end first, as a redemption would."""
    own, left = MEMBER_PREFIX + holder.account, amount
    lots = sorted(holder.lots.get(unit, ()), key=lambda lot: (lot.expires is None, lot.expires, lot.lot))
    postings: list[Posting] = []
    if holder.balance(unit) < amount:
        raise InsufficientError(f"account {holder.account!r} has {holder.balance(unit)} of {unit!r}, not {amount}")
    for lot in lots:
        units = min(left, max(lot.amount, 0))
        if units:
            postings.append(Posting(unit, own, -units, lot.lot, lot.expires))
            left -= units
    return tuple(postings)
