"""Claiming: a sale that was nobody's is credited to a member afterwards, once, by what stands on its ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.counter.asks import RefundAsk, digest_of
from agent.counter.bench import Bench
from agent.counter.complaints.moving import FROM, OP_MAX, MoveAnswer, days_late, sold_to
from agent.counter.giving_back.coming_to import outcome_of
from agent.counter.giving_back.refunding import Behind, drafted
from agent.counter.giving_back.slip_codes import read_code
from agent.counter.giving_back.voiding import VoidAsk, refund_of, sale_to_void
from agent.counter.selling import answered, judged, recorded_answer
from agent.counter.spending.vouchers import Guesses
from agent.errors import InvalidError, JournalError, NotAllowedError, Said
from agent.journal.codes import SaleCode, sale_tag
from agent.journal.entry import Entry, check_op, decode_entry
from agent.journal.staff.people import check_staff
from agent.journal.wire.asking import SaleTold
from agent.loyalty.sale import Line, Status


@dataclass(frozen=True, slots=True)
class ClaimAsk:
    """A sale that was nobody's is `account`'s: this till's by its receipt (`sale`), another's by its slip's code.

    `op` becomes the receipt of the sale as it is credited.
    """

    op: str
    account: str
    sale: str | None = None
    slip: str | None = None
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)
        if len(self.op) > OP_MAX:
            raise InvalidError(f"op must be 1 to {OP_MAX} characters here, for two entries are made under it")
        if (self.sale is None) == (self.slip is None):
            raise InvalidError("a claim names a receipt of this till, or the code on another till's slip")

    def digest(self) -> bytes:
        """Return the digest of what is asked (16 bytes), whoever it is for."""
        return digest_of({"claim": self.sale, "slip": self.slip, "staff": self.staff})


def code_to_ask_for(bench: Bench, ask: ClaimAsk, guesses: Guesses) -> SaleCode | None:
    """Return which sale headquarters is asked for: it knows whether it was credited at another till.

    None if the claim is recorded already, or names no sale. Raises CodeError or NotAllowedError for a code that is not
    believed.
    """
    if bench.ledger.find(ask.op) is not None:
        return None
    if ask.slip is not None:
        return read_code(bench, ask.slip, guesses)
    recorded = bench.ledger.find(str(ask.sale))
    return None if recorded is None else SaleCode(sale_tag(recorded.entry.id), (), recorded.entry.id)


def claim(bench: Bench, ask: ClaimAsk, behind: Behind, *, by: str) -> MoveAnswer:
    """Record a refund of the sale that was nobody's and the same sale as the member's, in one durable commit.

    Raises UnknownError for a sale or an account that is not there; NotAllowedError for a sale that has a member or is
    credited already, that is older than the programme's `claim_days`, or that headquarters cannot tell of now.
    """
    digest = ask.digest()
    before = bench.repeated(ask.op, "sale", digest, account=ask.account)
    if before is not None:
        taken_back = bench.ledger.find(ask.op + FROM)
        assert taken_back is not None
        sale = recorded_answer(bench, before)
        return MoveAnswer(sale, before.entry.body["moved_from"], taken_back.entry.body["money"] - sale.due)
    found, whole = _own(bench, ask, behind, by=by) if ask.slip is None else _elsewhere(ask, behind)
    _check(bench, found, ask)
    taken_id = bench.ledger.clock.new_id()
    outcome = outcome_of(bench, whole, behind.guesses, behind.told if ask.slip else None, lot=taken_id)
    if outcome.provisional:
        raise _untold()
    taken = drafted(bench, whole, outcome, digest, taken_id, by=by, said={"moved_to": ask.op})
    said = {"moved_from": found.op} if ask.slip is None else {"moved_from": found.op, "moved_from_till": found.till}
    made = judged(bench, sold_to(found, ask.op, ask.account, ask.staff), digest, by=by, said=said)
    _, recorded = bench.ledger.append_all((replace(taken, slip=None), made.draft))
    sale = answered(bench, made, recorded)
    return MoveAnswer(sale, found.op, outcome.money - sale.due)


def _own(bench: Bench, ask: ClaimAsk, behind: Behind, *, by: str) -> tuple[Entry, RefundAsk]:
    recorded = sale_to_void(bench, VoidAsk(ask.op, ask.sale), by=by)
    if behind.told is not None and any(behind.told.returned.values()):
        raise _credited(recorded.entry)
    return recorded.entry, refund_of(VoidAsk(ask.op + FROM, ask.sale, ask.staff), recorded)


def _elsewhere(ask: ClaimAsk, behind: Behind) -> tuple[Entry, RefundAsk]:
    """Return a sale of another till as headquarters told it, and its refund."""
    if behind.told is None:
        raise _untold()
    entry, lines = _told_lines(behind.told)
    if any(behind.told.returned.values()):
        raise _credited(entry)
    return entry, RefundAsk(ask.op + FROM, without_receipt=lines, staff=ask.staff, slip=ask.slip)


def _told_lines(told: SaleTold) -> tuple[Entry, tuple[Line, ...]]:
    try:
        entry = decode_entry(told.sale)
        return entry, tuple(Line(**line) for line in entry.body["lines"])
    except (JournalError, KeyError, TypeError, ValueError) as error:
        raise _untold() from error


def _check(bench: Bench, sale: Entry, ask: ClaimAsk) -> None:
    if sale.body["account"] is not None:
        raise NotAllowedError(
            f"sale {sale.op!r} has a member already",
            said=Said("sale_has_member"),
            hint="look it up, and move it if it is somebody else's",
        )
    if sale.body["redemptions"]:
        raise NotAllowedError(
            f"vouchers paid a part of sale {sale.op!r}",
            said=Said("sale_redeemed"),
            hint="take the goods back and sell them anew",
        )
    most = bench.programme.without_card.claim_days
    if days_late(bench, sale) > 0:
        raise NotAllowedError(
            f"sale {sale.op!r} of {sale.body['sold_at'][:10]} is too old: it could be claimed for {most} days",
            said=Said("sale_too_old", {"day": sale.body["sold_at"][:10], "limit": most}),
            hint="at the till that sold it a supervisor may move it",
        )
    if bench.holder(ask.account).status is Status.BLOCKED:
        raise NotAllowedError(
            "this account is blocked and earns nothing",
            said=Said("account_blocked"),
            hint="read another card of the member",
        )


def _credited(sale: Entry) -> NotAllowedError:
    return NotAllowedError(
        f"sale {sale.op!r} was credited already, or goods of it came back",
        said=Said("sale_credited"),
        hint="look at the sale",
    )


def _untold() -> NotAllowedError:
    return NotAllowedError(
        "headquarters cannot say now what that slip's sale was",
        said=Said("hq_silent"),
        hint="try again later, or claim it at the till that sold it",
    )
