"""Every sentence a slip or a screen says: one table of templates, keyed by language and code.

A template is filled with the numbers of a reason (`agent.loyalty.sale.Reason`): money fields are minor units of the
sale's currency, other integers are counts, strings stand as they are. A code or a number that is missing is an error,
never an empty line. Money is written with ISO 4217's minor digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.loyalty.money import minor_digits
from agent.slips.facts import SlipError

_SYMBOLS = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
_MONEY_FIELDS = frozenset({"amount", "eligible", "missing", "per", "total", "value"})


class NoTextError(SlipError):
    """There is no sentence for a code in a language, or a number that the sentence needs is missing."""

    hint = "tell your IT: the programme says something that this version has no words for"


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with {fields}: `value` stands at the right edge, `more` below if all of its fields are there."""

    text: str
    value: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A filled template: the sentence, the figure that belongs to it, and what is added (both may be empty)."""

    text: str
    value: str
    more: str


_TIER = "{tier}: {percent}% of the points"

TEXTS: dict[str, dict[str, Template]] = {
    "en": {
        # reasons: what a programme, a redemption or a refund says
        "points_for_amount": Template(
            "Points for {eligible}, per {per}", "+{points}", "{tier}: {percent}% of the points"
        ),
        "tier_multiplier": Template(_TIER),
        "excluded": Template("No points on {category}", "({amount})"),
        "minimum": Template("No points yet: {missing} more would earn"),
        "punches": Template("Punched: {card}", "+{count}"),
        "counts_for_tier": Template("Counts towards your status", "{amount}"),
        "reward_free": Template("Free: {label}", "-{value}"),
        "redeemed": Template("Redeemed: {label}", "-{units} {unit}", "worth {value}"),
        "reversed": Template("Taken back for returned goods", "-{units} {unit}"),
        "returned": Template("Given back to you", "+{units} {unit}"),
        "tier_reached": Template("You have reached {tier}!"),
        "provisional": Template("New card: it earns from today; rewards follow once it is registered"),
        "no_member": Template("No loyalty card shown: nothing was earned"),
        "blocked": Template("This card is blocked: nothing was earned"),
        # the slip's own words
        "title_sale": Template("Thank you"),
        "title_sale_named": Template("Thank you, {name}"),
        "title_redemption": Template("Enjoy your reward"),
        "title_redemption_named": Template("Enjoy your reward, {name}"),
        "title_refund": Template("Your return"),
        "title_refund_named": Template("Your return, {name}"),
        "title_enrolment": Template("Welcome"),
        "title_enrolment_named": Template("Welcome, {name}"),
        "tier": Template("{tier} member"),
        "total": Template("Total", "{total}"),
        "balance": Template("Your balance"),
        "balance_of": Template("{units} {label}"),
        "punched": Template("{label}", "{punched} of {of}"),
        "nearest": Template("Your next reward"),
        "still_missing": Template("{units} {unit} to go"),
        "ready": Template("Yours now: just ask"),
        "web": Template("See your points and rewards at"),
        "receipt": Template("Receipt {op}", "{till}"),
        "proof": Template("{at}", "Proof {head}"),
    },
}


def money_text(minor: int, currency: str) -> str:
    """An amount with its currency, digits grouped: `£1,234.50`, `-€0.05`, `¥120`, `12.30 MDL`."""
    digits = minor_digits(currency)
    whole, fraction = divmod(abs(minor), 10**digits)
    number = f"{whole:,}" + (f".{fraction:0{digits}}" if digits else "")
    sign = "-" if minor < 0 else ""
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency}"


def phrase(code: str, numbers: Mapping[str, int | str], currency: str, language: str) -> Phrase:
    """What a code says with these numbers; NoTextError when the table or `numbers` lack something."""
    try:
        template = TEXTS[language][code]
    except KeyError:
        raise NoTextError(f"no text for code {code!r} in language {language!r}") from None
    words = {field: _word(field, number, currency) for field, number in numbers.items()}
    try:
        text, value = template.text.format_map(words), template.value.format_map(words)
    except KeyError as error:
        raise NoTextError(f"the text for {code!r} needs {error.args[0]!r}, which the slip's facts lack") from None
    return Phrase(text, value, _more(template, words))


def reason_text(code: str, numbers: Mapping[str, int | str], currency: str, language: str) -> str:
    """A reason as one line for a screen: `Points for £12.34, per £1.00: +18 (Gold: 150% of the points)`."""
    said = phrase(code, numbers, currency, language)
    line = f"{said.text}: {said.value}" if said.value else said.text
    return f"{line} ({said.more})" if said.more else line


def _word(field: str, number: int | str, currency: str) -> str:
    if isinstance(number, str):
        return number
    return money_text(number, currency) if field in _MONEY_FIELDS else f"{number:,}"


def _more(template: Template, words: Mapping[str, str]) -> str:
    try:
        return template.more.format_map(words)
    except KeyError:
        return ""
