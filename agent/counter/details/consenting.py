"""Consenting: a member says yes or no, per purpose and channel, to a text that he read; it comes out as a slip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from agent.counter.bench import Bench
from agent.counter.details.changing import ChangeAnswer, answer, member_of, record, recorded_before, whole_profile
from agent.counter.details.consents import Consenting, check_consents
from agent.counter.slip_facts import slip_facts
from agent.errors import InvalidError, NotAllowedError, Said
from agent.journal.entry import check_op, encode
from agent.journal.staff.people import check_staff
from agent.loyalty.sale import Reason

CONSENTED: Final = "consent"  # the kind of the entry


@dataclass(frozen=True, slots=True)
class ConsentAsk:
    """What a member agrees to from now on, and what he does not; what is not named stays as it was."""

    op: str
    account: str
    consents: tuple[Consenting, ...]
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)
        check_consents(self.consents)
        if not self.consents:
            raise InvalidError("say what the member agrees to, or does not")

    def content(self) -> bytes:
        """Return the canonical bytes of all but op and account."""
        return encode({"consents": [one.to_map() for one in sorted(self.consents)], "staff": self.staff})


def consent(bench: Bench, ask: ConsentAsk, *, by: str) -> ChangeAnswer:
    """Record what a member agrees to; the slip says it back to him.

    Raises NotAllowedError for what the programme does not ask for; a no is always taken.
    """
    before = recorded_before(bench, ask.op, CONSENTED, ask.account, ask.content())
    if before is None:
        check_asked(bench, ask.consents)
        account = member_of(bench, ask.account).account
        profile = whole_profile(bench, account)  # a part of it is not added to: the entry says it all the same
        kept = () if profile is None else (_with_consents(bench, account, profile, ask.consents),)
        recorded = record(
            bench,
            op=ask.op,
            kind=CONSENTED,
            account=account,
            content=ask.content(),
            body={"consents": [one.to_map() for one in sorted(ask.consents)], "text": bench.programme.consent.text},
            by=by,
            staff=ask.staff,
            profiles=kept,
            slip=_slip(bench, ask, account),
        )
    else:
        recorded = before
    changed = tuple(f"{one['purpose']}/{one['channel']}" for one in recorded.entry.body["consents"])
    return answer(bench, recorded, changed=changed, repeated=before is not None)


def consents_of(profile: dict[str, Any] | None) -> dict[str, bool]:
    """Return what a member has said so far, by `purpose/channel`."""
    return dict((profile or {}).get("consents") or {})


def _with_consents(bench: Bench, account: str, profile: dict[str, Any], said: Iterable[Consenting]) -> Any:
    consents = {**consents_of(profile), **{one.name: one.given for one in said}}
    kept = {**profile, "consent_text": bench.programme.consent.text, "consents": consents}
    return bench.ledger.keys.seal(kept, subject=account, account=account)


def check_asked(bench: Bench, consents: Iterable[Consenting]) -> None:
    """Raise NotAllowedError for a yes to what the programme does not ask for."""
    policy = bench.programme.consent
    for one in consents:
        if one.given and not policy.asks(one.purpose, one.channel):
            raise NotAllowedError(
                f"programme {bench.programme.name!r} does not ask for {one.purpose} by {one.channel}",
                said=Said("not_asked", {"purpose": one.purpose, "channel": one.channel}),
                hint="leave it out: there is no text that the member could have read",
            )


def _slip(bench: Bench, ask: ConsentAsk, account: str) -> tuple[str, dict[str, Any]]:
    at = bench.when(None)
    told = [
        Reason("consent_yes" if one.given else "consent_no", {"purpose": one.purpose, "channel": one.channel})
        for one in sorted(ask.consents)
    ]
    if bench.programme.consent.text:
        told.append(Reason("consent_text", {"version": bench.programme.consent.text}))
    told.append(Reason("consent_withdraw", {}))
    return slip_facts(
        "consent",
        op=ask.op,
        at=at.isoformat(timespec="minutes"),
        till=bench.ledger.till,
        programme=bench.programme,
        total=None,
        reasons=told,
        member=bench.view(bench.holder(account), at, card=None),
    )
