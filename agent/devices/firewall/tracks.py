"""Splits one swipe into its tracks.

Source: ISO/IEC 7811-6 and 7813 (sentinels `%` and `;`, end `?`, LRC after the end), and what readers make of them:
track 3 begins with `+` (a readers' convention) or again with `;`, driving licences (AAMVA) use `#`, `!`, `&`, `@` and
again `%`; a
track that could not be read comes as `E` in place of its data (MagTek 99875191); CR, LF or TAB may stand between them,
STX, ETX, ESC or DLE around them (ID TECH MiniMag RS-232 manual, output formats).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

UNREADABLE = "E"
STRIPE: Final = r"%[^%;?]*\?|[;+@][^%;+?]*\?|[#!&][^%;+]*\?"  # a licence's third track may hold `?` itself
_TRACK: Final = re.compile(STRIPE)
_NUMBER: Final = {"%": 1, ";": 2, "@": 2, "+": 3, "#": 3, "!": 3, "&": 3}
BETWEEN: Final = " \t\r\n\x00\x02\x03\x10\x1b"


@dataclass(frozen=True, slots=True)
class Track:
    """One track: its number (1 to 3) and what stands between the sentinels."""

    number: int
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Swipe:
    """The tracks of a swipe that could be read, and the numbers of those of which the reader says it could not.

    `whole` is False if there are such errors, or pieces are missing.
    """

    tracks: tuple[Track, ...]
    errors: tuple[int, ...]
    whole: bool


def split_tracks(text: str) -> Swipe:
    """Split what a magnetic stripe reader sent for one swipe; never raises.

    The same track twice (a card drawn there and back) counts once. A second, different `;` or `%` track is track 3.
    """
    tracks: list[Track] = []
    errors: set[int] = set()
    whole = True
    end = 0
    for match in _TRACK.finditer(text):
        whole &= _is_filler(text[end : match.start()], after_track=end > 0)
        end = match.end()
        body = match[0][1:-1]
        if body == UNREADABLE:
            errors.add(_NUMBER[match[0][0]])
        elif all(track.body != body for track in tracks):
            tracks.append(Track(_slot(match[0][0], tracks), body))
    whole &= _is_filler(text[end:], after_track=end > 0)
    return Swipe(tuple(tracks), tuple(sorted(errors)), whole and bool(tracks) and not errors)


def _slot(sentinel: str, earlier: list[Track]) -> int:
    number = _NUMBER[sentinel]
    return 3 if any(track.number == number for track in earlier) else number


def _is_filler(text: str, *, after_track: bool) -> bool:
    """Say whether nothing is lost if `text` is: separators, and after a track one character, the LRC."""
    rest = text.strip(BETWEEN)
    return len(rest) <= 1 if after_track else not rest
