"""In which language a page is told things: the one its person chose, else the till's own."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from agent.slips.texts import LANGUAGES

COOKIE: Final = "tally_language"  # holds nothing but one of our languages; the page's own script writes it


def language_of(request: Request) -> str:
    """Return the language of whoever sent a request."""
    chosen = request.cookies.get(COOKIE, "")
    own: str = request.app.state.language
    return chosen if chosen in LANGUAGES else own
