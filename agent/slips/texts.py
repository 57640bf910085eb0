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


TEXTS: dict[str, dict[str, Template]] = {
    "en": {
        # reasons: what a programme, a redemption or a refund says
        "points_for_amount": Template("Points for {eligible}, per {per}", "+{points}"),
        "points_for_pieces": Template("Points for {pieces} articles", "+{points}"),
        "visit": Template("Points for your visit", "+{points}"),
        "counted": Template("Counted for later"),
        "points_for_action": Template("Points for you: {action}", "+{points}"),
        "tier_multiplier": Template("{label}: {percent}% of the points", "+{points}"),
        "multiplier": Template("{label}: {percent}% of the points", "+{points}"),
        "head_start": Template("To begin with: {card}", "+{count}"),
        "membership_bought": Template("{label}: yours until {until}"),
        "membership_ends": Template("{label} ends on {until}"),
        "membership_price": Template("{label} costs {total} from {from}"),
        "tier_ends": Template("{tier} ends on {until}"),
        "tier_at_risk_spend": Template("Spend {amount} more until {until} to stay {tier}"),
        "tier_at_risk_points": Template("{units} more points until {until} to stay {tier}"),
        "tier_at_risk_visits": Template("{units} more visits until {until} to stay {tier}"),
        "expiring": Template("{units} {unit} expire on {until}"),
        "expiring_money": Template("{label}: {amount} expire on {until}"),
        "account_sleeping": Template("We have missed you since {from}"),
        "account_dormant": Template("Your account has been dormant since {from}: a purchase wakes it"),
        "referral_friend": Template("{label}: welcome", "+{points}"),
        "referral_referrer": Template("{label}: for who brought you", "+{points}"),
        "referral_code": Template("Your code for a friend", "{code}"),
        "may_play": Template("{label}: you may play, {odds} of 100 win"),
        "game_won": Template(
            "{label}: you have won {prize}!", "", "Draw {draw} of {day}, {odds} of 100 win. Sealed {commitment}"
        ),
        "game_lost": Template(
            "{label}: no luck this time", "", "Draw {draw} of {day}, {odds} of 100 win. Sealed {commitment}"
        ),
        "challenge_met": Template("{label}: done!", "+{points}"),
        "limit_reached": Template("The most for one {most} is reached", "({points})"),
        "discount": Template("{label}", "-{amount}"),
        "excluded": Template("No points on {category}", "({amount})"),
        "minimum": Template("No points yet: {missing} more would earn"),
        "punches": Template("Punched: {card}", "+{count}"),
        "counts_for_tier": Template("Counts towards your status", "{amount}"),
        "points_count_for_tier": Template("Counts towards your status", "{points}"),
        "visit_counts_for_tier": Template("This visit counts towards your status"),
        "closing": Template("Our programme ends: earn until {earn}, spend until {spend}"),
        "closing_spend": Template("Our programme ends: please spend until {spend}"),
        "closed": Template("Our programme has ended; rewards were given until {spend}"),
        # what did not apply, and what is missing
        "another_discount": Template("Another discount takes off more"),
        "another_multiplier": Template("Another bonus gave more"),
        "challenge_amount": Template("{label}: spend {missing} more"),
        "challenge_pieces": Template("{label}: {more} more articles"),
        "challenge_visits": Template("{label}: {more} more visits"),
        "clock_unconfirmed": Template("The till's clock is not confirmed yet"),
        "earning_ended": Template("The programme ends: nothing is earned after {earn}"),
        "min_amount": Template("From {amount}: {missing} more"),
        "min_pieces": Template("From {pieces} pieces: {more} more"),
        "no_such_article": Template("None of the articles it is for"),
        "only_birthday": Template("Only around a birthday"),
        "only_first_sale": Template("Only with the first purchase"),
        "only_from_until": Template("Only from {from} until {until}"),
        "only_hours": Template("Only at {hours}"),
        "only_memberships": Template("Only for {memberships}"),
        "only_referred": Template("Only for who was brought by a friend"),
        "referral_done": Template("{label}: given {times} times, which is all"),
        "friends_reached": Template("{label}: {times} friends a year, which is all"),
        "referrer_holds": Template("From {units} {label} on: {more} more"),
        "only_at_a_till": Template("Drawn at a till"),
        "played_today": Template("{label}: played {times} times today"),
        "game_over": Template("{label}: the prizes are gone"),
        "game_over_today": Template("{label}: no more prizes today"),
        "only_registered": Template("Only for registered members"),
        "only_tiers": Template("Only for {tiers}"),
        "only_weekdays": Template("Only on {weekdays}"),
        "only_from": Template("Only from {from} on"),
        "only_until": Template("Only until {until}"),
        "only_action": Template("Not for buying: {action}"),
        "challenge_done": Template("{label}: met {times} times, which is all"),
        "nothing_to_do": Template("Nothing in this sale is for it"),
        "units_missing": Template("{label}: {more} more {unit}"),
        "punches_missing": Template("{card}: {more} more, then one is free"),
        "reward_ready": Template("{label}: may be had now"),
        "tier_held": Template("{tier}: reached"),
        "tier_passed": Template("{tier}: reached, and more"),
        "tier_missing_spend": Template("{tier}: spend {amount} more"),
        "tier_missing_points": Template("{tier}: {units} more points"),
        "tier_missing_visits": Template("{tier}: {units} more visits"),
        "membership_held": Template("{label}: paid until {until}"),
        "membership_wanted": Template("{label}: costs {total}"),
        "visited_today": Template("Once a day, and today was counted"),
        "loaded": Template("Loaded: {label}", "+{amount}"),
        "money_left": Template("Left on {label}", "{amount}"),
        "redeemed_money": Template("Paid with {label}", "-{amount}"),
        "reversed_money": Template("Taken back: {label}", "-{amount}"),
        "returned_money": Template("Given back: {label}", "+{amount}"),
        "credited_money": Template("Given as {label}", "+{amount}"),
        "voucher_issued": Template("For you: {label}"),
        "redeemed_gift": Template("For you: {label}", "-{units} {unit}"),
        "voucher_spent": Template("Voucher: {label}", "worth {value}"),
        "reward_free": Template("Free: {label}", "-{value}"),
        "redeemed": Template("Redeemed: {label}", "-{units} {unit}", "worth {value}"),
        "reversed": Template("Taken back for returned goods", "-{units} {unit}"),
        "held": Template("Kept back until the sale is found", "-{units} {unit}"),
        "held_money": Template("{label}: kept back until the sale is found", "-{amount}"),
        "owed": Template("Spent already, and owed", "{units} {unit}"),
        "charged": Template("Spent already: kept from your money", "{value}", "for {units} {unit}"),
        "waived": Template("Spent already, and let go", "{units} {unit}"),
        "owed_money": Template("{label}: spent already, and owed", "{amount}"),
        "charged_money": Template("{label}: spent already, kept from your money", "{amount}"),
        "waived_money": Template("{label}: spent already, and let go", "{amount}"),
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
        "voucher_until": Template("Valid until {until}"),
        "tier": Template("{tier} member"),
        "total": Template("Total", "{total}"),
        "balance": Template("Your balance"),
        "balance_of": Template("{units} {label}"),
        "punched": Template("{label}", "{punched} of {of}"),
        "nearest": Template("Your next reward"),
        "still_missing": Template("{units} {unit} to go"),
        "ready": Template("Yours now: just ask"),
        "web": Template("See your points and rewards at"),
        "returns": Template("For returns at another till"),
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
