"""What the pages say, by key: English here, the other languages in the catalogs beside `agent.slips.texts`.

A string is filled in by the page: `{name}` in it is replaced by what the page knows. One that goes with a number is a
pair: for one, for any other number; the page chooses by the plural category (CLDR) that its browser knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent.slips.texts import ERRORS, SOURCE, counted, error_text, translated

String = str | tuple[str, str]

STRINGS: Final[dict[str, String]] = {
    # how the screen is called and moved about in
    "no_programme": "No programme yet",
    "till": "Till",
    "state_of_till": "State of the till",
    "member": "Member",
    "sale": "Sale",
    "amount": "Amount",
    "clear": "Clear",
    "done": "Done",
    "take_off": "Take off",
    "total": "Total",
    "to_pay": "To pay",
    "language": "Language",
    # nobody yet
    "read_card": "Read the customer's card",
    "no_card_yet": "No card yet? It takes ten seconds",
    "find": "Card number, phone or name",
    "new_member": "New member",
    "last_sale": "Last sale",
    "which_one": "Which one?",
    "nobody_found": "Nobody was found",
    "nobody_found_hint": "Read the card, or make a new member",
    # the member
    "new_card": "New card",
    "to_go": ("{count} to go", "{count} to go"),
    "units_to_go": ("{count} {unit} to go", "{count} {unit} to go"),
    "one_is_free": "One is free",
    "may_spend": "May be spent now",
    "birthday": "Birthday: {name} has a birthday these days",
    "provisional": "This card earns from today. Rewards follow once the customer has joined.",
    "join_now": "Join now",
    "blocked": "This card is blocked: it earns nothing",
    "join_with_card": "Join with this card",
    "name": "Name",
    "phone": "Phone",
    "join": "Join",
    "welcome": "Welcome, {name}",
    "welcome_nobody": "Welcome",
    # the sale
    "off": "{amount} off",
    "one_free": "{label}: one free",
    "for_units": "for {units}",
    "for_full_card": "for the full card",
    "amount_first": "Type the amount first",
    "amount_then_key": "Type the amount, then the key",
    "no_amount": "This is no amount",
    "no_amount_hint": ("Digits, with at most {count} after the point", "Digits, with at most {count} after the point"),
    "recorded": "Recorded",
    "recorded_before": "It had been recorded before",
    "undo": "Undo",
    "undone": "Undone",
    "preview": "Preview",
    "wait": "Wait: the sale is being recorded",
    "wait_hint": "Then read the card again",
    "no_answer_yet": "The sale has no answer yet",
    "no_answer_yet_hint": "Press Enter to send it again: it counts once",
    "without_loyalty": "Sold without loyalty",
    "without_loyalty_hint": "It will be entered later",
    "selling_without_loyalty": "Selling without loyalty",
    # readers, printers, headquarters
    "bank_card": "Bank card: ask for the loyalty card",
    "identity_card": "Identity card: ask for the loyalty card",
    "swipe_again": "Swipe again",
    "news_old": ("News from headquarters is {count} hour old", "News from headquarters is {count} hours old"),
    "agent": "Agent",
    "agent_silent": "The till's agent does not answer",
    "agent_silent_hint": "Try again: nothing counts twice",
    "slip_asked": "Did the slip of receipt {op} come out?",
    "slip_yes": "Yes, it is whole",
    "slip_no": "No, print it again",
    "slip_copy": "Print a copy",
    "printer_waits": "The printer waits: {why}",
    # at the door
    "not_let_in": "Not let in yet",
    "not_let_in_why": "A cashier's screen comes in by an address that works once, within a minute.",
    "not_let_in_how": "Make one on this till, and open it in this browser:",
    "not_let_in_name": "NAME is what the screen is called in the records it makes, like counter-2",
    "go_on": "Go on to the screen",
    # the customer's display
    "display_welcome": "Welcome",
    "display_greeting": "Hello, {name}",
    "display_balance": "Your balance",
    "display_this_sale": "This purchase brings",
    "display_thanks": "Thank you",
    "display_advert": "Collect points with every purchase: ask for your card",
}
# Which plural category (CLDR) a catalog's forms are, in the order of its Plural-Forms.
_CATEGORIES: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {
    "en": ((1, "one"), (2, "other")),
    "fr": ((1, "one"), (2, "other")),
    "ro": ((1, "one"), (2, "few"), (20, "other")),
    "ru": ((1, "one"), (2, "few"), (5, "many"), (5, "other")),
}


def strings(language: str) -> dict[str, str | dict[str, str]]:
    """Return every string of the pages in a language; one that goes with a number by plural category.

    An error's sentence is under `error.` and its code.
    """
    said: dict[str, str | dict[str, str]] = {key: _in(language, key, string) for key, string in STRINGS.items()}
    return said | {f"error.{code}": error_text(code, language) for code in ERRORS}


def _in(language: str, key: str, string: String) -> str | dict[str, str]:
    context = context_of(key)
    if isinstance(string, str):
        return translated(context, string, language)
    forms = _CATEGORIES.get(language, _CATEGORIES[SOURCE])
    return {category: counted(context, *string, number, language) for number, category in forms}


def context_of(key: str) -> str:
    """Return the context of a string in the catalogs."""
    return f"screen.{key}"
