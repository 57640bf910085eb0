"""What is sent about the till itself: its devices, drawer, slips, reports, and news on a stick."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from agent.counter import ClosureAsk, Opening
from agent.devices.categories import HealthLevel
from agent.loyalty.closures import Reason, Report
from agent.web.api.body import shown
from agent.web.api.fields import File, Op, Units, Word
from agent.web.api.requests.form import Form, check_bool, one_of


def _check_level(value: object) -> HealthLevel:
    if value not in list(HealthLevel):
        raise ValueError(f"{shown(value)} must be one of {', '.join(HealthLevel)}")
    return HealthLevel(str(value))


class CheckBody(Form):
    """How far a device's health check goes: `interactive` needs a person beside the device."""

    level: Annotated[HealthLevel, PlainValidator(_check_level, json_schema_input_type=HealthLevel)]


def _check_report(value: object) -> Report:
    return Report(one_of(tuple(Report), value))


class ClosureBody(Form):
    """An X report, which looks at what happened since the last Z, or a Z, which closes it."""

    op: Op
    report: Annotated[Report, PlainValidator(_check_report, json_schema_input_type=Report)]
    staff: Word | None = None

    def ask(self) -> ClosureAsk:
        """Return what the counter is asked."""
        return ClosureAsk(self.op, self.report, self.staff)


def _check_reason(value: object) -> Reason:
    return Reason(one_of(tuple(Reason), value))


class DrawerBody(Form):
    """Why the till's own drawer is opened: without a sale, if nothing is said."""

    reason: Annotated[Reason, PlainValidator(_check_reason, json_schema_input_type=Reason)] = Reason.NO_SALE
    staff: Word | None = None

    def opening(self) -> Opening:
        """Return what the counter records."""
        return Opening(self.reason, self.staff)


class SlipWordBody(Form):
    """The cashier's word on a slip of which nobody knows: it came out `whole`, or not (it is then printed again)."""

    op: Op
    whole: Annotated[bool, PlainValidator(check_bool, json_schema_input_type=bool)]


class CopyBody(Form):
    """Which copy of a slip to print: the next one, 1 if there is none yet."""

    op: Op
    number: Units


class StickBody(Form):
    """A file of this machine that headquarters wrote for this till; the agent reads it."""

    file: File
