"""What is sent about a member's cards and data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PlainValidator

from agent.counter.cards.paying import PaymentAsk
from agent.counter.cards.replacing import BlockAsk, ReplaceAsk
from agent.counter.details.consenting import ConsentAsk
from agent.counter.details.correcting import FIELDS, CorrectAsk
from agent.counter.details.pins import PinAsk
from agent.counter.details.printing import SlipAsk, Wanted
from agent.counter.joining.erasing import EraseAsk
from agent.web.api.fields import CardNumber, Email, Name, Op, PaymentToken, Phone, Pin, Word
from agent.web.api.requests.form import Form, one_of
from agent.web.api.requests.joining import Consents


class ReplacementBody(Form):
    """A new `card` in the place of the `lost` one (its id, as /details lists it), or of the only one.

    `card` is as typed, or `read:` and the card id of a `member` or `card` event of the last hour.
    """

    op: Op
    card: CardNumber
    lost: Word | None = None
    staff: Word | None = None

    def ask(self, account: str, number: str) -> ReplaceAsk:
        """Return what the counter is asked; `number` was recognised in what was typed."""
        return ReplaceAsk(self.op, account, number, self.lost, self.staff)


class BlockBody(Form):
    """The `lost` card (its id, as /details lists it), or the only one, is never taken again."""

    op: Op
    lost: Word | None = None
    staff: Word | None = None

    def ask(self, account: str) -> BlockAsk:
        """Return what the counter is asked."""
        return BlockAsk(self.op, account, self.lost, self.staff)


class PaymentTokenBody(Form):
    """What a card terminal calls a payment card in its place; the member is known by it from now on."""

    op: Op
    payment_token: PaymentToken
    staff: Word | None = None

    def ask(self, account: str) -> PaymentAsk:
        """Return what the counter is asked."""
        return PaymentAsk(self.op, account, self.payment_token, self.staff)


class CorrectionBody(Form):
    """What is put in the place of what was there; `clear` names what is forgotten. What is not sent stays."""

    op: Op
    name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    birthday: Word | None = None
    language: Word | None = None
    clear: Annotated[tuple[Word, ...], Field(max_length=len(FIELDS))] = ()
    staff: Word | None = None

    def ask(self, account: str) -> CorrectAsk:
        """Return what the counter is asked."""
        return CorrectAsk(
            op=self.op,
            account=account,
            name=self.name,
            phone=self.phone,
            email=self.email,
            birthday=self.birthday,
            language=self.language,
            clear=self.clear,
            staff=self.staff,
        )


class PinBody(Form):
    """A new PIN of the member, 4 to 8 digits; `card` is the one that was just read, else a supervisor approves."""

    op: Op
    pin: Pin
    card: Word | None = None
    staff: Word | None = None

    def ask(self, account: str) -> PinAsk:
        """Return what the counter is asked."""
        return PinAsk(self.op, account, self.pin, self.card, self.staff)


class ConsentsBody(Form):
    """What the member says from now on; what is not named stays as it was."""

    op: Op
    consents: Consents
    staff: Word | None = None

    def ask(self, account: str) -> ConsentAsk:
        """Return what the counter is asked."""
        return ConsentAsk(self.op, account, tuple(one.consenting() for one in self.consents), self.staff)


class LeavingBody(Form):
    """The member leaves the programme: he is erased for good, and what he has left is lost."""

    op: Op
    staff: Word | None = None

    def ask(self, account: str) -> EraseAsk:
        """Return what the counter is asked."""
        return EraseAsk(self.op, account, self.staff)


def _check_wanted(value: object) -> Wanted:
    return Wanted(one_of(tuple(Wanted), value))


class MemberSlipBody(Form):
    """A slip that the member asks for: his `balance`, or the `referral` code by which he brings a friend."""

    op: Op
    kind: Annotated[Wanted, PlainValidator(_check_wanted, json_schema_input_type=Wanted)]
    staff: Word | None = None

    def ask(self, account: str) -> SlipAsk:
        """Return what the counter is asked."""
        return SlipAsk(self.op, account, self.kind, self.staff)
