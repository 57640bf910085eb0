"""The shape of a swipe: layout, case, where Enter stands, check characters, time; and nothing of what is on the card.

Any card will do, also a bank card, which has two tracks: the text is looked at here and let go of here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import Final

from agent.devices.categories import Category, Read
from agent.devices.firewall.recognise import BankCard, recognise
from agent.devices.firewall.tracks import BETWEEN, STRIPE, UNREADABLE
from agent.devices.swipes import ETX, STX, lrc_of
from agent.errors import FailureError
from agent.upkeep.calibration.bursts import Finding, Reading, idle_for

_TRACK: Final = re.compile(STRIPE)
_ENTER: Final = re.compile("[\r\n]")
# ISO/IEC 7811-2: track 1 has the 64 characters from space, tracks 2 and 3 the 16 from 0; licences use track 1's.
_ALPHABETS: Final = {"%": re.compile(r"[ -_]*"), ";": re.compile(r"[0-?]*"), "+": re.compile(r"[0-?]*")}
_AROUND_MAX: Final = 8  # characters that a reader may be set to send before and after a card


@dataclass(frozen=True, slots=True)
class _Swipe:
    """A swipe in pieces: what stands before it, the tracks, and what follows each."""

    before: str = field(repr=False)
    tracks: tuple[str, ...] = field(repr=False)
    after: tuple[str, ...] = field(repr=False)

    @property
    def extra(self) -> int:
        """How many characters stand outside the tracks that are neither framing nor a check character."""
        rests = (self.before.strip(BETWEEN), *(rest.strip(BETWEEN)[1:] for rest in self.after))
        return sum(len(rest) for rest in rests)

    @property
    def readable(self) -> list[tuple[str, str]]:
        """The tracks that could be read, each with what follows it."""
        pairs = zip(self.tracks, self.after, strict=True)
        return [(track, rest) for track, rest in pairs if track[1:-1] != UNREADABLE]

    @property
    def has_inner_enter(self) -> bool:
        """Say whether Enter stands between tracks."""
        return any(_ENTER.search(text) for text in self.after[:-1])

    @property
    def has_etx(self) -> bool:
        """Say whether ETX ends the swipe, which the drivers know without being told."""
        return chr(ETX) in self.after[-1]

    @property
    def has_last_enter(self) -> bool:
        """Say whether Enter stands at the end."""
        return _ENTER.search(self.after[-1]) is not None


def find_swipe(readings: Sequence[Reading], *, longest_gap_s: float) -> Finding | None:
    """Return what the reader does, if one of `readings` is a swipe, the likeliest first; None if none is.

    FailureError: it is one that was not read whole, or two: swipe again.
    """
    swipes = [(swipe, reading) for reading in readings if (swipe := _split(reading.text))]
    if not swipes:
        return None
    swipe, reading = min(swipes, key=lambda each: each[0].extra)
    if swipe.extra > _AROUND_MAX:
        return None
    if not swipe.readable:
        raise FailureError("no track could be read: swipe again, or clean the reader's head")
    if len(set(swipe.tracks)) < len(swipe.tracks):  # a card drawn there and back
        raise FailureError("the card was read twice: swipe it once")
    return _finding(swipe, reading, longest_gap_s)


def _split(text: str) -> _Swipe | None:
    matches = list(_TRACK.finditer(text))
    tracks = tuple(match[0] for match in matches)
    if not matches or not all(_is_written_right(track) for track in tracks):
        return None
    starts = [match.start() for match in matches[1:]] + [len(text)]
    after = tuple(text[match.end() : start] for match, start in zip(matches, starts, strict=True))
    return _Swipe(text[: matches[0].start()], tracks, after)


def _is_written_right(track: str) -> bool:
    alphabet = _ALPHABETS.get(track[0], _ALPHABETS["%"])
    return track[1:-1] == UNREADABLE or alphabet.fullmatch(track[1:-1]) is not None


def _finding(swipe: _Swipe, reading: Reading, longest_gap_s: float) -> Finding:
    one_line = _one_line(swipe)
    lrc = _lrc(swipe, reading.text)
    seen = recognise(Read("", Category.MSR, reading.text.encode("latin-1", "replace"), 0), ())
    idle_s = idle_for(longest_gap_s, has_end=bool(one_line) or swipe.has_etx)
    facts = {
        "card": "a bank card; nothing of it was kept" if isinstance(seen, BankCard) else "no bank card",
        **{key: str(value) for key, value in reading.settings.items() if key == "layout"},
        "tracks": str(len(swipe.tracks)),
        "Enter": _told(swipe),
        "check characters": {"none": "not sent", "track": "after every track", "frame": "after the frame"}[lrc],
        "longest gap": f"{longest_gap_s * 1000:.0f} ms",
    }
    settings = {**reading.settings, "one_line": one_line, "lrc": lrc, "idle_s": idle_s, "prefix": None, "suffix": None}
    return Finding(Category.MSR, facts, settings, tuple(_advice(swipe)))


def _one_line(swipe: _Swipe) -> bool | None:
    """Say whether Enter ends the swipe; None if one cannot tell: with a single track none can stand between."""
    if swipe.has_inner_enter or not swipe.has_last_enter:
        return False
    return True if len(swipe.tracks) > 1 else None


def _lrc(swipe: _Swipe, text: str) -> str:
    """Return the value of the setting `lrc` that fits."""
    start, end = text.find(chr(STX)), text.rfind(chr(ETX))
    frame = text[start : end + 2].encode("latin-1", "replace")
    if 0 <= start < end and end + 1 < len(text) and not reduce(xor, frame):
        return "frame"
    is_checked = all(rest[:1] and rest[0] == lrc_of(track) for track, rest in swipe.readable)
    return "track" if is_checked else "none"


def _told(swipe: _Swipe) -> str:
    if swipe.has_inner_enter:
        return "between the tracks"
    if not swipe.has_last_enter:
        return "not sent; ETX ends a swipe" if swipe.has_etx else "not sent"
    return "at the end" if len(swipe.tracks) > 1 else "at the end; one track does not tell whether also between tracks"


def _advice(swipe: _Swipe) -> list[str]:
    advice = []
    if swipe.has_last_enter and len(swipe.tracks) == 1:
        advice.append("swipe a card with two tracks, a bank card say: if Enter ends a swipe, reads are sooner there")
    if not swipe.has_last_enter and not swipe.has_etx:
        advice.append("set the reader to send Enter (CR) after a card, not between tracks: reads are sooner there")
    if swipe.extra:
        advice.append(f"switch off the {swipe.extra} characters that the reader sends around a card")
    return advice
