"""Searching members by what they say of themselves: so often an hour, and every search in the log, never its text."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from agent.counter.answers import MemberView
from agent.counter.bench import Bench
from agent.counter.finding.proving import with_proofs
from agent.errors import InvalidError, Said, SearchesUsedError
from agent.journal.staff.people import check_staff
from agent.ledger.kept.profiles.finding import Found, by_email, by_name, by_phone

_HOUR_MS: Final = 3600 * 1000
_MINUTE_MS: Final = 60 * 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FindAsk:
    """One of: a phone number, an e-mail address, words of a name. It is looked for and kept nowhere."""

    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError unless it is one of them."""
        check_staff(self.staff)
        if sum(value is not None for value in (self.phone, self.email, self.name)) != 1:
            raise InvalidError("members are looked up by one of phone, e-mail and name")


class Searches:
    """When members were looked up at this till, in the last hour, on its monotone clock (ms)."""

    def __init__(self) -> None:
        self._at: deque[int] = deque()

    def count(self, now_ms: int, *, most: int) -> None:
        """Count one more; raises SearchesUsedError, which says when to go on, for one too many."""
        while self._at and now_ms - self._at[0] >= _HOUR_MS:
            self._at.popleft()
        if len(self._at) >= most:
            minutes = -((now_ms - self._at[-most] - _HOUR_MS) // _MINUTE_MS)
            raise SearchesUsedError(
                f"{most} searches in an hour are used up: the next one in {minutes} min",
                said=Said("searches", {"limit": most, "minutes": minutes}),
            )
        self._at.append(now_ms)


def find(bench: Bench, ask: FindAsk, searches: Searches, *, by: str) -> list[MemberView]:
    """Return the members who answer to what was asked; by name the nearest first, a typo or other letters allowed.

    Raises SearchesUsedError when there were too many of late.
    """
    who = ask.staff or by
    try:
        searches.count(bench.now_ms(), most=bench.programme.without_card.searches_an_hour)
    except SearchesUsedError:
        log.warning("search refused: the hour's searches are used up, by=%s", who)
        raise
    found = list(_found(bench, ask))
    log.info("search by %s: %d found, by=%s", _kind(ask), len(found), who)
    views = (bench.view(bench.holder(one.account), bench.when(None), card=one.card) for one in found)
    return [with_proofs(bench, view) for view in views]


def _found(bench: Bench, ask: FindAsk) -> list[Found]:
    if ask.phone is not None:
        return by_phone(bench.ledger, ask.phone)
    if ask.email is not None:
        return by_email(bench.ledger, ask.email)
    return by_name(bench.ledger, ask.name or "")


def _kind(ask: FindAsk) -> str:
    return "phone" if ask.phone is not None else "email" if ask.email is not None else "name"
