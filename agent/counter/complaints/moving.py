"""Moving: a sale that went to the wrong member, or to nobody, goes to the right one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from agent.counter.answers import SaleAnswer
from agent.counter.asks import SaleAsk, digest_of
from agent.counter.bench import Bench
from agent.counter.giving_back.coming_to import outcome_of
from agent.counter.giving_back.refunding import Behind, drafted
from agent.counter.giving_back.voiding import VoidAsk, refund_of, sale_to_void
from agent.counter.selling import answered, judged, recorded_answer
from agent.counter.staff.approving import Approvable
from agent.errors import InvalidError, NotAllowedError, Said
from agent.journal.entry import Entry, check_op
from agent.journal.staff.people import check_staff
from agent.loyalty.sale import Line

FROM = ":from"  # after the op: the refund's
OP_MAX = 64 - len(FROM)


@dataclass(frozen=True, slots=True)
class MoveAsk:
    """The sale recorded under `sale` is `account`'s; `op` becomes the new sale's."""

    op: str
    sale: str
    account: str
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)
        if len(self.op) > OP_MAX:
            raise InvalidError(f"op must be 1 to {OP_MAX} characters here, for two entries are made under it")

    def digest(self) -> bytes:
        """Return the digest of what is asked (16 bytes), whoever it is for."""
        return digest_of({"move": self.sale, "staff": self.staff})


@dataclass(frozen=True, slots=True)
class MoveAnswer:
    """The sale as it is recorded for the right member; `money` is what that changes for him, in minor units.

    Above 0 it is given back, below 0 it was too little; it is nothing unless the programme gives members discounts.
    """

    sale: SaleAnswer
    moved_from: str
    money: int


def move(bench: Bench, ask: MoveAsk, behind: Behind, *, by: str) -> MoveAnswer:
    """Record both halves in one durable commit.

    Raises UnknownError for a sale or an account that is not there, NotAllowedError for a sale that is the member's
    already, of which goods came back, or which a redemption paid a part of. A sale that was nobody's, and is too old to
    be claimed, needs a supervisor's word whatever the programme says.
    """
    digest = ask.digest()
    before = bench.repeated(ask.op, "sale", digest, account=ask.account)
    if before is not None:
        old = bench.ledger.find(ask.sale)
        assert old is not None
        sale = recorded_answer(bench, before)
        return MoveAnswer(sale, ask.sale, old.entry.body["due"] - sale.due)
    found = sale_to_void(bench, VoidAsk(ask.op, ask.sale), by=by)
    _check(bench, found.entry, ask)
    late = days_late(bench, found.entry)
    approved_by = behind.signing.require(bench.programme.supervision, Approvable.MOVE_SALE, op=ask.op, amount=late)
    said = {} if approved_by is None else {"approved_by": approved_by}
    whole = refund_of(VoidAsk(ask.op + FROM, ask.sale, ask.staff), found)
    taken_id = bench.ledger.clock.new_id()
    outcome = outcome_of(bench, whole, behind.guesses, None, lot=taken_id)
    taken = drafted(bench, whole, outcome, digest, taken_id, by=by, said={**said, "moved_to": ask.op})
    made = judged(
        bench,
        sold_to(found.entry, ask.op, ask.account, ask.staff),
        digest,
        by=by,
        said={**said, "moved_from": ask.sale},
    )
    _, recorded = bench.ledger.append_all((replace(taken, slip=None), made.draft))
    sale = answered(bench, made, recorded)
    return MoveAnswer(sale, ask.sale, found.entry.body["due"] - sale.due)


def days_late(bench: Bench, sale: Entry) -> int:
    """Return by how many days a sale is too old to be claimed (0: it is not), if it was nobody's."""
    if sale.body["account"] is not None:
        return 0
    sold, today = date.fromisoformat(sale.body["sold_at"][:10]), bench.when(None).date()
    return max((today - sold).days - bench.programme.without_card.claim_days, 0)


def _check(bench: Bench, sale: Entry, ask: MoveAsk) -> None:
    account = sale.body["account"]
    if account is not None and bench.ledger.resolve(account) == bench.ledger.resolve(ask.account):
        raise NotAllowedError(
            f"sale {sale.op!r} is this member's already", said=Said("sale_same_member"), hint="look at what it brought"
        )
    if sale.body["redemptions"]:
        raise NotAllowedError(
            f"rewards of its member paid a part of sale {sale.op!r}",
            said=Said("sale_redeemed"),
            hint="take the goods back and sell them anew",
        )


def sold_to(sale: Entry, op: str, account: str, staff: str | None) -> SaleAsk:
    """Return a recorded sale as it is asked for anew, for a member: the same lines, time of day and tenders."""
    body = sale.body
    lines = tuple(Line(**line) for line in body["lines"])
    return SaleAsk(op, lines, account, None, (), body["sold_at"], staff, body["tenders"])
