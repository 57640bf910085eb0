from agent.loyalty.programme import QUALIFYING
from agent.loyalty.sale import Effect, Measure, Missed, Reason
from agent.web.api.shapes import Voice
from tests.counter.shops import shop_programme

VOICE = Voice(shop_programme(), "en")


def effect(code: str, unit: str = "", amount: int = 0, **numbers: int | str) -> Effect:
    return Effect("rule", unit, amount, "lot", (0,), Measure.AMOUNT, Reason(code, numbers))


def test_a_reason_is_its_code_its_numbers_and_a_sentence() -> None:
    shape = VOICE.effect(effect("punches", "coffee", 2, count=2, card="Coffee card"))

    assert shape.reason == {"code": "punches", "count": 2, "card": "Coffee card"}
    assert shape.text == "Punched: Coffee card: +2"


def test_units_are_called_by_their_label_in_the_sentence_and_by_their_id_in_the_numbers() -> None:
    shape = VOICE.reversal(Reason("returned", {"units": 9, "unit": "coffee"}))

    assert shape.reason["unit"] == "coffee"
    assert "Coffee card" in shape.text
    assert shape.amount == 9


def test_what_counts_for_a_tier_is_told_as_money() -> None:
    shape = VOICE.reversal(Reason("reversed", {"units": 1530, "unit": QUALIFYING}))

    assert shape.amount == -1530
    assert shape.text == "Counts towards your status: -€15.30"


def test_a_code_without_words_stands_for_itself() -> None:
    assert VOICE.effect(effect("lucky_day", amount=1)).text == "lucky_day"
    assert VOICE.effect(effect("punches")).text == "punches"  # its numbers are missing


def test_what_did_not_apply_says_what_is_missing() -> None:
    shape = VOICE.missed(Missed("dare", Reason("challenge_amount", {"label": "Dare", "missing": 250})))

    assert (shape.rule, shape.text) == ("dare", "Dare: spend €2.50 more")
    assert shape.reason == {"code": "challenge_amount", "label": "Dare", "missing": 250}


def test_a_notice_has_its_sentence_and_calls_units_by_their_label() -> None:
    told = VOICE.told(Reason("expiring", {"units": 30, "unit": "coffee", "until": "2026-12-31"}))

    assert told.text == "30 Coffee card expire on 31\u00a0Dec\u00a02026"
    assert told.numbers["unit"] == "coffee"
