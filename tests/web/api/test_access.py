"""Who may call what, and how a page proves that it is ours; each measure alone."""

from typing import Any

import httpx
import pytest

from agent.web.tokens import Scope
from tests.web.till import LINE, LISTED, WebTill, error_of

Call = tuple[str, str, dict[str, Any] | None]

CALLS: list[Call] = [
    ("POST", "/v1/identify", {"name": "Nobody"}),
    ("POST", "/v1/preview", {"lines": [LINE]}),
    ("POST", "/v1/sales", {"op": "S-access", "lines": [LINE]}),
    ("POST", "/v1/redemptions", {"op": "R-access", "account": "nobody", "reward": "money"}),
    ("POST", "/v1/preview_refund", {"lines": [LINE]}),
    ("POST", "/v1/refunds", {"op": "B-access", "lines": [LINE]}),
    ("POST", "/v1/members", {"op": "E-access", "name": "Ana"}),
    ("GET", "/v1/members/nobody", None),
    ("POST", "/v1/drawer", {}),
    ("POST", "/v1/slips/word", {"op": "R1", "whole": True}),
    ("POST", "/v1/slips/copies", {"op": "R1", "number": 1}),
]
CARES: list[Call] = [("POST", "/v1/devices/slips/check", {"level": "internal"})]
LOOKS: list[Call] = [("GET", "/v1/status", None)]
JSON = {"Content-Type": "application/json"}
REFUSED = {401, 403}


def ask(client: httpx.Client, call: Call, **headers: str) -> httpx.Response:
    method, path, body = call
    return client.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize("call", CALLS + CARES + LOOKS)
@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer nonsense", "Basic {secret}", "{secret}", "Bearer {secret}x"]
)
def test_without_a_token_that_is_known_nothing_is_done(till: WebTill, call: Call, authorization: str | None) -> None:
    before = till.shop.entries
    headers = {"Authorization": authorization.format(secret=till.secrets[Scope.POS])} if authorization else {}

    answer = ask(till.client(), call, **headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert error_of(answer)["code"] == "unauthorized"
    assert till.shop.entries == before


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("scope", [Scope.POS, Scope.SCREEN, Scope.SUPERVISOR])
def test_who_sells_may_make_every_call_of_a_sale(till: WebTill, call: Call, scope: Scope) -> None:
    assert ask(till.client(scope), call).status_code not in REFUSED


@pytest.mark.parametrize("call", CARES)
@pytest.mark.parametrize("scope", list(Scope))
def test_only_a_supervisor_cares_for_devices(till: WebTill, call: Call, scope: Scope) -> None:
    assert (ask(till.client(scope), call).status_code in REFUSED) == (scope is not Scope.SUPERVISOR)


@pytest.mark.parametrize("call", CALLS + CARES)
def test_a_display_touches_nothing(till: WebTill, call: Call) -> None:
    before = till.shop.entries

    answer = ask(till.client(Scope.DISPLAY), call)

    assert answer.status_code == 403
    assert error_of(answer)["code"] == "forbidden"
    assert till.shop.entries == before


@pytest.mark.parametrize("scope", list(Scope))
def test_everybody_with_a_token_may_look(till: WebTill, scope: Scope) -> None:
    assert till.client(scope).get("/v1/status").status_code == 200


def test_the_token_s_name_stands_in_the_entries_it_causes(till: WebTill) -> None:
    op = till.new_op()
    till.client(Scope.SUPERVISOR).post("/v1/sales", json={"op": op, "lines": [LINE]})

    recorded = till.shop.ledger.find(op)
    assert recorded is not None
    assert recorded.entry.by == "supervisor"


def test_a_revoked_token_ends_with_the_next_request(till: WebTill) -> None:
    secret = till.tokens.add(Scope.POS, "short-lived")
    client = till.client(None, Authorization=f"Bearer {secret}")
    assert client.get("/v1/status").status_code == 200

    till.tokens.revoke("short-lived")

    assert client.get("/v1/status").status_code == 401


def test_a_page_that_came_in_sells_under_its_token_s_name(till: WebTill) -> None:
    op = till.new_op()

    answer = till.page().post("/v1/sales", json={"op": op, "lines": [LINE]})

    assert answer.status_code == 200
    recorded = till.shop.ledger.find(op)
    assert recorded is not None
    assert recorded.entry.by == "screen"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://pos.example.com"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
def test_the_cookie_is_worth_nothing_in_another_page_s_request(till: WebTill, headers: dict[str, str]) -> None:
    page = till.page()
    before = till.shop.entries

    answer = page.post("/v1/sales", content=b'{"op": "S-x", "lines": []}', headers={**JSON, **headers})

    assert answer.status_code in {401, 403, 415}
    assert till.shop.entries == before


def test_the_cookie_is_worth_nothing_in_a_request_that_does_not_say_where_it_is_from(till: WebTill) -> None:
    page = till.page()
    del page.headers["Origin"]

    assert page.post("/v1/preview", json={"lines": [LINE]}).status_code == 401
    assert page.get("/v1/status").status_code == 200


def test_the_cookie_lets_a_listed_page_look_at_nothing_either(till: WebTill) -> None:
    page = till.page()
    del page.headers["Sec-Fetch-Site"]

    assert page.get("/v1/status", headers={"Origin": LISTED}).status_code == 401


def test_the_cookie_of_another_port_is_not_ours(till: WebTill) -> None:
    page = till.page()
    (cookie,) = page.cookies.jar
    other = till.client(None, Origin=till.url, Cookie=f"tally_1={cookie.value}")

    assert cookie.name == f"tally_{till.server.port}"
    assert other.get("/v1/status").status_code == 401


def test_a_bearer_that_is_wrong_is_not_saved_by_a_cookie(till: WebTill) -> None:
    assert till.page().get("/v1/status", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_who_calls_is_asked_before_what_is_sent_is_read(till: WebTill) -> None:
    answer = till.client().post("/v1/sales", content=b'{"op": 1, "op": 2', headers=JSON)

    assert answer.status_code == 401


@pytest.mark.parametrize("declared", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""])
def test_a_body_that_is_not_declared_as_json_is_refused(till: WebTill, declared: str) -> None:
    answer = till.pos.post("/v1/preview", content=b'{"lines": []}', headers={"Content-Type": declared})

    assert answer.status_code == 415
    assert error_of(answer)["code"] == "media_type"


def test_json_may_say_in_which_characters_it_is(till: WebTill) -> None:
    declared = {"Content-Type": "Application/JSON; charset=utf-8"}

    assert till.pos.post("/v1/identify", content=b'{"name": "Nobody"}', headers=declared).status_code == 200
