"""Moving: a sale that went to the wrong member, or to nobody, goes to the right one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.counter.answers import SaleAnswer
from agent.counter.asks import SaleAsk, digest_of
from agent.counter.bench import Bench
from agent.counter.giving_back.coming_to import outcome_of
from agent.counter.giving_back.refunding import Behind, drafted
from agent.counter.giving_back.voiding import VoidAsk, refund_of, sale_to_void
from agent.counter.selling import answered, judged, recorded_answer
from agent.counter.staff.approving import Approvable
from agent.errors import InvalidError, NotAllowedError
from agent.journal.entry import Entry, check_op
from agent.journal.staff.people import check_staff
from agent.loyalty.sale import Line

_FROM = ":from"  # after the op: the refund's
_OP_MAX = 64 - len(_FROM)


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
        if len(self.op) > _OP_MAX:
            raise InvalidError(f"op must be 1 to {_OP_MAX} characters here, for two entries are made under it")

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
    already, of which goods came back, or which a redemption paid a part of.
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
    approved_by = behind.signing.require(bench.programme.supervision, Approvable.MOVE_SALE, op=ask.op)
    said = {} if approved_by is None else {"approved_by": approved_by}
    whole = refund_of(VoidAsk(ask.op + _FROM, ask.sale, ask.staff), found)
    taken_id = bench.ledger.clock.new_id()
    outcome = outcome_of(bench, whole, behind.guesses, None, lot=taken_id)
    taken = drafted(bench, whole, outcome, digest, taken_id, by=by, said={**said, "moved_to": ask.op})
    made = judged(bench, _sold_to(found.entry, ask), digest, by=by, said={**said, "moved_from": ask.sale})
    _, recorded = bench.ledger.append_all((replace(taken, slip=None), made.draft))
    sale = answered(bench, made, recorded)
    return MoveAnswer(sale, ask.sale, found.entry.body["due"] - sale.due)


def _check(bench: Bench, sale: Entry, ask: MoveAsk) -> None:
    account = sale.body["account"]
    if account is not None and bench.ledger.resolve(account) == bench.ledger.resolve(ask.account):
        raise NotAllowedError(f"sale {sale.op!r} is this member's already", hint="look at what it brought")
    if sale.body["redemptions"]:
        raise NotAllowedError(
            f"rewards of its member paid a part of sale {sale.op!r}", hint="take the goods back and sell them anew"
        )


def _sold_to(sale: Entry, ask: MoveAsk) -> SaleAsk:
    lines = tuple(Line(**line) for line in sale.body["lines"])
    sold_at = sale.body["sold_at"]
    return SaleAsk(ask.op, lines, ask.account, None, (), sold_at, ask.staff, sale.body["tenders"])
