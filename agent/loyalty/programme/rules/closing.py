"""Closing: the last days of a programme, said beforehand, so that nobody loses what he was promised."""

from __future__ import annotations

from dataclasses import dataclass

from agent.errors import NotAllowedError, ProgrammeError, Said
from agent.loyalty.programme.table import Table
from agent.loyalty.sale import Moment, Reason


@dataclass(frozen=True, slots=True)
class Closing:
    """When members are told (`notice`), the last day on which they earn, and the last on which they spend.

    A clock that headquarters has not confirmed closes nothing: the till goes on as if the day had not come.
    """

    notice: str
    last_earn: str
    last_spend: str

    def told(self, moment: Moment) -> Reason | None:
        """Return what a member is told with every sale from the day of notice on; None before it."""
        if not moment.confirmed or moment.day < self.notice:
            return None
        if moment.day <= self.last_earn:
            return Reason("closing", {"earn": self.last_earn, "spend": self.last_spend})
        return Reason("closing_spend" if moment.day <= self.last_spend else "closed", {"spend": self.last_spend})

    def no_earning(self, moment: Moment) -> Reason | None:
        """Return why nothing is earned any more; None while it is."""
        if not moment.confirmed or moment.day <= self.last_earn:
            return None
        return Reason("earning_ended", {"earn": self.last_earn})

    def spending_ended(self, moment: Moment) -> bool:
        """Say whether the last day for spending is over."""
        return moment.confirmed and moment.day > self.last_spend

    def check_spending(self, moment: Moment) -> None:
        """Raise NotAllowedError once the last day for spending is over."""
        if self.spending_ended(moment):
            raise NotAllowedError(
                f"the programme has ended: rewards were given until {self.last_spend}, today is {moment.day}",
                said=Said("programme_ended", {"until": self.last_spend}),
                hint="tell the member; headquarters decides what becomes of what is left",
            )


def read_closing(table: Table) -> Closing | None:
    """Read [closing]; None if the programme is not to be closed."""
    days = {key: table.day(key) for key in ("notice", "last_earn", "last_spend")}
    table.done()
    said = {key: day for key, day in days.items() if day is not None}
    if not said:
        return None
    for key in days:
        if key not in said:
            raise ProgrammeError(f"{table.name}: key {key!r} is missing: a programme closes on three days, all said")
    closing = Closing(**said)
    if not closing.notice <= closing.last_earn <= closing.last_spend:
        raise ProgrammeError(
            f"{table.name}: notice = {closing.notice!r}, last_earn = {closing.last_earn!r} and last_spend = "
            f"{closing.last_spend!r} must follow each other in this order"
        )
    return closing
