import pytest

from agent.slips.texts import LANGUAGES
from agent.web.screen.strings import strings
from tests.web.till import WebTill


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_get_their_strings_in_each_language(till: WebTill, language: str) -> None:
    assert till.page().get(f"/strings/{language}").json() == strings(language)


def test_there_are_no_strings_in_a_language_that_we_do_not_speak(till: WebTill) -> None:
    assert till.page().get("/strings/tlh").status_code == 404
