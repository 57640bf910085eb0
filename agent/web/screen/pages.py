"""The pages themselves: the cashier's screen at /, the customer's at /display, and the way in at /enter?code=..."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.counter import Counter
from agent.loyalty.money import minor_digits
from agent.loyalty.programme import Programme
from agent.loyalty.programme.rules.rewarding import Gives
from agent.slips.texts import LANGUAGES, money_text, number_text
from agent.web.api.access import SELLING, cookie_name, token_of_page
from agent.web.language import language_of
from agent.web.screen.strings import strings
from agent.web.tokens import Scope, Token, Tokens

COOKIE_S = 30 * 24 * 3600  # how long a browser stays in after the page was last opened
NAMES: Final = {
    "en": "English",
    "fr": "Fran\u00e7ais",
    "ro": "Rom\u00e2n\u0103",
    "ru": "\u0420\u0443\u0441\u0441\u043a\u0438\u0439",
}
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages need; `flows` are the names of the flows' templates, `modules` the scripts of the screen.

    `advert` is what the customer's display says while nobody is served, in the shop's words; empty: in ours.
    """

    counter: Counter
    tokens: Tokens
    templates: Environment
    flows: tuple[str, ...]
    modules: tuple[str, ...]
    advert: tuple[str, ...]

    def screen(self, request: Request) -> Response:
        """Return the cashier's screen, or the page that says how to get in."""
        token = token_of_page(request)
        if token is None or token.scope not in SELLING:
            return self._page(request, "enter.html", status=401)
        return self._in(request, "screen.html", token, flows=self.flows, modules=self.modules)

    def display(self, request: Request) -> Response:
        """Return the customer's display, or the page that says how to get in."""
        token = token_of_page(request)
        if token is None:
            return self._page(request, "enter.html", status=401)
        return self._in(request, "display.html", token)

    def enter(self, request: Request, code: str = "") -> Response:
        """Let a browser in on a one-time code.

        The answer is a page that goes on to the screen by itself. A redirect would not do: after a click on a link of
        another program, browsers keep a SameSite=Strict cookie from the redirected request.
        """
        session = self.tokens.enter(code)
        if session is None:
            return self._page(request, "enter.html", status=401)
        token = self.tokens.check_session(session)
        is_display = token is not None and token.scope is Scope.DISPLAY
        response = self._page(request, "entered.html", next="/display" if is_display else "/")
        _stay_in(response, request, session)
        return response

    def strings(self, language: str) -> Response:
        """Return every string of the pages in a language, as JSON."""
        if language not in LANGUAGES:
            return Response(status_code=404)
        return JSONResponse(strings(language))

    def _in(self, request: Request, name: str, token: Token, **values: Any) -> Response:
        settings = _screen_settings(self.counter.programme, language_of(request)) | {"advert": self.advert}
        response = self._page(request, name, settings=settings, cashier=token.name, names=NAMES, **values)
        _stay_in(response, request, request.cookies[cookie_name(request.scope)])
        return response

    def _page(self, request: Request, name: str, *, status: int = 200, **values: Any) -> Response:
        language = language_of(request)
        said = {"language": language, "languages": LANGUAGES, "say": strings(language)}
        return HTMLResponse(self.templates.get_template(name).render(**said, **values), status)


def page_routes(counter: Counter, tokens: Tokens, *, advert: tuple[str, ...] = ()) -> APIRouter:
    """Return the pages as routes; they are no part of the API's description."""
    templates = Environment(loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
    flows = sorted(path.stem for path in (_FOLDER / "templates" / "flows").glob("[a-z]*.html"))
    static = _FOLDER / "static"
    modules = sorted(str(path.relative_to(static)) for path in static.glob("*/**/*.js"))
    pages = Pages(counter, tokens, templates, tuple(flows), tuple(modules), advert)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", pages.screen, methods=["GET"])
    router.add_api_route("/display", pages.display, methods=["GET"])
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
        nothing: dict[str, Any] = {"name": None, "version": None, "currency": None, "categories": [], "consents": []}
        return {
            **nothing,
            "worth": {},
            "claim_days": 0,
            "before": "",
            "digits": 2,
            "after": "",
            "group": "",
            "point": ".",
        }
    categories = sorted({name for card in programme.punch_cards for name in card.scope.categories})
    named = {"name": programme.name, "version": programme.version, "currency": programme.currency}
    consent = programme.consent
    asked = [{"purpose": purpose, "channel": channel} for purpose in consent.purposes for channel in consent.channels]
    worth = {reward.id: reward.value for reward in programme.rewards if reward.gives is Gives.MONEY}
    known = {
        "categories": categories,
        "consents": asked,
        "worth": worth,
        "claim_days": programme.without_card.claim_days,
    }
    return {**named, **known, **amount_style(programme.currency, language)}


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
