"""Goodwill: a supervisor gives units, within what the programme lets one give on a day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.counter.answers import EntryRef, MemberView
from agent.counter.asks import digest_of
from agent.counter.bench import Bench
from agent.counter.staff.approving import Approvable
from agent.counter.staff.signing import Signing
from agent.errors import InvalidError, NotAllowedError, Said, UnknownError
from agent.journal.entry import ADJUSTED, Posting, check_op, decode_entry, ledger_account
from agent.journal.staff.people import check_staff
from agent.ledger.records import Draft, Recorded
from agent.loyalty.programme import UNITS_MAX

ADJUSTMENT = "adjustment"  # the kind of the entry, as at headquarters
_TODAY_MAX = 20_000  # entries of a till on a day


class Why(StrEnum):
    """Why units are given."""

    MISSED = "missed"  # what a sale should have brought
    WAITED = "waited"
    FAULT = "fault"  # goods or service were bad
    KINDNESS = "kindness"


@dataclass(frozen=True, slots=True)
class GoodwillAsk:
    """So many `units` of `unit` for an account."""

    op: str
    account: str
    unit: str
    units: int
    why: Why
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)
        if not 1 <= self.units <= UNITS_MAX:
            raise InvalidError(f"units {self.units} must be a whole number from 1 to {UNITS_MAX}")

    def digest(self) -> bytes:
        """Return the digest of what is asked (16 bytes), whoever it is for."""
        return digest_of({"staff": self.staff, "unit": self.unit, "units": self.units, "why": str(self.why)})


@dataclass(frozen=True, slots=True)
class GoodwillAnswer:
    """What was given, who approved it, and the member with it."""

    entry: EntryRef
    unit: str
    units: int
    why: Why
    approved_by: str
    member: MemberView
    repeated: bool


def give(bench: Bench, ask: GoodwillAsk, signing: Signing, *, by: str) -> GoodwillAnswer:
    """Give units; raises NotAllowedError over the day's limit, ApprovalNeededError without a supervisor's word."""
    digest = ask.digest()
    before = bench.repeated(ask.op, ADJUSTMENT, digest, account=ask.account)
    if before is not None:
        return _answer(bench, before, repeated=True)
    known = next((unit for unit in bench.programme.units if unit.id == ask.unit and not unit.money), None)
    if known is None:
        there = ", ".join(unit.id for unit in bench.programme.units if not unit.money) or "none"
        raise UnknownError(f"no unit {ask.unit[:40]!r} to give in the programme (there are: {there})")
    holder, at, entry_id = bench.holder(ask.account), bench.when(None), bench.ledger.clock.new_id()
    day = at.date().isoformat()
    approved_by = signing.require(bench.programme.supervision, Approvable.GOODWILL, op=ask.op)
    assert approved_by is not None  # goodwill always needs one, and the op is new
    _check_limit(bench, ask, approved_by, day)
    account = ledger_account(holder.account)
    draft = Draft(
        id=entry_id,
        op=ask.op,
        ask=digest,
        kind=ADJUSTMENT,
        day=day,
        by=by,
        staff=ask.staff,
        body={"account": holder.account, "approved_by": approved_by, "reason": str(ask.why)},
        programme=bench.programme.version,
        postings=(
            Posting(ask.unit, ADJUSTED, -ask.units),
            Posting(ask.unit, account, ask.units, entry_id, known.last_day(day)),
        ),
    )
    return _answer(bench, bench.ledger.append(draft), repeated=False)


def _check_limit(bench: Bench, ask: GoodwillAsk, supervisor: str, day: str) -> None:
    most, given = bench.programme.supervision.goodwill_most, _given(bench, ask.unit, supervisor, day)
    if given + ask.units > most:
        raise NotAllowedError(
            f"cannot give {ask.units} {ask.unit}: {supervisor!r} may give {most} a day and has given {given}",
            said=Said("goodwill_most", {"limit": most, "count": given}),
            hint="ask headquarters to adjust the account",
        )


def _given(bench: Bench, unit: str, supervisor: str, day: str) -> int:
    with bench.ledger.reading() as conn:
        rows = conn.execute(
            "SELECT bytes FROM entry WHERE n > (SELECT max(n) FROM entry) - ? AND instr(bytes, ?) AND instr(bytes, ?)",
            (_TODAY_MAX, f'"kind":"{ADJUSTMENT}"'.encode(), f'"day":"{day}"'.encode()),
        ).fetchall()
    entries = (decode_entry(data) for (data,) in rows)
    postings = (p for entry in entries if entry.body.get("approved_by") == supervisor for p in entry.postings)
    return sum(posting.amount for posting in postings if posting.unit == unit and posting.lot is not None)


def _answer(bench: Bench, recorded: Recorded, *, repeated: bool) -> GoodwillAnswer:
    body = recorded.entry.body
    (given,) = (posting for posting in recorded.entry.postings if posting.lot is not None)
    view = bench.view(bench.holder(body["account"]), bench.when(None), card=None)
    ref, why = EntryRef.of(recorded), Why(body["reason"])
    return GoodwillAnswer(ref, given.unit, given.amount, why, body["approved_by"], view, repeated)
