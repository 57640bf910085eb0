"""The translations: nothing is missing, nothing is stale, and figures are written as CLDR has it."""

from __future__ import annotations

import unicodedata
from gettext import GNUTranslations

import pytest
from babel.messages.catalog import Message
from babel.numbers import format_currency, format_decimal

from agent.slips.texts import ENGLISH, LANGUAGES, counted, day_text, hint_text, money_text, number_text, phrase
from agent.web.screen.strings import STRINGS, strings
from words.catalogs import TRANSLATED, entries, mo_bytes, po_file, read, updated
from words.gathering import fields_of, messages

_FROM_CLDR = str.maketrans("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")


def _source(entry: Message) -> str:
    return entry.id if isinstance(entry.id, str) else entry.id[0]


def _forms(entry: Message) -> list[str]:
    return [entry.string] if isinstance(entry.string, str) else list(entry.string or [""])


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_has_a_translation_and_there_is_none_too_many(language: str) -> None:
    wanted = [(message.context, message.text) for message in messages()]
    there = {(entry.context or "", _source(entry)): _forms(entry) for entry in entries(read(language))}

    assert [message for message in wanted if not all(there.get(message) or [""])] == []
    assert sorted(set(there) - set(wanted)) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_has_the_fields_of_its_message_and_no_others(language: str) -> None:
    wrong = []
    known = {(message.context, message.text): message for message in messages()}
    for entry in entries(read(language)):
        message = known[entry.context or "", _source(entry)]
        for form in _forms(entry):
            once = message.many and fields_of(form) == fields_of(message.text)
            if fields_of(form) != message.fields and not once:
                wrong.append((language, entry.context, form))

    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_till_reads_what_translators_wrote(language: str) -> None:
    with po_file(language).with_suffix(".mo").open("rb") as file:
        shipped = GNUTranslations(file)
    path = po_file(language).with_suffix(".fresh")
    try:
        path.write_bytes(mo_bytes(updated(language)))
        with path.open("rb") as file:
            made = GNUTranslations(file)
    finally:
        path.unlink()

    for message in messages():
        for number in (1, 2, 5):
            forms = [one.npgettext(message.context, message.text, message.many, number) for one in (shipped, made)]
            assert not message.many or forms[0] == forms[1]
        assert shipped.pgettext(message.context, message.text) == made.pgettext(message.context, message.text)


def test_romanian_is_written_with_commas_below_and_never_with_cedillas() -> None:
    text = po_file("ro").read_text(encoding="utf-8")

    assert "ș" in text
    assert "ț" in text
    assert not set("şţŞŢ") & set(text)


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_are_composed_and_hold_no_invisible_characters(language: str) -> None:
    text = po_file(language).read_text(encoding="utf-8")

    assert unicodedata.is_normalized("NFC", text)
    assert not [char for char in text if unicodedata.category(char) == "Cf"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [0, 7, 999, 1000, 1234567, -4500])
def test_numbers_are_grouped_as_cldr_has_it(language: str, number: int) -> None:
    assert number_text(number, language) == format_decimal(number, locale=language).translate(_FROM_CLDR)


@pytest.mark.parametrize(
    ("language", "currency"), [("en", "GBP"), ("en", "EUR"), ("fr", "EUR"), ("ru", "EUR"), ("ro", "RON")]
)
@pytest.mark.parametrize("minor", [0, 5, 123456, -5])
def test_money_is_written_as_cldr_has_it(language: str, currency: str, minor: int) -> None:
    known = format_currency(minor / 100, currency, locale=language).translate(_FROM_CLDR)

    assert money_text(minor, currency, language) == known


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "3\u00a0Apr\u00a02027"), ("fr", "03/04/2027"), ("ro", "03.04.2027"), ("ru", "03.04.2027")],
)
def test_a_day_is_written_so_that_nobody_takes_it_for_another(language: str, said: str) -> None:
    assert day_text("2027-04-03", language) == said


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "Gold: 1 more visit"),
        ("en", 2, "Gold: 2 more visits"),
        ("fr", 1, "Gold\u00a0: encore 1 visite"),
        ("ro", 1, "Gold: încă 1 vizită"),
        ("ro", 19, "Gold: încă 19 vizite"),
        ("ro", 20, "Gold: încă 20 de vizite"),
        ("ru", 21, "Gold: ещё 21 визит"),
        ("ru", 3, "Gold: ещё 3 визита"),
        ("ru", 11, "Gold: ещё 11 визитов"),
    ],
)
def test_what_is_counted_takes_the_form_of_its_number(language: str, number: int, said: str) -> None:
    assert phrase("tier_missing_visits", {"tier": "Gold", "units": number}, "EUR", language).text == said


def test_words_of_ours_in_a_sentence_are_translated_and_those_of_the_shop_are_not() -> None:
    assert phrase("only_weekdays", {"weekdays": "mon fri"}, "EUR", "ru").text == "Только пн, пт"
    assert phrase("only_tiers", {"tiers": "mon fri"}, "EUR", "ru").text == "Только для mon fri"


def test_a_hint_that_is_for_it_stands_as_it_is() -> None:
    assert hint_text("check the number", "fr") == "vérifiez le numéro"
    assert hint_text("`tally token list` shows them", "fr") == "`tally token list` shows them"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_get_every_string_and_every_plural_category_of_their_language(language: str) -> None:
    said = strings(language)

    assert set(STRINGS) <= set(said)
    categories = {"en": {"one", "other"}, "fr": {"one", "other"}, "ro": {"one", "few", "other"}}
    hours = said["news_old"]
    assert isinstance(hours, dict)
    assert set(hours) == categories.get(language, {"one", "few", "many", "other"})


def test_nothing_counts_by_a_field_that_its_sentence_lacks() -> None:
    assert [code for code, known in ENGLISH.items() if known.by and known.by not in fields_of(known.many)] == []
    assert counted("no such context", "one", "many", 2, "ro") == "many"
