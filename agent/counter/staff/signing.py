"""Signing in, and a supervisor's word: who works at this till now, and which ops somebody has approved."""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass

from agent.counter.staff.approving import Approvable, needs_approval
from agent.errors import ApprovalNeededError, LedgerError, NotAllowedError, NotSignedInError, Said
from agent.journal.entry import check_op
from agent.journal.staff.people import Role, fits
from agent.ledger.kept.staff import StaffKept, all_staff, staff_kept, tried, tries_of
from agent.ledger.ledger import Ledger
from agent.loyalty.programme.supervision import Supervision

SESSION_MS = 12 * 3600 * 1000  # a day's work; then the PIN is asked for again
SESSIONS_MAX = 20  # the one that signed in first goes
APPROVED_MS = 120 * 1000  # so long a supervisor's word is good for
FREE_TRIES = 3  # wrong PINs; after these the next one waits
WAIT_MS = 30 * 1000
TRIES_MAX = 10  # then nobody signs in by this id before a supervisor resets the PIN
_SESSION_BYTES = 18

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in; `id` is the secret that the screen shows with each request."""

    id: str
    staff: str
    role: Role
    until_ms: int


@dataclass(frozen=True, slots=True)
class ApprovalAsk:
    """A supervisor's word for the request that will come with this op."""

    op: str
    action: Approvable
    supervisor: str
    pin: str

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved what; it is good for one op, for `seconds`."""

    op: str
    action: Approvable
    supervisor: str
    seconds: int


class Signing:
    """Who is signed in at a till, in memory: after a restart everybody signs in again. Times are the boot clock's.

    Wrong PINs are counted on disk. Methods may be called from any thread; none holds the ledger while a PIN is hashed.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._approved: dict[tuple[str, Approvable | None], tuple[str, int]] = {}  # -> supervisor, until; None: all
        self._waits: dict[str, int] = {}  # id -> no PIN is looked at before

    def sign_in(self, staff: str, pin: str) -> Session:
        """Begin a session; raises NotSignedInError for an id or a PIN that is not known."""
        kept = self._check(staff, pin)
        session = Session(secrets.token_urlsafe(_SESSION_BYTES), staff, kept.role, self._now() + SESSION_MS)
        with self._lock:
            while len(self._sessions) >= SESSIONS_MAX:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[session.id] = session
        log.info("staff=%s signed in", staff)
        return session

    def sign_out(self, session: str) -> None:
        """End a session; one that is over is no mistake."""
        with self._lock:
            self._sessions.pop(session, None)

    def who(self, session: str) -> Session:
        """Return who a session is; raises NotSignedInError for one that is over, or whose staff left."""
        now = self._now()
        with self._lock:
            found = self._sessions.get(session)
        if found is None or found.until_ms <= now or not self._is_here(found.staff):
            self.sign_out(session)
            raise NotSignedInError("this session is over", said=Said("session_over"))
        return found

    def seconds_left(self, session: Session) -> int:
        """Return how long a session lasts yet."""
        return max(0, session.until_ms - self._now()) // 1000

    def people(self) -> tuple[tuple[StaffKept, bool], ...]:
        """Return everybody who works here, and whether the id is locked."""
        here = [kept for kept in all_staff(self._ledger) if kept.pin is not None]
        return tuple((kept, tries_of(self._ledger, kept.staff) >= TRIES_MAX) for kept in here)

    def approve(self, ask: ApprovalAsk) -> Approval:
        """Note a supervisor's word; raises NotSignedInError, or NotAllowedError for one who is no supervisor."""
        if self._check(ask.supervisor, ask.pin).role is not Role.SUPERVISOR:
            raise NotAllowedError(
                f"{ask.supervisor!r} is no supervisor", said=Said("no_supervisor"), hint="ask a supervisor"
            )
        self._note(ask.op, ask.supervisor, ask.action)
        log.info("op=%s action=%s approved by staff=%s", ask.op, ask.action, ask.supervisor)
        return Approval(ask.op, ask.action, ask.supervisor, APPROVED_MS // 1000)

    def vouch(self, op: str, by: str) -> None:
        """Note that a supervisor sends the request of this op himself, whatever it asks for."""
        self._note(op, by, None)

    def require(self, policy: Supervision, action: Approvable, *, op: str, amount: int = 0) -> str | None:
        """Return who approved the request of this op, None if nobody needs to.

        Raises ApprovalNeededError. A request that was recorded before needs no second word.
        """
        if not needs_approval(policy, action, amount) or self._ledger.find(op) is not None:
            return None
        by = self.approver(op, action)
        if by is None:
            raise ApprovalNeededError(f"{action} needs a supervisor", action=str(action))
        return by

    def approver(self, op: str, action: Approvable) -> str | None:
        """Return who approved an action under this op, None if nobody did."""
        now = self._now()
        with self._lock:
            found = (self._approved.get((op, what), ("", 0)) for what in (action, None))
            return next((by for by, until in found if until > now), None)

    def _note(self, op: str, by: str, what: Approvable | None) -> None:
        now = self._now()
        with self._lock:
            self._approved = {key: value for key, value in self._approved.items() if value[1] > now}
            self._approved[op, what] = (by, now + APPROVED_MS)

    def _check(self, staff: str, pin: str) -> StaffKept:
        """Return whose PIN it is; after wrong ones the next is not looked at for a while, in the end not at all."""
        wrong, now = tries_of(self._ledger, staff), self._now()
        if wrong >= TRIES_MAX:
            raise NotSignedInError(
                f"staff {staff!r} is locked after {wrong} wrong PINs: a supervisor resets the PIN",
                said=Said("staff_locked", {"count": wrong}),
            )
        with self._lock:
            if self._waits.get(staff, 0) > now:
                raise NotSignedInError(
                    f"too many wrong PINs for staff {staff!r}: wait {WAIT_MS // 1000} seconds",
                    said=Said("staff_wait", {"seconds": WAIT_MS // 1000}),
                )
        kept = staff_kept(self._ledger, staff)
        if kept is None or kept.pin is None:
            raise NotSignedInError("id or PIN is wrong", said=Said("staff_wrong"))
        self._ledger.remember(tried(staff, wrong + 1))  # before the PIN is looked at: pulling the plug gains nothing
        if not fits(pin, kept.pin):
            if wrong + 1 >= FREE_TRIES:
                with self._lock:
                    self._waits[staff] = self._now() + WAIT_MS
            log.warning("staff=%s wrong PIN %d", staff, wrong + 1)
            raise NotSignedInError("id or PIN is wrong", said=Said("staff_wrong"))
        self._ledger.remember(tried(staff, 0))
        return kept

    def _is_here(self, staff: str) -> bool:
        """Say whether somebody still works here; while the disk fails a session goes on, for selling does."""
        try:
            kept = staff_kept(self._ledger, staff)
        except LedgerError:
            return True
        return kept is not None and kept.pin is not None

    def _now(self) -> int:
        return self._ledger.clock.read().mono_ms
