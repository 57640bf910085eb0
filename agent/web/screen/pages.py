"""The pages themselves: the cashier's screen at /, and the way in at /enter?code=..."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.counter import Counter
from agent.loyalty.money import minor_digits
from agent.loyalty.programme import Programme
from agent.slips.texts import LANGUAGES, money_text, number_text
from agent.web.api.access import SELLING, cookie_name, token_of_page
from agent.web.screen.strings import strings
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
        settings = _screen_settings(self.counter.programme, self.language)
        response = self._page("screen.html", settings=settings, cashier=token.name)
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

    def strings(self, language: str) -> Response:
        """Return every string of the pages in a language, as JSON."""
        if language not in LANGUAGES:
            return Response(status_code=404)
        return JSONResponse(strings(language))

    def _page(self, name: str, *, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self.templates.get_template(name).render(language=self.language, **values), status)


def page_routes(counter: Counter, tokens: Tokens, language: str) -> APIRouter:
    """Return the pages as routes; they are no part of the API's description."""
    folder = Path(__file__).with_name("templates")
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    pages = Pages(counter, tokens, language, templates)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", pages.screen, methods=["GET"])
    router.add_api_route("/strings/{language}", pages.strings, methods=["GET"])
    router.add_api_route("/enter", pages.enter, methods=["GET"])
    return router


def _stay_in(response: Response, request: Request, session: str) -> None:
    response.set_cookie(
        cookie_name(request.scope), session, max_age=COOKIE_S, path="/", httponly=True, samesite="strict"
    )


def _screen_settings(programme: Programme | None, language: str) -> dict[str, Any]:
    """Return what the page's script needs to know of the programme."""
    if programme is None:
        return {"name": None, "categories": [], "before": "", "digits": 2, "after": ""}
    categories = sorted({name for card in programme.punch_cards for name in card.scope.categories})
    return {"name": programme.name, "categories": categories, **amount_style(programme.currency, language)}


def amount_style(currency: str, language: str) -> dict[str, Any]:
    """Return how slips write amounts of a currency in a language, and the number of decimals.

    `before` and `after` stand around it, `group` between thousands, `point` before the decimals.
    """
    digits = minor_digits(currency)
    number, whole = money_text(0, currency, language), number_text(1000, language)
    before, _, rest = number.partition("0")
    point = rest[:1] if digits else ""
    return {
        "before": before,
        "digits": digits,
        "after": rest[1 + digits :] if digits else rest,
        "group": whole[1:-3],
        "point": point,
    }
