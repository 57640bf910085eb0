"""Who of the staff sends a request: the session in the header `Tally-Session` names him, not the body's `staff`.

A supervisor who is signed in, or a token of scope supervisor, approves what he sends himself.
"""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from agent.counter import Counter
from agent.errors import InvalidError, NotSignedInError, Said
from agent.journal.entry import OP_PATTERN
from agent.journal.staff.people import Role
from agent.web.api.errors import ForbiddenError
from agent.web.tokens import Scope, Token

HEADER = "tally-session"


async def put_staff(request: Request, token: Token, content: dict[str, Any], *, names_staff: bool) -> None:
    """Write into a request's content who sends it, if it has a field for that; note a supervisor's word for its op.

    Raises NotSignedInError for a session that is over, and when the programme wants the screen to have one.
    """
    counter: Counter = request.app.state.counter
    session = request.headers.get(HEADER)
    op = content.get("op")
    named = op if isinstance(op, str) and OP_PATTERN.fullmatch(op) else None
    if session is not None:
        found = await run_in_threadpool(counter.signing.who, session)
        if names_staff:
            if content.get("staff") not in (None, found.staff):
                raise InvalidError(
                    f"staff is not {found.staff!r}, who is signed in",
                    said=Said("signed_as_another"),
                    hint="leave staff out",
                )
            content["staff"] = found.staff
        if found.role is Role.SUPERVISOR and named is not None:
            counter.signing.vouch(named, found.staff)
    elif token.scope is Scope.SUPERVISOR:
        if named is not None:
            counter.signing.vouch(named, f"token:{token.name}")
    elif token.scope is Scope.SCREEN and names_staff and named is not None and _wants_session(counter):
        raise NotSignedInError("nobody is signed in at this screen", said=Said("nobody_signed_in"))


def _wants_session(counter: Counter) -> bool:
    return counter.programme is not None and counter.programme.supervision.sign_in


def check_supervisor(request: Request, token: Token) -> None:
    """Raise ForbiddenError unless a supervisor asks, by a token of that scope or by the session of one."""
    if token.scope is Scope.SUPERVISOR:
        return
    counter: Counter = request.app.state.counter
    session = request.headers.get(HEADER)
    if session is None or counter.signing.who(session).role is not Role.SUPERVISOR:
        raise ForbiddenError("this is for a supervisor", hint="a supervisor signs in and looks")
