import re
from pathlib import Path

import pytest

import agent.web.screen
from agent.slips.texts import LANGUAGES
from agent.web.screen.strings import STRINGS, strings
from tests.web.till import WebTill


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_get_their_strings_in_each_language(till: WebTill, language: str) -> None:
    assert till.page().get(f"/strings/{language}").json() == strings(language)


def test_there_are_no_strings_in_a_language_that_we_do_not_speak(till: WebTill) -> None:
    assert till.page().get("/strings/tlh").status_code == 404


def texts_of(pattern: str) -> str:
    folder = Path(agent.web.screen.__file__).parent
    return "\n".join(file.read_text() for file in sorted(folder.glob(pattern)))


def test_every_string_that_a_page_asks_for_is_there() -> None:
    scripts, templates = texts_of("static/**/*.js"), texts_of("templates/**/*.html")
    asked = set(re.findall(r'\bsay\("(\w+)"', scripts)) | set(re.findall(r"\bsay\.(\w+)", templates))
    asked |= set(re.findall(r'say\["(\w+)"\]', templates))

    assert asked - set(STRINGS) == set()


def test_every_string_is_asked_for() -> None:
    pages = texts_of("static/**/*.js") + texts_of("templates/**/*.html") + texts_of("../../daemon/*.py")
    begun = set(re.findall(r"say\(`(\w+_)\$", pages)) | set(re.findall(r'say\["(\w+_)" ~', pages)) | {"notice_"}
    asked = {key for key in STRINGS if re.search(rf"\b{key}\b", pages) or key.startswith(tuple(begun))}

    assert set(STRINGS) - asked == set()
