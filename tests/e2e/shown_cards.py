"""What people hold before readers in a day: own cards, and payment and identity cards whole, half and mistyped.

Every payment number is one that its brand publishes for tests.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.till_files import card_number

PUBLISHED = (
    "4111111111111111",
    "4242424242424242",
    "4012888888881881",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "30569309025904",
    "38520000023237",
    "3530111333300000",
    "6759649826438453",
)
OWN_CARDS = 150
_REST = "49121010000000000000"
_LICENCE = "%TXSAN ANTONIO^DOE$JANE^1 MAIN ST^?;636015123456781=251219850704?"


@dataclass(frozen=True, slots=True)
class Shown:
    """One card before one reader; `text` is what the reader makes of it."""

    text: str
    is_own: bool


def stripes(chance: random.Random, share_own: float) -> Iterator[Shown]:
    """Yield swipes without end."""
    while True:
        if chance.random() < share_own:
            yield Shown(_own_stripe(chance), is_own=True)
        else:
            yield Shown(_foreign_stripe(chance), is_own=False)


def labels(chance: random.Random, share_own: float) -> Iterator[Shown]:
    """Yield scans without end; the text begins with a symbology identifier."""
    while True:
        if chance.random() < share_own:
            yield Shown(f"]C0{card_number(chance.randrange(OWN_CARDS))}", is_own=True)
        else:
            yield Shown(_foreign_label(chance), is_own=False)


def grouped(number: str, between: str) -> str:
    """A number in groups of four."""
    return between.join(number[at : at + 4] for at in range(0, len(number), 4))


def _own_stripe(chance: random.Random) -> str:
    number = card_number(chance.randrange(OWN_CARDS))
    forms = (
        f";{number}?",
        f";{number}={_REST}?",
        f"%A{number}^DOE/JANE^4912?;{number}?",
        f"%E?;{number}?",
        f"%A{number}^DOE/JANE^4912?;E?",
    )
    return chance.choice(forms)


def _foreign_stripe(chance: random.Random) -> str:
    number = chance.choice(PUBLISHED)
    track_1, track_2 = f"%B{number}^DOE/JANE^{_REST}?", f";{number}={_REST}?"
    forms = (
        track_1 + track_2,
        track_1,
        track_2,
        f"%E?{track_2}",
        f"{track_1};E?",
        f"{track_1}{track_2}+{number}=0000?",
        f"%B{grouped(number, ' ')}^DOE/JANE^{_REST}?;E?",
        track_1[: chance.randrange(14, len(track_1))],
        track_2[: chance.randrange(13, len(track_2))],
        track_1[chance.randrange(1, 3) :],
        f";{number}?",
        f";{number[:8]}?;{number[8:]}?",
        f"{number}",
        f"%E?;E?+{number}?",
        "%E?;E?+E?",
        _LICENCE,
    )
    return chance.choice(forms)


def _foreign_label(chance: random.Random) -> str:
    number = chance.choice(PUBLISHED)
    forms = (
        f"]C0{number}",
        f"]C0{grouped(number, ' ')}",
        f"]Q1{grouped(number, '-')}",
        f"]Q1https://pay.example/?pan={number}&x=1",
        f"]Q1;{number}={_REST}?",
        f"]C191{number}",
        f"]C0 {number} ",
        f"]C0{number[:11]}",
        f"]A0{grouped(number, '.')}",
        "]L0@ANSI 636015080002DL00410278DAQ123456781",
    )
    return chance.choice(forms)
