"""Who calls: a token as a bearer (RFC 6750, 2.1), or the cookie of a page that came in by a one-time code."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Annotated, Any

from fastapi import Depends, Request

from agent.web.api.errors import ForbiddenError, UnauthorizedError
from agent.web.tokens import Scope, Token, Tokens

SELLING = frozenset({Scope.POS, Scope.SCREEN, Scope.SUPERVISOR})
_SAFE = frozenset({"GET", "HEAD"})
# Sec-Fetch-Site (W3C Fetch Metadata): our own page, or the person's own doing (a bookmark, the address line).
_OWN_SITES = frozenset({"same-origin", "none"})


def cookie_name(scope: MutableMapping[str, Any]) -> str:
    """Return the cookie's name. It carries the port: browsers send one host's cookies to all of its ports."""
    return f"tally_{scope['server'][1]}"


def token_of_page(request: Request) -> Token | None:
    """Return the token that the request's cookie came in on, if our own page sent the request."""
    secret = request.cookies.get(cookie_name(request.scope))
    if secret is None or request.headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return None
    origin = request.headers.get("origin")
    own = origin == f"http://{request.headers['host']}"
    if not own and (origin is not None or request.method not in _SAFE):
        return None
    tokens: Tokens = request.app.state.tokens
    return tokens.check_session(secret)


def token_of(request: Request) -> Token | None:
    """Return who calls, or None."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return token_of_page(request)
    tokens: Tokens = request.app.state.tokens
    return tokens.check(secret.strip())


async def caller(request: Request) -> Token:
    """Return who calls; raises UnauthorizedError."""
    token = token_of(request)
    if token is None:
        raise UnauthorizedError("this call needs a token that is known here")
    return token


async def seller(token: Annotated[Token, Depends(caller)]) -> Token:
    """Return who calls, if he may sell; raises ForbiddenError."""
    if token.scope not in SELLING:
        raise ForbiddenError(f"token {token.name!r} is of scope {token.scope}, which may only look")
    return token


async def supervising(token: Annotated[Token, Depends(caller)]) -> Token:
    """Return who calls, if he looks after the till; raises ForbiddenError."""
    if token.scope is not Scope.SUPERVISOR:
        raise ForbiddenError(f"token {token.name!r} is of scope {token.scope}: this call is for a supervisor")
    return token


Caller = Annotated[Token, Depends(caller)]
Seller = Annotated[Token, Depends(seller)]
Supervising = Annotated[Token, Depends(supervising)]
