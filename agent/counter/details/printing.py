"""Slips on request: a member's balance, or the code by which he brings a friend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.counter.bench import Bench
from agent.counter.details.changing import ChangeAnswer, answer, member_of, record, recorded_before
from agent.counter.slip_facts import slip_facts
from agent.errors import NotAllowedError, Said
from agent.journal.entry import check_op, encode
from agent.journal.staff.people import check_staff
from agent.slips.facts import SlipCode

ASKED: Final = "slip_asked"  # the kind of the entry


class Wanted(StrEnum):
    """What a member wants on paper."""

    BALANCE = "balance"
    REFERRAL = "referral"


@dataclass(frozen=True, slots=True)
class SlipAsk:
    """A slip that a member asks for."""

    op: str
    account: str
    kind: Wanted
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def content(self) -> bytes:
        """Return the canonical bytes of all but op and account."""
        return encode({"kind": str(self.kind), "staff": self.staff})


def print_slip(bench: Bench, ask: SlipAsk, *, by: str) -> ChangeAnswer:
    """Print a slip for a member; NotAllowedError for the code of one who brings nobody."""
    before = recorded_before(bench, ask.op, ASKED, ask.account, ask.content())
    if before is None:
        holder, at = member_of(bench, ask.account), bench.when(None)
        view = bench.view(holder, at, card=None)
        codes: tuple[SlipCode, ...] = ()
        if ask.kind is Wanted.REFERRAL:
            if view.referral_code is None:
                raise NotAllowedError(
                    "this member brings nobody: the programme says who may",
                    said=Said("brings_nobody"),
                    hint="offer a balance slip instead",
                )
            codes = (SlipCode("code_referral", view.referral_code, view.referral_code),)
        slip = slip_facts(
            "balance" if ask.kind is Wanted.BALANCE else "referral",
            op=ask.op,
            at=at.isoformat(timespec="minutes"),
            till=bench.ledger.till,
            programme=bench.programme,
            total=None,
            reasons=view.notices if ask.kind is Wanted.BALANCE else (),
            member=view,
            codes=codes,
        )
        recorded = record(
            bench,
            op=ask.op,
            kind=ASKED,
            account=holder.account,
            content=ask.content(),
            body={"slip": str(ask.kind)},
            by=by,
            staff=ask.staff,
            slip=slip,
        )
    else:
        recorded = before
    return answer(bench, recorded, changed=(), repeated=before is not None)
