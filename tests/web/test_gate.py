"""Each measure of the door alone: everything else about the request is as it should be."""

import http.client
import logging
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.web.gate import BODY_MAX
from agent.web.settings import WebSettings
from agent.web.tokens import Scope
from tests.web.till import LINE, LISTED, WebTill, error_of, serve

SALE = {"lines": [LINE]}
# The test's own client, and uvicorn's access log, which reaches no handler but the one that pytest puts on it.
_NOT_OURS = ("httpx", "httpcore", "uvicorn.access")


def preview(till: WebTill, **headers: str) -> httpx.Response:
    """What point-of-sale software asks, with other headers."""
    return till.pos.post("/v1/preview", json=SALE, headers=headers)


def test_a_request_as_it_should_be_is_answered(till: WebTill) -> None:
    assert preview(till).status_code == 200
    assert preview(till, Host=f"localhost:{till.server.port}").status_code == 200


# -- DNS rebinding: the Host header --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:{port}.",
        "127.0.0.1.:{port}",
        "localhost.:{port}",
        "LOCALHOST:{port}",
        "Localhost:{port}",
        "localhost",
        "127.1:{port}",
        "0.0.0.0:{port}",
        "[::1]:{port}",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port},evil.example",
        "127.0.0.1:0{port}",
    ],
)
def test_a_host_header_that_is_not_ours_to_the_letter_is_refused(till: WebTill, host: str) -> None:
    answer = preview(till, Host=host.format(port=till.server.port))

    assert answer.status_code == 404
    assert error_of(answer)["code"] == "unknown_host"
    assert "evil" not in answer.text


def test_a_host_header_that_is_missing_or_double_is_refused(till: WebTill) -> None:
    ours = f"Host: {till.host}\r\n"
    double = f"{ours}Host: evil.example\r\n"
    for version, hosts in (("1.0", ""), ("1.1", ""), ("1.1", "Host: \r\n"), ("1.1", ours * 2), ("1.1", double)):
        with socket.create_connection(("127.0.0.1", till.server.port), timeout=5) as connection:
            token = f"Authorization: Bearer {till.secrets[Scope.POS]}\r\n"
            connection.sendall(f"GET /v1/status HTTP/{version}\r\n{hosts}{token}Connection: close\r\n\r\n".encode())
            status = connection.makefile("rb").readline()
        assert status.split()[1] in {b"400", b"404"}


def test_the_pages_and_the_description_are_behind_the_same_door(till: WebTill) -> None:
    page = till.page()
    for path in ("/", "/enter", "/static/screen.js", "/openapi.json", "/v1/events"):
        assert page.get(path, headers={"Host": "evil.example"}).status_code == 404


def test_hosts_named_in_the_settings_are_the_only_ones(tmp_path: Path) -> None:
    with serve(tmp_path, settings=WebSettings(port=0, hosts=("till.shop.example",))) as till:
        assert preview(till, Host="till.shop.example").status_code == 200
        assert preview(till).status_code == 404


# -- cross-site requests: the Origin header ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}.evil.example",
        "HTTP://127.0.0.1:{port}",
        "https://pos.example.com.evil.example",
        "http://pos.example.com",
        "https://pos.example.com:8443",
        "https://POS.example.com",
        "file://",
    ],
)
def test_an_origin_that_is_not_listed_is_refused(till: WebTill, origin: str) -> None:
    answer = preview(till, Origin=origin.format(port=till.server.port))

    assert answer.status_code == 403
    assert error_of(answer)["code"] == "foreign_origin"
    assert "access-control-allow-origin" not in answer.headers


def test_our_own_origin_is_answered_and_needs_no_permission(till: WebTill) -> None:
    answer = preview(till, Origin=till.url)

    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_listed_origin_may_read_the_answer_but_never_with_cookies(till: WebTill) -> None:
    answer = preview(till, Origin=LISTED)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["vary"] == "origin"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_listed_origin_may_read_why_it_was_refused(till: WebTill) -> None:
    answer = till.client().post("/v1/preview", json=SALE, headers={"Origin": LISTED})

    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == LISTED


def test_a_listed_origin_still_needs_a_token(till: WebTill) -> None:
    page = till.page()

    answer = page.post("/v1/preview", json=SALE, headers={"Origin": LISTED, "Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 401


def test_a_preflight_of_a_listed_origin_is_answered_without_a_token(till: WebTill) -> None:
    asked = {"Origin": LISTED, "Access-Control-Request-Method": "POST"}

    answer = till.client().options("/v1/sales", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type, tally-session"


def test_a_preflight_of_any_other_origin_is_refused(till: WebTill) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    answer = till.client().options("/v1/sales", headers=asked)

    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_without_listed_origins_no_other_page_is_let_in(tmp_path: Path) -> None:
    with serve(tmp_path, settings=WebSettings(port=0)) as till:
        assert preview(till, Origin=LISTED).status_code == 403
        assert preview(till).status_code == 200


# -- bodies ----------------------------------------------------------------------------------------------------------


def test_a_body_over_the_limit_is_refused_unread(till: WebTill) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", till.server.port, timeout=5)
    connection.putrequest("POST", "/v1/preview")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()

    answer = connection.getresponse()
    text = answer.read()
    connection.close()

    assert answer.status == 413
    assert str(BODY_MAX).encode() in text


def test_a_body_that_does_not_say_how_long_it_is_meets_the_same_limit(till: WebTill) -> None:
    def pieces() -> Any:
        for _ in range(17):
            yield b" " * (BODY_MAX // 16)

    answer = till.pos.post("/v1/preview", content=pieces(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413
    assert error_of(answer)["code"] == "too_large"


def test_a_body_just_at_the_limit_is_read(till: WebTill) -> None:
    answer = till.send("preview", b'{"lines": []}' + b" " * (BODY_MAX - 13))

    assert answer.status_code == 422
    assert "lines" in error_of(answer)["message"]


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/status", "/", "/static/screen.css", "/openapi.json", "/nothing"])
def test_every_answer_forbids_what_a_page_could_be_tricked_into(till: WebTill, path: str) -> None:
    headers = till.pos.get(path).headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_refusals_at_the_door_have_the_same_headers(till: WebTill) -> None:
    answer = preview(till, Host="evil.example")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v2"), ("GET", "/v1/sales"), ("DELETE", "/v1/sales")])
def test_a_call_that_is_none_is_refused_in_our_form(till: WebTill, method: str, path: str) -> None:
    answer = till.pos.request(method, path)

    assert answer.status_code == 404
    assert error_of(answer)["code"] == "no_such_call"


def test_a_mistake_of_ours_is_answered_and_logged_without_what_was_typed(
    till: WebTill, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> object:
        raise ValueError("Zenobia Testova 0700111222")

    till.board.show("broken", broken)
    with caplog.at_level(logging.DEBUG):
        answer = till.pos.get("/v1/status")
    till.board.show("broken", dict)

    assert answer.status_code == 500
    reference = error_of(answer)["message"].split()[-1]
    assert reference in caplog.text
    assert "ValueError" in caplog.text
    assert "broken" in caplog.text
    assert "Zenobia" not in caplog.text + answer.text
    assert till.pos.get("/v1/status").status_code == 200


def test_what_people_type_is_never_logged(till: WebTill, caplog: pytest.LogCaptureFixture) -> None:
    typed = {"name": "Zenobia Testova", "phone": "0700987654", "email": "zenobia@example.com"}

    with caplog.at_level(logging.DEBUG):
        till.post("members", op=till.new_op(), card=till.new_card(), **typed)
        till.post("identify", name="Zenobia")
        till.pos.post("/v1/members", json={"op": "", **typed})
        till.send("members", b'{"name": "Zenobia", "name": "Zenobia"}')
        till.pos.get("/v1/members/Zenobia")

    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(_NOT_OURS)]
    assert not [text for text in ours if any(value in text.lower() for value in ("zenobia", "987654", "9250"))]
    assert not logging.getLogger("uvicorn.access").propagate


def test_a_hostile_page_stands_in_the_log_once_a_minute(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), serve(tmp_path) as till:
        for _ in range(3):
            preview(till, Origin="https://evil.example")
            preview(till, Host="evil.example:80 x=1")

    said = [record.getMessage() for record in caplog.records if "refused=" in record.getMessage()]
    assert said == [
        f"refused=foreign_origin host={till.host} origin=https://evil.example",
        "refused=unknown_host host=evil.example:80?x?1 origin=",
    ]
