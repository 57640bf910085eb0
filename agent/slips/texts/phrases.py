"""A code and its numbers become a sentence in a language.

Of the numbers, money fields are minor units of the sale's currency (or of the one that stands beside them), days are
written as the language writes them, other integers are counts, strings stand as they are. A code or a number that is
missing is an error, never an empty line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.slips.facts import SlipError
from agent.slips.texts.catalogs import LANGUAGES, counted, translated
from agent.slips.texts.english import ENGLISH
from agent.slips.texts.figures import day_text, money_text, number_text
from agent.slips.texts.template import Template

_MONEY_FIELDS: Final = frozenset({"amount", "eligible", "missing", "per", "total", "value"})
_DAY_FIELDS: Final = frozenset({"day", "earn", "first", "from", "last", "spend", "until"})
# Units of a period: written with their sign; where a currency stands beside them they are money.
_MOVED: Final = "moved"
_LEFT: Final = "left"
_REASON: Final = "reason"  # the code of a sentence with its figure, in one line
# Fields that hold words of ours, by what their codes begin with.
_OUR_WORDS: Final = {
    "weekdays": "weekday",
    "most": "period",
    "action": "action",
    "purpose": "purpose",
    "channel": "channel",
}


class NoTextError(SlipError):
    """There is no sentence for a code in a language, or a number that the sentence needs is missing."""

    hint = "tell your IT: the programme says something that this version has no words for"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A filled template: the sentence, the figure that belongs to it, and what is added (both may be empty)."""

    text: str
    value: str
    more: str


def phrase(code: str, numbers: Mapping[str, int | str], currency: str, language: str) -> Phrase:
    """What a code says with these numbers; NoTextError when the table or `numbers` lack something."""
    if code not in ENGLISH or language not in LANGUAGES:
        raise NoTextError(f"no text for code {code!r} in language {language!r}")
    template = ENGLISH[code]
    words = {field: _word(field, numbers, currency, language) for field in numbers}
    try:
        text = _text(code, template, numbers, language).format_map(words)
        value = translated(f"{code}.value", template.value, language).format_map(words)
    except KeyError as error:
        raise NoTextError(f"the text for {code!r} needs {error.args[0]!r}, which the slip's facts lack") from None
    return Phrase(text, value, _more(translated(f"{code}.more", template.more, language), words))


def reason_text(code: str, numbers: Mapping[str, int | str], currency: str, language: str) -> str:
    """A reason as one line for a screen: `Points for £12.34, per £1.00: +18 (Gold: 150% of the points)`."""
    said = phrase(code, numbers, currency, language)
    whole = translated(_REASON, ENGLISH[_REASON].text, language)
    line = whole.format(text=said.text, value=said.value) if said.value else said.text
    return f"{line} ({said.more})" if said.more else line


def _text(code: str, template: Template, numbers: Mapping[str, int | str], language: str) -> str:
    if not template.by:
        return translated(code, template.text, language)
    number = numbers.get(template.by)
    many = number if isinstance(number, int) else 2
    return counted(code, template.text, template.many, many, language)


def _word(field: str, numbers: Mapping[str, int | str], currency: str, language: str) -> str:
    number = numbers[field]
    if isinstance(number, str):
        return _said(field, number, language)
    beside = numbers.get("currency")
    if field in _MONEY_FIELDS or (beside is not None and field in {_MOVED, _LEFT}):
        return money_text(number, str(beside or currency), language)
    plus = "+" if field == _MOVED and number >= 0 else ""
    return plus + number_text(number, language)


def _said(field: str, word: str, language: str) -> str:
    """A string of a field: a day, words of ours that have translations, or what somebody else has named."""
    if field in _DAY_FIELDS:
        return day_text(word, language)
    kind = _OUR_WORDS.get(field)
    if kind is None:
        return word
    codes = [f"{kind}_{one}" for one in word.split()]
    if not all(code in ENGLISH for code in codes):
        return word
    return ", ".join(translated(code, ENGLISH[code].text, language) for code in codes)


def _more(template: str, words: Mapping[str, str]) -> str:
    try:
        return template.format_map(words)
    except KeyError:
        return ""
