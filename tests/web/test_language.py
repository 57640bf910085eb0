import pytest

from agent.slips.texts import LANGUAGES, hint_text
from agent.web.language import COOKIE
from tests.web.till import WebTill, error_of

HINT = "ask for the loyalty card"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_told_what_to_do_in_the_language_that_its_person_chose(till: WebTill, language: str) -> None:
    page = till.page()
    page.cookies.set(COOKIE, language)

    refused = page.post("/v1/identify", json={"card": "1234567890"})

    assert error_of(refused)["hint"] == hint_text(HINT, language)


def test_software_without_a_cookie_is_told_in_the_till_s_own_language(till: WebTill) -> None:
    assert error_of(till.pos.post("/v1/identify", json={"card": "1234567890"}))["hint"] == HINT


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_sale_brings_is_told_in_that_language_too(till: WebTill, language: str) -> None:
    page, account = till.page(), till.member()
    page.cookies.set(COOKIE, language)
    line = {"article": "85123A", "quantity": 1, "amount": 1000}

    told = page.post("/v1/preview", json={"account": account, "lines": [line]}).json()["effects"][0]["text"]

    english = till.post("preview", account=account, lines=[line])["effects"][0]["text"]
    assert (told == english) == (language == "en")
