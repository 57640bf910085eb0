import re
from pathlib import Path
from typing import Any

import agent.web
from tests.web.till import LINE, WebTill

SCREEN = Path(agent.web.__file__).with_name("screen")
CALLS = {
    "/v1/identify": "post",
    "/v1/actions": "post",
    "/v1/preview": "post",
    "/v1/sales": "post",
    "/v1/redemptions": "post",
    "/v1/preview_refund": "post",
    "/v1/refunds": "post",
    "/v1/voids": "post",
    "/v1/members": "post",
    "/v1/members/{account}": "get",
    "/v1/members/{account}/cards": "post",
    "/v1/members/{account}/erasure": "post",
    "/v1/devices/{name}/check": "post",
    "/v1/drawer": "post",
    "/v1/closures": "post",
    "/v1/closures/last": "get",
    "/v1/slips/copies": "post",
    "/v1/slips/word": "post",
    "/v1/sync": "post",
    "/v1/sync/stick": "post",
    "/v1/members/{account}/past": "get",
    "/v1/members/{account}/cards/block": "post",
    "/v1/members/{account}/cards/replacement": "post",
    "/v1/members/{account}/consents": "post",
    "/v1/members/{account}/corrections": "post",
    "/v1/members/{account}/details": "get",
    "/v1/members/{account}/leaving": "post",
    "/v1/members/{account}/payment_tokens": "post",
    "/v1/members/{account}/pin": "post",
    "/v1/members/{account}/slips": "post",
    "/v1/sales/find": "post",
    "/v1/sales/why": "post",
    "/v1/sales/moves": "post",
    "/v1/sales/claims": "post",
    "/v1/goodwill": "post",
    "/v1/policies": "get",
    "/v1/radar": "get",
    "/v1/staff": "get",
    "/v1/staff/sessions": "post",
    "/v1/staff/sessions/end": "post",
    "/v1/staff/approvals": "post",
    "/v1/training": "post",
    "/v1/status": "get",
    "/v1/events": "get",
}


def described(till: WebTill) -> dict[str, Any]:
    description: dict[str, Any] = till.client().get("/openapi.json").json()
    return description


def test_every_call_is_described_and_the_pages_are_not(till: WebTill) -> None:
    paths = described(till)["paths"]

    assert {path: next(iter(calls)) for path, calls in paths.items()} == CALLS
    assert all(call["description"] for calls in paths.values() for call in calls.values())


def test_every_call_describes_its_token_and_its_errors(till: WebTill) -> None:
    for path, calls in described(till)["paths"].items():
        for call in calls.values():
            assert call["security"]
            kept_aside = {"202"} if path == "/v1/sales" else set()
            assert {"200", "4XX", "5XX"} | kept_aside == set(call["responses"])


def test_the_description_has_the_limits_that_are_checked(till: WebTill) -> None:
    schemas = described(till)["components"]["schemas"]

    line = schemas["LineBody"]
    assert line["required"] == ["article", "quantity", "amount"]
    assert line["additionalProperties"] is False
    assert line["properties"]["amount"]["minimum"] == 0
    assert schemas["SaleBody"]["properties"]["lines"]["maxItems"] == 2000
    assert schemas["SaleBody"]["required"] == ["lines", "op"]


def test_an_answer_has_the_fields_that_are_described(till: WebTill) -> None:
    schemas = described(till)["components"]["schemas"]
    account = till.member(points=200)

    sale = till.post("sales", op=till.new_op(), account=account, lines=[LINE])
    member = till.pos.get(f"/v1/members/{account}").json()

    assert set(sale) == set(schemas["SaleShape"]["properties"])
    assert set(sale["effects"][0]) == set(schemas["EffectShape"]["properties"])
    assert set(sale["entry"]) == set(schemas["EntryRef"]["properties"])
    assert set(member) == set(schemas["MemberShape"]["properties"])
    assert set(member["offers"][0]) == set(schemas["Offer"]["properties"])


def test_there_is_no_page_that_needs_the_internet(till: WebTill) -> None:
    for path in ("/docs", "/redoc"):
        assert till.pos.get(path).status_code == 404
    for file in [*SCREEN.glob("static/**/*.*"), *SCREEN.glob("templates/**/*.html")]:
        named = re.findall(r"https?://[^\s\"'<>]+", file.read_text())
        assert set(named) <= {"http://www.w3.org/2000/svg"}, file.name


def test_no_page_has_script_or_style_of_its_own() -> None:
    for file in SCREEN.glob("templates/**/*.html"):
        text = file.read_text()
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", text), file.name
    for file in SCREEN.glob("static/**/*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function", file.read_text()), (
            file.name
        )
