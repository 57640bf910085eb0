"""Swipes as readers send them: where one ends, what frames it, its check characters, and the card drawn there and back.

Source: ISO/IEC 7811-2 and 7813 for the LRC; ID TECH MiniMag RS-232 manual, output formats, for the framing.
"""

from __future__ import annotations

import re
import time
from functools import reduce
from hashlib import blake2b
from operator import xor
from secrets import token_bytes
from typing import Final

from agent.devices.firewall.tracks import BETWEEN, STRIPE, UNREADABLE, split_tracks

SWIPE_MAX = 512  # bytes; the three tracks of ISO/IEC 7811-2 hold 79, 40 and 107 characters
STX, ETX = 0x02, 0x03

_WITH_LRC: Final = re.compile(rf"[%;+@#!&]{UNREADABLE}\?|({STRIPE})(.?)", re.DOTALL)
_SIX_BITS: Final = "%@#!&"  # the sentinels of tracks with the alphabet of track 1
_NOISE_MAX = 2  # characters: a reader with a card sensor sends one for the card's coming and going


def is_swipe_end(received: bytearray, *, one_line: bool) -> bool:
    """Say whether the swipe in `received` is over with its last byte.

    `one_line`: the reader ends a swipe with CR or LF; otherwise these may stand between tracks, and only a third track
    tells the end. ETX always does.
    """
    last = received[-1]
    if last not in b"\r\n\x03":
        return False
    return one_line or last == ETX or _is_full_set(received.decode("latin-1"))


def tidy_swipe(received: bytes) -> bytes:
    """Return a swipe without what frames it; b"" if there was nothing else but a card sensor's word."""
    tidy = received.strip(BETWEEN.encode())
    return b"" if len(tidy) <= _NOISE_MAX and not tidy.endswith(b"?") else tidy


def without_lrc(text: str) -> str:
    """Return a swipe without the LRC character that follows every track; for readers that send it.

    A track whose LRC does not fit becomes one that could not be read.
    """
    return _WITH_LRC.sub(_checked, text)


def lrc_of(track: str) -> str:
    """Return the LRC character of a track with its sentinels (ISO/IEC 7811-2, 7813); "" if it has no such alphabet."""
    low, bits = (0x20, 6) if track[0] in _SIX_BITS else (0x30, 4)
    values = [ord(c) - low for c in track.replace("+", ";", 1 if track[0] == "+" else 0)]
    if any(not 0 <= value < 1 << bits for value in values):
        return ""
    return chr(low + reduce(xor, values))


class DoubleSwipes:
    """Tells a card that was drawn there and back from one that is swiped again on purpose.

    Only the swipe just before counts, so a second card is never swallowed, nor the first one after it; and the time
    runs from the swipe that was let through, so whoever swipes on is heard after `window_s`. A swipe that was not read
    whole is always heard. No digits are kept, only a digest under a key of this process.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._key = token_bytes(16)
        self._digest = b""
        self._at = 0.0

    def is_double(self, swipe: bytes) -> bool:
        """Say whether `swipe` is the one before once more."""
        digest = blake2b(swipe, key=self._key, digest_size=16).digest()
        now = time.monotonic()
        if digest == self._digest and now - self._at < self._window_s and split_tracks(swipe.decode("latin-1")).whole:
            return True
        self._digest, self._at = digest, now
        return False


def _checked(match: re.Match[str]) -> str:
    track, lrc = match[1], match[2]
    if track is None:  # the reader said that it could not read it
        return match[0]
    return track if lrc and lrc == lrc_of(track) else f"{track[0]}{UNREADABLE}?"


def _is_full_set(text: str) -> bool:
    swipe = split_tracks(text)
    return {track.number for track in swipe.tracks} | set(swipe.errors) == {1, 2, 3}
