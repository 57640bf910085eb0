"""The call on the radar: for supervisors, never for a customer's display."""

from __future__ import annotations

from dataclasses import dataclass, fields

from fastapi import Request, Response

from agent.counter import Counter, RadarNote
from agent.slips.texts import reason_text
from agent.web.api.access import Seller
from agent.web.api.calls.answering import Call, reply
from agent.web.api.signed_in import check_supervisor
from agent.web.language import language_of


@dataclass(frozen=True, slots=True)
class NoteShape(RadarNote):
    """What a supervisor should look at, with its sentence: a question, not a verdict."""

    text: str


@dataclass(frozen=True, slots=True)
class NotesShape:
    """All of them, the weightiest first; `days` is how far back was looked."""

    days: int
    notes: tuple[NoteShape, ...]


@dataclass(frozen=True, slots=True)
class WatchingCalls:
    """What the call needs."""

    counter: Counter

    def rows(self) -> tuple[Call, ...]:
        """Return the calls as routes."""
        return (("GET", "/radar", self.notes, NotesShape),)

    def notes(self, request: Request, by: Seller) -> Response:
        """Return what looks like collusion at this till; a supervisor's token or session is wanted."""
        check_supervisor(request, by)
        programme, language = self.counter.require_programme(), language_of(request)
        shown = tuple(_shape(note, programme.currency, language) for note in self.counter.radar())
        return reply(NotesShape(programme.radar.days, shown))


def _shape(note: RadarNote, currency: str, language: str) -> NoteShape:
    values = {field.name: getattr(note, field.name) for field in fields(RadarNote)}
    numbers: dict[str, int | str] = {"staff": note.staff, "count": note.count, "of": note.of}
    return NoteShape(**values, text=reason_text(f"radar_{note.what}", numbers, currency, language))
