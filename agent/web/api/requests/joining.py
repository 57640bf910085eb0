"""What is sent about members and their cards."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PlainValidator, model_validator

from agent.counter import ActionAsk, EnrolAsk, EraseAsk, FindAsk, LinkAsk
from agent.counter.details.consents import Consenting
from agent.journal.fold import SPEND
from agent.loyalty.programme.consent import CHANNELS, PURPOSES
from agent.loyalty.programme.rules.earning import Action
from agent.web.api.body import shown
from agent.web.api.fields import CardNumber, Email, Name, Op, PaymentToken, Phone, Pin, Word, refuse_cards
from agent.web.api.requests.form import Form, check_bool

CONSENTS_MAX = len(PURPOSES) * len(CHANNELS)


class IdentifyBody(Form):
    """One of: a card's number as it was typed, a terminal's token, a phone number, an e-mail address, words of a name.

    Members who are looked up by what they say of themselves are counted: so many an hour, as the programme says.
    """

    card: CardNumber | None = None
    payment_token: PaymentToken | None = None
    phone: Phone | None = None
    email: Email | None = None
    name: Name | None = None
    staff: Word | None = None

    def find(self) -> FindAsk:
        """Return what is looked for if it is no card."""
        return FindAsk(self.phone, self.email, self.name, self.staff)

    @model_validator(mode="after")
    def _one_of_them(self) -> IdentifyBody:
        said = (self.card, self.payment_token, self.phone, self.email, self.name)
        if sum(value is not None for value in said) != 1:
            raise ValueError("must have one of card, payment_token, phone, email and name")
        return self


class ConsentBody(Form):
    """What a member says to one question: `given` is true for yes. Purposes: marketing, profiling, analysis; channels:
    email, sms, phone, post, till.
    """

    purpose: Word
    channel: Word
    given: Annotated[bool, PlainValidator(check_bool, json_schema_input_type=bool)]

    def consenting(self) -> Consenting:
        """Return it as the counter takes it."""
        return Consenting(self.purpose, self.channel, self.given)


Consents = Annotated[tuple[ConsentBody, ...], Field(max_length=CONSENTS_MAX)]


class EnrolmentBody(Form):
    """A new member: a name or a phone number at least; `card` as typed, or the `account` a new card has begun with.

    `referred_by` is the code on the slip of the member who brings this one, `language` the one his slips are in. With a
    `pin` he spends without his card. `consents`: what he says to each question; it is an entry and a slip of its own.
    """

    op: Op
    name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    birthday: Word | None = None
    card: CardNumber | None = None
    account: Word | None = None
    staff: Word | None = None
    referred_by: Word | None = None
    language: Word | None = None
    pin: Pin | None = None
    consents: Consents = ()

    def ask(self, card: str | None) -> EnrolAsk:
        """Return what the counter is asked; `card` is the number that was recognised in what was typed."""
        return EnrolAsk(
            op=self.op,
            name=self.name,
            phone=self.phone,
            email=self.email,
            birthday=self.birthday,
            card=card,
            account=self.account,
            staff=self.staff,
            referred_by=self.referred_by,
            language=self.language,
            pin=self.pin,
            consents=tuple(one.consenting() for one in self.consents),
        )


def _check_action(value: object) -> Action:
    allowed = [action for action in Action if action is not Action.SIGN_UP]
    if isinstance(value, str):
        refuse_cards(value)
    if value not in allowed:
        raise ValueError(f"{shown(value)} must be one of {', '.join(allowed)}")
    return Action(str(value))


class ActionBody(Form):
    """What a member did besides buying: `profile` (completed), `review` or `survey`."""

    op: Op
    account: Word
    action: Annotated[Action, PlainValidator(_check_action, json_schema_input_type=Action)]
    staff: Word | None = None

    def ask(self) -> ActionAsk:
        """Return what the counter is asked."""
        return ActionAsk(self.op, self.account, self.action, self.staff)


class ErasureBody(Form):
    """Erase a member and every person of the household for good."""

    op: Op

    def ask(self, account: str) -> EraseAsk:
        """Return what the counter is asked."""
        return EraseAsk(self.op, account)


class LinkBody(Form):
    """A further card of a member's account, or a person known by phone; `role` is `spend` or `earn`.

    `card` is as typed, or `read:` and the card id of a `member` or `card` event of the last hour.
    """

    op: Op
    role: Word = SPEND
    card: CardNumber | None = None
    name: Name | None = None
    phone: Phone | None = None
    staff: Word | None = None

    def ask(self, account: str, card: str | None) -> LinkAsk:
        """Return what the counter is asked; `card` is the number that was recognised in what was typed."""
        return LinkAsk(self.op, account, self.role, card, self.name, self.phone, self.staff)
