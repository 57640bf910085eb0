"""What a name is found by: its words, each with one letter left out, and each as it sounds.

Two words that are one slip of the finger apart (a letter too many, too few, another one, two swapped) have a spelling
in common once each may lose a letter: the deletion neighbourhood of Bocek, Hunt and Wirth, "Fast similarity search in
large dictionaries" (2007), with one edit. So a typo is found by looking up hashes, which is all a till has of a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from agent.ledger.kept.profiles.letters import spellings

_TYPO_MIN: Final = 4  # letters: shorter words are too much alike
_APART: Final = re.compile(r"[^\w\s]|_", re.UNICODE)

# What European spellings of one sound have in common, in the order in which it is looked for.
_SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^[yij]+(?=[aeou])", ""),
        (r"shch|chtch|stch|tsch|sch|tch|tsh|dzh|dj|ts|tz|cz|sz|cs|zs|sh|ch|zh|c(?=[eiy])", "s"),
        (r"ph", "f"),
        (r"x", "ks"),
        (r"gh", "g"),
        (r"^kh", "h"),
        (r"(?<=.)k?h", ""),
        (r"[cq]", "k"),
        (r"z", "s"),
        (r"w", "v"),
        (r"(?<=.)[aeiouy]", ""),
        (r"(.)\1+", r"\1"),
    )
)


class Form(StrEnum):
    """How a form of a name stands to it; the forms of one kind are looked up together."""

    WORD = "name"
    GAP = "gap"  # a word with a letter left out
    SOUND = "sound"


Forms = frozenset[tuple[Form, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """The forms by which a word that was asked for finds names: as it stands, with one typo, by its sound."""

    exact: Forms
    typo: Forms
    sound: Forms


def forms_of_name(name: str) -> Forms:
    """Return everything a name is found by, each of its words by itself; O'Neill is found as one word, too."""
    return frozenset(form for word in _words(name, joined=True) for form in _forms(word))


def asked(name: str) -> tuple[Asked, ...]:
    """Return what to look for, word by word; everything is found that has a form of every word."""
    return tuple(_asked(spellings(word)) for word in sorted(set(_words(name, joined=False))))


def exact_forms(name: str) -> Forms:
    """Return the words of a name as they are."""
    return frozenset((Form.WORD, one) for word in _words(name, joined=False) for one in spellings(word)[:1])


def _words(name: str, *, joined: bool) -> Iterator[str]:
    for word in name.split():
        parts = [part for part in _APART.sub(" ", word).split() if part]
        yield from parts
        if joined and len(parts) > 1:
            yield "".join(parts)


def _forms(word: str) -> Iterator[tuple[Form, str]]:
    for one in spellings(word):
        yield Form.WORD, one
        if len(one) >= _TYPO_MIN:
            yield from ((Form.GAP, gap) for gap in _gaps(one))
            yield from ((Form.SOUND, sound) for sound in _sounds(one))


def _asked(written: tuple[str, ...]) -> Asked:
    long = [one for one in written if len(one) >= _TYPO_MIN]
    typo = {(Form.GAP, one) for one in written if len(one) >= _TYPO_MIN - 1}
    typo |= {(form, gap) for one in long for gap in _gaps(one) for form in (Form.WORD, Form.GAP)}
    return Asked(
        exact=frozenset((Form.WORD, one) for one in written),
        typo=frozenset(typo),
        sound=frozenset((Form.SOUND, sound) for one in long for sound in _sounds(one)),
    )


def _gaps(word: str) -> Iterator[str]:
    """Yield the word without each of its letters; of two alike in a row one will do."""
    for at, (char, after) in enumerate(pairwise(word + " ")):
        if char != after:
            yield word[:at] + word[at + 1 :]


def _sounds(word: str) -> tuple[str, ...]:
    """Return how a word sounds; a j may be that of Joukov or that of Jelena, or the end of Dmitrij."""
    return tuple(dict.fromkeys(_sound(word.replace("j", as_)) for as_ in ("zh", "i")))


def _sound(word: str) -> str:
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word
