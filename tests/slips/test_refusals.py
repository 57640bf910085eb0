"""Refusals in a cashier's language: each that she can meet has a sentence of its own, or one by its error's code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import BlockedCardError, InsufficientError, NotAllowedError, Said, UnknownError
from agent.slips.texts import ERRORS, LANGUAGES, number_text, phrase, told
from agent.slips.texts.refusals import REFUSALS, refusal
from words.gathering import fields_of

ROOT = Path(__file__).parents[2]
# Where cashiers' requests are refused; a value that only a program can send (InvalidError) needs no sentence.
ROOMS = ("agent/counter", "agent/loyalty/spending", "agent/loyalty/reversal", "agent/journal/codes.py")
VAGUE = {"NotAllowedError", "UnknownError", "InsufficientError", "CodeError", "ForgedCodeError", "WrongProofError"}
# Reached by software that sends what no screen does.
OF_PROGRAMS = {
    "agent/counter/closing/reporting.py",
    "agent/counter/complaints/goodwill.py",  # a unit that is not in the programme
    "agent/counter/giving_back/coming_to.py",  # the same
}


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Yield every call of something by a plain name, with its file."""
    for file in sorted((ROOT / "agent").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield file, node


def test_every_refusal_that_is_said_has_a_sentence_with_its_values_and_each_sentence_is_said() -> None:
    used, wrong = set(), []
    for file, call in calls("Said"):
        match call.args:
            case [ast.Constant(value=str(code)), *rest]:
                used.add(refusal(code))
                values = {
                    key.value
                    for one in rest
                    if isinstance(one, ast.Dict)
                    for key in one.keys
                    if isinstance(key, ast.Constant)
                }
                if refusal(code) not in REFUSALS or fields_of(REFUSALS[refusal(code)].text) != values:
                    wrong.append((file.name, code, values))

    assert wrong == []
    assert set(REFUSALS) - used == set()


def test_whoever_says_no_at_the_counter_says_why_in_a_sentence() -> None:
    silent = []
    for kind in sorted(VAGUE):
        for file, call in calls(kind):
            place = str(file.relative_to(ROOT))
            if place.startswith(ROOMS) and place not in OF_PROGRAMS and not any(k.arg == "said" for k in call.keywords):
                silent.append(f"{place}:{call.lineno}")

    assert silent == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_told_with_its_values_and_without_a_word_of_english(language: str) -> None:
    error = InsufficientError(
        "cannot redeem 1200 of 'points'", said=Said("too_few", {"units": 1200, "count": 7}), hint="offer at most 7"
    )

    text, hint = told(error, language)

    assert number_text(1200, language) in text
    assert "7" in text
    if language == "en":
        assert (text, hint) == ("Wanted: 1,200. There are 7", "offer at most 7")
    else:
        assert "Wanted" not in text
        assert hint == ""


def test_the_condition_of_a_reward_is_its_own_sentence() -> None:
    error = NotAllowedError("reward 'wine' is not for them", said=Said("only_tiers", {"tiers": "Gold"}))

    assert told(error, "ru")[0] == phrase("only_tiers", {"tiers": "Gold"}, "", "ru").text


def test_an_error_without_a_sentence_of_its_own_is_told_by_its_code_and_in_english_by_its_message() -> None:
    error = BlockedCardError("this card is blocked")

    assert told(error, "en") == ("this card is blocked", BlockedCardError.hint)
    assert told(error, "fr")[0] != ERRORS["blocked_card"]
    assert told(UnknownError("no such thing", said=Said("nobody_wrote_this")), "en")[0] == "no such thing"


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_in_a_refusal_are_written_as_people_write_them(language: str) -> None:
    said = phrase(refusal("voucher_over"), {"until": "2027-04-03"}, "", language).text

    assert "2027-04-03" not in said
    assert "2027" in said
