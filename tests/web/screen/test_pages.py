import html
import re
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urljoin

import httpx
import orjson
import pytest

from agent.loyalty.programme import load
from agent.slips.texts import LANGUAGES
from agent.web.language import COOKIE
from agent.web.screen.pages import COOKIE_S, amount_style
from agent.web.screen.strings import said
from agent.web.server import WebServer
from agent.web.settings import WebSettings
from agent.web.tokens import Scope
from tests.counter.shops import open_shop, shop_programme
from tests.web.till import SERVED, WebTill, serve


def cookie_of(answer: httpx.Response, till: WebTill) -> str:
    return SimpleCookie(answer.headers["set-cookie"])[f"tally_{till.server.port}"].OutputString()


def settings_of(page: httpx.Response) -> dict[str, object]:
    found = re.search(r'data-settings="([^"]*)"', page.text)
    assert found is not None
    settings: dict[str, object] = orjson.loads(html.unescape(found[1]))
    return settings


def test_a_browser_nobody_let_in_is_told_how_to_get_in(till: WebTill) -> None:
    answer = till.client().get("/")

    assert answer.status_code == 401
    assert "tally token enter" in answer.text
    assert "set-cookie" not in answer.headers
    assert "amount" not in answer.text


def test_a_one_time_url_lets_one_browser_in_once(till: WebTill) -> None:
    code = till.tokens.one_time_code("screen")
    browser, other = till.client(), till.client()

    entered = browser.get("/enter", params={"code": code})

    assert entered.status_code == 200
    assert 'url=/"' in entered.text
    assert code not in entered.text
    assert browser.get("/").status_code == 200
    assert other.get("/enter", params={"code": code}).status_code == 401
    assert other.get("/").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(till: WebTill) -> None:
    entered = till.client().get("/enter", params={"code": till.tokens.one_time_code("screen")})

    cookie = cookie_of(entered, till).lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    assert f"max-age={COOKIE_S}" in cookie


def test_opening_the_page_keeps_the_browser_in(till: WebTill) -> None:
    page = till.page()

    assert f"max-age={COOKIE_S}" in cookie_of(page.get("/"), till).lower()


@pytest.mark.parametrize("code", ["", "nonsense", "\u0219"])
def test_a_code_that_is_none_lets_nobody_in(till: WebTill, code: str) -> None:
    answer = till.client().get("/enter", params={"code": code})

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_a_token_is_no_code_and_no_cookie(till: WebTill) -> None:
    secret = till.secrets[Scope.SCREEN]

    assert till.client().get("/enter", params={"code": secret}).status_code == 401
    assert till.client(None, Cookie=f"tally_{till.server.port}={secret}").get("/").status_code == 401


def test_a_session_ends_with_its_token(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        page = till.page()
        till.tokens.revoke("screen")

        assert page.get("/").status_code == 401
        assert page.get("/v1/status").status_code == 401


def test_a_session_outlives_the_agent(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=shop_programme()) as shop, WebTill(shop, tmp_path, SERVED) as till:
        page = till.page()
        till.server.stop()
        again = WebServer(till.app, WebSettings(port=till.server.port))
        again.start()

        assert page.get("/").status_code == 200
        again.stop()


def test_the_page_knows_the_programme(till: WebTill) -> None:
    page = till.page().get("/")

    assert "<h1>Test shop</h1>" in page.text
    settings = settings_of(page)
    assert settings.pop("version")
    assert settings == {
        "name": "Test shop",
        "currency": "EUR",
        "consents": [],
        "advert": [],
        "categories": ["coffee"],
        "before": "€",
        "digits": 2,
        "group": ",",
        "point": ".",
        "after": "",
        "worth": {"money": 500},
        "claim_days": 14,
    }


def test_a_programme_s_name_is_text_and_never_markup(tmp_path: Path) -> None:
    name = "<script>alert('\"')</script> & Co"
    head = f'name = {orjson.dumps(name).decode()}\ncurrency = "EUR"\n[[cards]]\nprefix = "9250"\nlength = 12\n'
    with serve(tmp_path, programme=load(head.encode())) as till:
        page = till.page().get("/")

    assert "<script>alert" not in page.text
    assert settings_of(page)["name"] == name


def test_without_a_programme_there_is_a_page_that_says_so(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=None) as shop, WebTill(shop, tmp_path, SERVED) as till:
        page = till.page().get("/")

    assert page.status_code == 200
    assert "No programme yet" in page.text


def named_by(page: httpx.Client, path: str) -> set[str]:
    """Every file that a page names, and that its scripts name in turn."""
    named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.get(path).text))
    scripts = {name for name in named if name.endswith(".js")}
    while scripts:
        script = scripts.pop()
        text = page.get(script).text
        found = {urljoin(script, name) for name in re.findall(r'from "(\.[^"]+)"', text)} - named
        named |= found
        scripts |= found
    return named


@pytest.mark.parametrize("path", ["/", "/display"])
def test_everything_a_page_names_is_served(till: WebTill, path: str) -> None:
    page = till.page()
    answers = {name: page.get(name) for name in named_by(page, path)}

    assert len(answers) >= 8
    assert {answer.status_code for answer in answers.values()} == {200}
    types = {name.rpartition(".")[2]: answer.headers["content-type"] for name, answer in answers.items()}
    assert types["js"].startswith(("text/javascript", "application/javascript"))
    assert types["css"].startswith("text/css")
    assert types["svg"].startswith("image/svg+xml")


def test_the_screen_names_every_script_it_will_need_before_it_needs_it(till: WebTill) -> None:
    page = till.page()
    preloaded = set(re.findall(r'rel="modulepreload" href="([^"]+)"', page.get("/").text))
    scripts = {name for name in named_by(page, "/") if name.endswith(".js")}

    assert scripts - preloaded == {"/static/screen.js"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_the_language_its_person_chose(till: WebTill, language: str) -> None:
    page = till.page()
    page.cookies.set(COOKIE, language)

    for path, key in (("/", "new_member"), ("/display", "display_advert")):
        text = html.unescape(page.get(path).text)
        assert f'<html lang="{language}">' in text
        assert said(key, language) in text


@pytest.mark.parametrize("language", ["tlh", "../en", "<b>", ""])
def test_a_language_that_we_do_not_speak_is_the_till_s(till: WebTill, language: str) -> None:
    page = till.page()
    page.cookies.set(COOKIE, language)

    assert '<html lang="en">' in page.get("/").text


def test_a_display_comes_in_by_a_code_of_its_own_and_sees_no_more(till: WebTill) -> None:
    browser = till.client(None, **{"Origin": till.url, "Sec-Fetch-Site": "same-origin"})
    entered = browser.get("/enter", params={"code": till.tokens.one_time_code("display")})

    assert 'url=/display"' in entered.text
    assert browser.get("/display").status_code == 200
    assert browser.get("/").status_code == 401
    assert browser.post("/v1/preview", json={"lines": []}).status_code == 403
    assert till.client().get("/display").status_code == 401


def test_the_shop_s_own_words_are_on_the_display(tmp_path: Path) -> None:
    with serve(tmp_path, settings=WebSettings(port=0, advert=("Every tenth coffee is free",))) as till:
        assert settings_of(till.page().get("/display"))["advert"] == ["Every tenth coffee is free"]


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fpages.py", "/static/"])
def test_nothing_else_is_served(till: WebTill, path: str) -> None:
    assert till.page().get(path).status_code == 404


@pytest.mark.parametrize(
    ("currency", "style"),
    [
        ("GBP", {"before": "£", "digits": 2, "after": "", "group": ",", "point": "."}),
        ("JPY", {"before": "¥", "digits": 0, "after": "", "group": ",", "point": ""}),
        ("MDL", {"before": "", "digits": 2, "after": "\u00a0MDL", "group": ",", "point": "."}),
        ("KWD", {"before": "", "digits": 3, "after": "\u00a0KWD", "group": ",", "point": "."}),
        ("ISK", {"before": "", "digits": 0, "after": "\u00a0ISK", "group": ",", "point": ""}),
    ],
)
def test_amounts_are_written_as_slips_write_them(currency: str, style: dict[str, object]) -> None:
    assert amount_style(currency, "en") == style
