"""The calls on staff: signing in and out, a supervisor's word, who works here."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Response

from agent.counter import Approval, Counter, StaffAnswer, TrainingAnswer
from agent.journal.staff.people import Role
from agent.web.api.access import Seller
from agent.web.api.calls.answering import Call, reply
from agent.web.api.requests.staff import ApprovalBody, SignInBody, SignOutBody, StaffBody, TrainingBody
from agent.web.events import EventHub


@dataclass(frozen=True, slots=True)
class SessionShape:
    """Who is signed in: `session` goes into the header `Tally-Session` of every request, for at most `seconds`."""

    session: str
    staff: str
    role: Role
    seconds: int


@dataclass(frozen=True, slots=True)
class SignedOutShape:
    """The session is over."""

    signed_out: bool


@dataclass(frozen=True, slots=True)
class PersonShape:
    """Somebody who works here. `locked`: after too many wrong PINs, until a supervisor resets it."""

    staff: str
    role: Role
    by_hq: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class PeopleShape:
    """Everybody who works here."""

    people: tuple[PersonShape, ...]


@dataclass(frozen=True, slots=True)
class StaffCalls:
    """What the calls need."""

    counter: Counter
    events: EventHub

    def rows(self) -> tuple[Call, ...]:
        """Return the calls as routes."""
        return (
            ("POST", "/staff/sessions", self.sign_in, SessionShape),
            ("POST", "/staff/sessions/end", self.sign_out, SignedOutShape),
            ("POST", "/staff/approvals", self.approve, Approval),
            ("POST", "/staff", self.name_staff, StaffAnswer),
            ("GET", "/staff", self.people, PeopleShape),
            ("POST", "/training", self.train, TrainingAnswer),
        )

    def sign_in(self, body: SignInBody, _by: Seller) -> Response:
        """Begin a session with id and PIN; wrong ones are counted, and the next waits or is refused."""
        session = self.counter.signing.sign_in(body.staff, body.pin)
        seconds = self.counter.signing.seconds_left(session)
        return reply(SessionShape(session.id, session.staff, session.role, seconds))

    def sign_out(self, body: SignOutBody, _by: Seller) -> Response:
        """End a session."""
        self.counter.signing.sign_out(body.session)
        return reply(SignedOutShape(signed_out=True))

    def approve(self, body: ApprovalBody, _by: Seller) -> Response:
        """Note a supervisor's word for the request that comes with this op; it is good for two minutes."""
        return reply(self.counter.signing.approve(body.ask()))

    def name_staff(self, body: StaffBody, by: Seller) -> Response:
        """Add somebody to the staff, reset a PIN or let somebody go; it needs a supervisor."""
        return reply(self.counter.name_staff(body.ask(), by=by.name))

    def people(self, _by: Seller) -> Response:
        """List who works here; of PINs it says nothing."""
        found = self.counter.signing.people()
        return reply(PeopleShape(tuple(PersonShape(p.staff, p.role, p.by_hq, locked) for p, locked in found)))

    def train(self, body: TrainingBody, by: Seller) -> Response:
        """Begin or end training: everything goes into a ledger of its own, whose slips say so; a `training` event."""
        answer = self.counter.train(body.ask(), by=by.name)
        if not answer.repeated:
            self.events.publish("training", {"on": answer.training})
        return reply(answer)
