"""The pages themselves: the cashier's screen at /, and the way in at /enter?code=..."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.counter import Counter
from agent.loyalty.money import minor_digits
from agent.loyalty.programme import Programme
from agent.slips.texts import money_text
from agent.web.api.access import SELLING, cookie_name, token_of_page
from agent.web.tokens import Tokens

COOKIE_S = 30 * 24 * 3600  # how long a browser stays in after the page was last opened


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages need."""

    counter: Counter
    tokens: Tokens
    language: str
    templates: Environment

    def screen(self, request: Request) -> Response:
        """Return the cashier's screen, or the page that says how to get in."""
        token = token_of_page(request)
        if token is None or token.scope not in SELLING:
            return self._page("enter.html", status=401)
        response = self._page("screen.html", settings=_screen_settings(self.counter.programme), cashier=token.name)
        _stay_in(response, request, request.cookies[cookie_name(request.scope)])
        return response

    def enter(self, request: Request, code: str = "") -> Response:
        """Let a browser in on a one-time code.

        The answer is a page that goes on to the screen by itself. A redirect would not do: after a click on a link of
        another program, browsers keep a SameSite=Strict cookie from the redirected request.
        """
        session = self.tokens.enter(code)
        if session is None:
            return self._page("enter.html", status=401)
        response = self._page("entered.html")
        _stay_in(response, request, session)
        return response

    def _page(self, name: str, *, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self.templates.get_template(name).render(language=self.language, **values), status)


def page_routes(counter: Counter, tokens: Tokens, language: str) -> APIRouter:
    """Return the pages as routes; they are no part of the API's description."""
    folder = Path(__file__).with_name("templates")
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    pages = Pages(counter, tokens, language, templates)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", pages.screen, methods=["GET"])
    router.add_api_route("/enter", pages.enter, methods=["GET"])
    return router


def _stay_in(response: Response, request: Request, session: str) -> None:
    response.set_cookie(
        cookie_name(request.scope), session, max_age=COOKIE_S, path="/", httponly=True, samesite="strict"
    )


def _screen_settings(programme: Programme | None) -> dict[str, Any]:
    """Return what the page's script needs to know of the programme."""
    if programme is None:
        return {"name": None, "categories": [], "before": "", "digits": 2, "after": ""}
    categories = sorted({name for card in programme.punch_cards for name in card.scope.categories})
    return {"name": programme.name, "categories": categories, **amount_style(programme.currency)}


def amount_style(currency: str) -> dict[str, Any]:
    """Return how slips write amounts of a currency: what stands before and after, and the number of decimals."""
    digits = minor_digits(currency)
    before, _, after = money_text(0, currency).partition(f"{0:.{digits}f}")
    return {"before": before, "digits": digits, "after": after}
