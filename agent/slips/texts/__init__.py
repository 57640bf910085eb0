"""What slips and screens say, in every language: sentences by code, figures, and the hints of errors."""

from agent.slips.texts.catalogs import LANGUAGES, SOURCE, counted, translated
from agent.slips.texts.english import ENGLISH
from agent.slips.texts.errors import ERRORS, error_text, hint_text, told
from agent.slips.texts.figures import day_text, moment_text, money_text, number_text
from agent.slips.texts.phrases import NoTextError, Phrase, phrase, reason_text
from agent.slips.texts.titles import rule_title

__all__ = [
    "ENGLISH",
    "ERRORS",
    "LANGUAGES",
    "SOURCE",
    "NoTextError",
    "Phrase",
    "counted",
    "day_text",
    "error_text",
    "hint_text",
    "moment_text",
    "money_text",
    "number_text",
    "phrase",
    "reason_text",
    "rule_title",
    "told",
    "translated",
]
