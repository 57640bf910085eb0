"""What is sent about staff: signing in, a supervisor's word, who is added, gets another PIN or leaves."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from agent.counter import Approvable, ApprovalAsk, Change, StaffAsk, TrainingAsk
from agent.journal.staff.people import Role
from agent.web.api.fields import Op, Word
from agent.web.api.requests.form import Form, check_bool, one_of


def _check_role(value: object) -> Role:
    return Role(one_of(tuple(Role), value))


def _check_change(value: object) -> Change:
    return Change(one_of(tuple(Change), value))


def _check_action(value: object) -> Approvable:
    return Approvable(one_of(tuple(Approvable), value))


class SignInBody(Form):
    """Who begins to work at this screen."""

    staff: Word
    pin: Word


class SignOutBody(Form):
    """Whose work ends, by the session."""

    session: Word


class ApprovalBody(Form):
    """A supervisor's id and PIN for the request that will be sent with this `op`.

    `action` is the one that an `approval_needed` error named.
    """

    op: Op
    action: Annotated[Approvable, PlainValidator(_check_action, json_schema_input_type=Approvable)]
    supervisor: Word
    pin: Word

    def ask(self) -> ApprovalAsk:
        """Return what the counter is asked."""
        return ApprovalAsk(self.op, self.action, self.supervisor, self.pin)


class StaffBody(Form):
    """Somebody who is added with a role (`cashier` if none is said) and a PIN of 4 to 8 digits, gets another PIN, or
    leaves.
    """

    op: Op
    change: Annotated[Change, PlainValidator(_check_change, json_schema_input_type=Change)]
    named: Word
    role: Annotated[Role, PlainValidator(_check_role, json_schema_input_type=Role)] = Role.CASHIER
    pin: Word | None = None

    def ask(self) -> StaffAsk:
        """Return what the counter is asked."""
        return StaffAsk(self.op, self.change, self.named, self.role, self.pin)


class TrainingBody(Form):
    """Training begins (`on`) or ends; it needs a supervisor."""

    op: Op
    on: Annotated[bool, PlainValidator(check_bool, json_schema_input_type=bool)]
    staff: Word | None = None

    def ask(self) -> TrainingAsk:
        """Return what the counter is asked."""
        return TrainingAsk(self.op, self.on, self.staff)
