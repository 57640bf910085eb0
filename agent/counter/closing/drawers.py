"""The cash drawer: every opening is an entry, with the reason and who it was."""

from __future__ import annotations

from dataclasses import dataclass

from agent.journal.staff.people import check_staff
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft, Recorded
from agent.loyalty.closures import OPENED, Reason


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening of the drawer that has happened; it is never repeated and has no op of its caller's."""

    reason: Reason
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_staff(self.staff)


def record_opening(ledger: Ledger, opening: Opening, *, by: str) -> Recorded:
    """Record that the drawer was opened; a till needs no programme for that."""
    entry_id = ledger.clock.new_id()
    draft = Draft(
        id=entry_id,
        op=f"drawer:{entry_id}",
        ask=b"",
        kind=OPENED,
        day=ledger.clock.today().isoformat(),
        by=by,
        staff=opening.staff,
        body={"reason": str(opening.reason)},
    )
    return ledger.append(draft)
