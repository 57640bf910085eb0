import string

import pytest

from agent.slips.texts import ENGLISH, NoTextError, money_text, phrase, reason_text

# Every code that the programme, a redemption or a refund can say, with the numbers it comes with.
REASONS: list[tuple[str, dict[str, int | str], str]] = [
    ("points_for_amount", {"points": 12, "eligible": 1234, "per": 100}, "Points for £12.34, per £1.00: +12"),
    (
        "points_for_amount",
        {"points": 1234, "eligible": 123456, "per": 100},
        "Points for £1,234.56, per £1.00: +1,234",
    ),
    (
        "tier_multiplier",
        {"label": "Gold", "percent": 150, "points": 617},
        "Gold: 150% of the points: +617",
    ),
    ("excluded", {"category": "gift-cards", "amount": 500}, "No points on gift-cards: (£5.00)"),
    ("minimum", {"points": 0, "eligible": 60, "per": 100, "missing": 40}, "No points yet: £0.40 more would earn"),
    ("punches", {"count": 2, "card": "Coffee card"}, "Punched: Coffee card: +2"),
    ("counts_for_tier", {"amount": 1234}, "Counts towards your status: £12.34"),
    ("reward_free", {"label": "Coffee", "value": 250}, "Free: Coffee: -£2.50"),
    (
        "redeemed",
        {"units": 500, "unit": "points", "value": 500, "label": "£5 off"},
        "Redeemed: £5 off: -500 points (worth £5.00)",
    ),
    ("reversed", {"units": 3, "unit": "points"}, "Taken back for returned goods: -3 points"),
    ("returned", {"units": 3, "unit": "points"}, "Given back to you: +3 points"),
    ("tier_reached", {"tier": "Gold"}, "You have reached Gold!"),
    ("provisional", {}, "New card: it earns from today; rewards follow once it is registered"),
    ("no_member", {}, "No loyalty card shown: nothing was earned"),
    ("blocked", {}, "This card is blocked: nothing was earned"),
]


@pytest.mark.parametrize(("code", "numbers", "text"), REASONS)
def test_a_reason_becomes_one_line(code: str, numbers: dict[str, int | str], text: str) -> None:
    assert reason_text(code, numbers, "GBP", "en") == text


def test_a_figure_follows_its_reason_as_the_language_writes_it() -> None:
    said = {
        language: reason_text("punches", {"count": 2, "card": "Café"}, "EUR", language) for language in ("fr", "ro")
    }

    assert said == {"fr": "Poinçonné\u00a0: Café\u00a0: +2", "ro": "Perforat: Café: +2"}


def test_an_unknown_code_is_an_error_that_names_it() -> None:
    with pytest.raises(NoTextError, match="no text for code 'lottery' in language 'en'"):
        reason_text("lottery", {}, "GBP", "en")


def test_an_unknown_language_is_an_error_that_names_it() -> None:
    with pytest.raises(NoTextError, match="language 'tlh'"):
        reason_text("no_member", {}, "GBP", "tlh")


def test_a_missing_number_is_an_error_that_names_it() -> None:
    with pytest.raises(NoTextError, match="'punches' needs 'count'"):
        reason_text("punches", {"card": "Coffee card"}, "GBP", "en")


def test_what_a_member_typed_is_never_read_as_a_template() -> None:
    assert phrase("title_sale_named", {"name": "{till.__class__}"}, "GBP", "en").text == "Thank you, {till.__class__}"


def test_every_template_names_its_fields_plainly() -> None:
    for template in ENGLISH.values():
        for text in (template.text, template.many, template.value, template.more):
            fields = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
            assert all(field.isidentifier() for field in fields)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123450, "GBP", "£1,234.50"),
        (5, "EUR", "€0.05"),
        (-5, "EUR", "-€0.05"),
        (120, "JPY", "¥120"),
        (12345, "KWD", "12.345\u00a0KWD"),
        (1230, "MDL", "12.30\u00a0MDL"),
        (0, "USD", "$0.00"),
        (12345, "CLF", "1.2345\u00a0CLF"),
        (-1000, "XOF", "-1,000\u00a0XOF"),
    ],
)
def test_money_is_written_with_the_minor_digits_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert money_text(minor, currency, "en") == text
