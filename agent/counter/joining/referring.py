"""Referring: who brings a new member, and that nobody brings himself."""

from __future__ import annotations

from dataclasses import dataclass

from agent.counter.asks import EnrolAsk
from agent.counter.bench import Bench
from agent.errors import NotAllowedError, Said
from agent.ledger import members
from agent.ledger.kept.profiles.finding import by_phone
from agent.loyalty.judging.referral import account_start, may_refer
from agent.loyalty.programme.units import VISITS
from agent.loyalty.sale import Holder

_WITHOUT = "enrol without the code"


@dataclass(frozen=True, slots=True)
class Referrer:
    """Who brings a new member: the code, and the member if this till knows him. If not, headquarters has the code."""

    code: str
    holder: Holder | None

    def to_map(self) -> dict[str, str | None]:
        """Return the referrer as he stands in an entry."""
        return {"account": None if self.holder is None else self.holder.account, "code": self.code}


def referrer_of(bench: Bench, ask: EnrolAsk, begun: Holder) -> Referrer | None:
    """Return who brings the member that `begun` becomes; None if nobody does.

    Raises NotAllowedError when the code brings nobody anything, when the new member has bought here before, or when
    both are of one household as far as this till can tell: one account, or one phone number.
    """
    if ask.referred_by is None:
        return None
    if not bench.programme.referrals:
        raise NotAllowedError(
            f"programme {bench.programme.name!r} has no referrals", said=Said("no_referrals"), hint=_WITHOUT
        )
    if begun.lots.get(VISITS):
        raise NotAllowedError(
            f"account {begun.account!r} has bought here before it was brought",
            said=Said("bought_before"),
            hint=_WITHOUT,
        )
    start = account_start(ask.referred_by)
    found = members.accounts_from(bench.ledger, start)
    if len(found) != 1:
        return Referrer(start, None)
    (account,) = found
    phones = [] if ask.phone is None else by_phone(bench.ledger, ask.phone)
    if account == begun.account or account in {known.account for known in phones}:
        raise NotAllowedError(
            "nobody brings himself: the code is of the same account or phone number",
            said=Said("own_code"),
            hint=_WITHOUT,
        )
    holder = bench.holder(account)
    if not may_refer(bench.programme, holder, bench.moment(bench.when(None))):
        raise NotAllowedError(
            f"account {account!r} brings nobody: it is {holder.status}, or not of those who may",
            said=Said("brings_nobody"),
            hint=_WITHOUT,
        )
    return Referrer(start, holder)
