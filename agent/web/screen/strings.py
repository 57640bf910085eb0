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
    "keys": "What may be done",
    "member": "Member",
    "sale": "Sale",
    "lines": "What is bought",
    "amount": "Amount",
    "clear": "Clear",
    "done": "Done",
    "back": "Back",
    "search": "Find",
    "card": "Card",
    "voucher": "Voucher",
    "refund": "Refund",
    "sales": "Sales",
    "park": "Park",
    "staff": "Cashier",
    "take_off": "Take off",
    "rub_out": "Rub out",
    "space": "Space",
    "letters": "Letters on the screen",
    "total": "Total",
    "to_pay": "To pay",
    "language": "Language",
    "training": "TRAINING: nothing here counts",
    # nobody yet
    "read_card": "Read the customer's card",
    "ask_for_card": "Ask: \u201cDo you have our card?\u201d",
    "no_card_yet": "No card yet? It takes ten seconds",
    "find": "Card number, phone or name",
    "find_hint": "Part of a name will do, in any alphabet; a phone number in any form",
    "search_title": "Find a member without a card",
    "new_member": "New member",
    "last_sale": "Last sale",
    "two_cards": "Two cards were read: whose sale is it?",
    "nobody_found": "Nobody was found",
    "nobody_found_hint": "Read the card, or make a new member",
    "parked_sales": "Parked sales",
    "parked": "Parked: the next customer, please",
    # the member
    "new_card": "New card",
    "to_go": ("{count} to go", "{count} to go"),
    "units_to_go": ("{count} {unit} to go", "{count} {unit} to go"),
    "one_is_free": "One is free",
    "may_spend": "May be spent now",
    "this_sale_brings": "This sale brings",
    "birthday": "Birthday: {name} has a birthday these days",
    "last_visit": "Last here on {day}",
    "usually": "usually: {articles}",
    "spendable": ("{count} of it may be spent here", "{count} of it may be spent here"),
    "only_collects": "This card only collects: nothing is spent on it",
    "provisional": "This card earns from today. Rewards follow once the customer has joined.",
    "join_now": "Join now",
    "blocked": "This card is blocked: it earns nothing",
    "name": "Name",
    "phone": "Phone",
    "email": "E-mail",
    "birthday_date": "Birthday",
    "friend_code": "A friend's code",
    "slips_in": "Slips in",
    "consents": "May we write to you?",
    "more_details": "More details, which can wait",
    "enrol_read_card": "Read the new card, or go on without one",
    "enrol_with_card": "The card is read",
    "card_taken": "This card is somebody's already",
    "card_taken_hint": "Take a new card",
    "name_or_phone": "A name or a phone number, please",
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
    "pushed": "From the till's software ({name})",
    "pushed_hint": "This sale is finished in the till's software ({name})",
    "other_screen": "The screen {name} is at this sale",
    "of_yesterday": "This sale was begun yesterday",
    "of_yesterday_hint": "Finish it or clear it",
    "sale_ended": "This sale has ended meanwhile",
    "sale_ended_hint": "Look at the screen and go on from there",
    # rewards, vouchers, what comes back
    "voucher_title": "Reward or voucher",
    "voucher_code": "Code of the voucher, typed or scanned",
    "voucher_hint": "The code stands below the square on the slip",
    "redeem": "Redeem",
    "redeemed": "Taken: {label}",
    "undo_title": "Undo the last sale",
    "undo_yes": "Take it back",
    "nothing_to_undo": "There is no sale to undo here",
    "give_back": "Give back {amount}",
    "tier_changes": "Tier: {before} \u2192 {after}",
    "refund_yes": "Refund",
    "refund_hint": "The number stands on the slip, after \u201cReceipt\u201d",
    "receipt_number": "Number of the receipt",
    "look_up": "Look up",
    "proof_title": "Who spends?",
    "proof_card": "Read his card; or ask for his PIN or his last slip",
    "member_pin": "His PIN",
    "slip_proof": "Proof at the foot of his last slip",
    "another_card": "That is somebody else's card",
    "another_card_hint": "Read the card of the member on the screen",
    # cards and data
    "member_first": "Find the member first",
    "join_first": "The customer joins first",
    "card_title": "Cards and data",
    "card_replace": "New card for a lost one",
    "card_block": "Block a lost card",
    "card_link": "Another card for the family",
    "card_correct": "Correct name, phone, e-mail",
    "card_consents": "What we may write",
    "card_pin": "New PIN",
    "card_balance": "Print the balance",
    "card_friend": "Print the code for a friend",
    "card_leave": "Leave the programme",
    "which_card": "Which card?",
    "card_read_new": "Read the new card, or type its number",
    "card_number": "Number of the card",
    "card_only_collects": "It only collects",
    "card_replaced": "The new card is in the place of the old one",
    "card_blocked": "The card is blocked",
    "card_linked": "The card belongs to the account",
    "data_corrected": "Corrected",
    "consents_kept": "Noted: the slip says what was agreed",
    "pin_set": "The new PIN counts from now on",
    "new_pin": "New PIN, 4 to 8 digits",
    "slip_coming": "The slip is coming",
    "leave_means": "Everything about this member is erased for good, and what is left on the account is lost.",
    "has_left": "The member has left the programme",
    "purpose_marketing": "Offers and news",
    "purpose_profiling": "Offers made for you",
    "purpose_analysis": "How people buy",
    "channel_email": "by e-mail",
    "channel_sms": "by SMS",
    "channel_phone": "by phone",
    "channel_post": "by post",
    "channel_till": "at the till",
    # sales of before
    "sales_title": "Last sales",
    "or_amount": "or amount",
    "day": "Day",
    "no_sale_found": "No such sale at this till",
    "came_back": "came back",
    "kind_refund": "Refund",
    "kind_redemption": "Reward",
    "kind_adjustment": "Adjustment",
    "kind_action": "For you",
    "why_so": "Why?",
    "move_here": "It is this member's",
    "sale_moved": "The sale is this member's now",
    "goodwill": "Points as goodwill",
    "goodwill_given": "Given",
    "goodwill_missed": "The sale should have brought them",
    "goodwill_waited": "The customer waited",
    "goodwill_fault": "Something was bad",
    "goodwill_kindness": "Out of kindness",
    "how_many": "How many",
    "of_what": "Of what",
    "reason": "Why",
    "give": "Give",
    "as_credit": "Of it as credit: {amount}",
    "settled_later": "Headquarters settles the points",
    "tick_goods": "Tick the goods that come back",
    "not_of_this_till": "This till does not know that sale",
    "not_of_this_till_hint": "Type the code at the foot of its slip, and what is given back",
    "refund_amount": "Given back for the goods",
    "refunded": "Refunded",
    "policies": "Shop's rules",
    "policies_find": "Words to look for",
    "no_policies": "Nothing is written here about that",
    # who works here
    "staff_id": "Staff number",
    "pin": "PIN",
    "sign_in": "Sign in",
    "sign_out": "Sign out",
    "signed_in_as": "Signed in: {name}",
    "nobody_signed_in": "Nobody is signed in",
    "training_begin": "Begin training",
    "training_end": "End training",
    "training_begun": "Training: nothing here counts",
    "training_ended": "Training has ended: everything counts",
    "supervisor_please": "A supervisor, please",
    "approve": "Approve",
    "approve_refund": "So much money back needs a supervisor",
    "approve_void": "This sale is too old to be undone alone",
    "approve_waive": "Letting go what was spent needs a supervisor",
    "approve_replace_card": "Replacing a card needs a supervisor",
    "approve_move_sale": "Moving a sale needs a supervisor",
    "approve_goodwill": "Points as goodwill need a supervisor",
    "approve_training": "Training needs a supervisor",
    "approve_leave": "Erasing a member needs a supervisor",
    "approve_member_pin": "A PIN without the card needs a supervisor",
    "approve_staff": "This needs a supervisor",
    # readers, printers, headquarters
    "bank_card": "Bank card: ask for the loyalty card",
    "identity_card": "Identity card: ask for the loyalty card",
    "swipe_again": "Swipe again",
    "notice_swipe_again": "Swipe again",
    "notice_swipe_again_hint": "The card was not read whole",
    "notice_unknown_card": "This is no card of ours",
    "notice_unknown_card_hint": "Ask for the loyalty card",
    "notice_blocked_card": "This card is blocked",
    "notice_blocked_card_hint": "Ask for another card, or find the member by phone or name",
    "notice_mid_sale": "That card was not taken: this sale has its card",
    "notice_mid_sale_hint": "Finish the sale, park it or clear it first",
    "scan_of_something": "That was no card",
    "scan_of_something_hint": "Read the customer's card; goods belong to the till's software",
    "hq": "HQ",
    "news_old": ("News from headquarters is {count} hour old", "News from headquarters is {count} hours old"),
    "agent": "Agent",
    "agent_silent": "The till's agent does not answer",
    "agent_silent_hint": "Try again: nothing counts twice",
    "slip": "Slip",
    "slip_asked": "Did the slip of receipt {op} come out?",
    "slip_yes": "Yes, it is whole",
    "slip_no": "No, print it again",
    "slip_copy": "Print a copy",
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
    "display_thanks_name": "Thank you, {name}",
    "display_advert": "Collect points with every purchase: ask for your card",
}
# Which plural category (CLDR) a catalog's forms are, in the order of its Plural-Forms.
_CATEGORIES: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {
    "en": ((1, "one"), (2, "other")),
    "fr": ((1, "one"), (2, "other")),
    "ro": ((1, "one"), (2, "few"), (20, "other")),
    "ru": ((1, "one"), (2, "few"), (5, "many"), (5, "other")),
}


def said(key: str, language: str) -> str:
    """Return one string in a language; it must be one that goes with no number."""
    string = STRINGS[key]
    assert isinstance(string, str)
    return translated(context_of(key), string, language)


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
