"""Payment tokens: what a card terminal calls a payment card in its place; a member may be known by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from agent.counter.answers import MemberView
from agent.counter.bench import Bench, new_name
from agent.counter.details.changing import ChangeAnswer, answer, member_of, record, recorded_before
from agent.counter.finding.proving import with_proofs
from agent.errors import NotAllowedError, Said, UnknownError
from agent.journal.entry import check_op, encode
from agent.journal.fold import EARN
from agent.journal.staff.people import check_staff
from agent.ledger import members
from agent.loyalty.cards import Source

_LINKED: Final = "card_linked"  # the kind of the entry: a token is a card that only collects


@dataclass(frozen=True, slots=True)
class PaymentAsk:
    """A member is known by a terminal's token from now on."""

    op: str
    account: str
    token: str = field(repr=False)
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def content(self) -> bytes:
        """Return the canonical bytes of all but op and account; they are digested under the member's key only."""
        return encode({"staff": self.staff, "token": self.token})


def link_payment(bench: Bench, ask: PaymentAsk, *, by: str) -> ChangeAnswer:
    """Link a token to a member; NotAllowedError if another member is known by it."""
    before = recorded_before(bench, ask.op, _LINKED, ask.account, ask.content())
    if before is None:
        account = member_of(bench, ask.account).account
        if members.card_holder(bench.ledger, ask.token, Source.PAYMENT) is not None:
            raise NotAllowedError(
                "a member is known by this payment token already",
                said=Said("payment_known"),
                hint="ask for the loyalty card",
            )
        card = new_name()
        sealed = {"number": ask.token, "source": str(Source.PAYMENT)}
        recorded = record(
            bench,
            op=ask.op,
            kind=_LINKED,
            account=account,
            content=ask.content(),
            body={"card": card, "role": EARN},
            by=by,
            staff=ask.staff,
            profiles=(bench.ledger.keys.seal(sealed, subject=card, account=account),),
        )
    else:
        recorded = before
    return answer(bench, recorded, changed=("payment_token",), repeated=before is not None)


def identify_payment(bench: Bench, token: str) -> MemberView:
    """Return who is known by a token; he collects, and proves who he is before he spends. Raises UnknownError."""
    held = members.card_holder(bench.ledger, token, Source.PAYMENT)
    if held is None:
        raise UnknownError(
            "nobody is known by this payment token", said=Said("payment_unknown"), hint="ask for the loyalty card"
        )
    return with_proofs(bench, bench.view(bench.holder(held.account), bench.when(None), card=None))
