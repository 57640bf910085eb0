from typing import Any

import pytest

from tests.web.till import LINE, WebTill, error_of


def message(till: WebTill, path: str, body: dict[str, Any]) -> str:
    answer = till.pos.post(f"/v1/{path}", json=body)
    assert answer.status_code == 422, answer.text
    return error_of(answer)["message"]


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("sales", {"lines": [LINE]}, "op is missing"),
        ("sales", {"op": "S"}, "lines is missing"),
        ("sales", {"op": "S", "lines": [{"quantity": 1, "amount": 1}]}, "lines[0].article is missing"),
        ("sales", {"op": "S", "lines": [LINE, {**LINE, "price": 1}]}, "lines[1].price is no field of this call"),
        ("sales", {"op": "S", "lines": [LINE], "Ana Testova": 1}, "(a key) is no field of this call"),
        ("sales", {"op": "S", "lines": LINE}, "lines must be a list"),
        ("sales", {"op": "S", "lines": [LINE, 5]}, "lines[1] must be an object"),
        ("sales", {"op": "S", "lines": [LINE] * 2001}, "lines has more than 2000 items"),
        ("sales", {"op": "S", "lines": []}, "a sale has 1 to 2000 lines, this one has 0"),
        ("preview", {"op": "S", "lines": [LINE]}, "op is no field of this call"),
        ("identify", {}, "the body must have one of card, payment_token, phone, email and name"),
        (
            "identify",
            {"phone": "1", "name": "a"},
            "the body must have one of card, payment_token, phone, email and name",
        ),
        ("refunds", {"op": "B"}, "the body must have either lines or redemption"),
        ("refunds", {"op": "B", "lines": [], "redemption": "R"}, "the body must have either lines or redemption"),
        ("refunds", {"op": "B", "lines": []}, "a refund has 1 to 2000 lines"),
        (
            "refunds",
            {"op": "B", "redemption": "R", "account": "a"},
            "the body must have nothing but op, staff and redemption when it gives a redemption back",
        ),
        (
            "refunds",
            {"op": "B", "redemption": "R", "waive": True},
            "the body must have nothing but op, staff and redemption when it gives a redemption back",
        ),
        ("preview_refund", {"op": "B", "lines": [LINE]}, "op is no field of this call"),
        (
            "preview_refund",
            {"lines": [{"sale": "S", "line": 0, "quantity": 1}], "slip": "0" * 20},
            "a slip's code stands for one sale of another till: its goods alone, and nothing waived",
        ),
        ("preview_refund", {"lines": []}, "a refund has 1 to 2000 lines"),
        ("members", {"op": "E"}, "a member needs a name or a phone number"),
    ],
)
def test_what_a_request_lacks_or_has_too_much_is_named(
    till: WebTill, path: str, body: dict[str, Any], text: str
) -> None:
    assert message(till, path, body) == text


@pytest.mark.parametrize(
    "line",
    [
        {"quantity": 1},
        {"quantity": 1, "sale": "S"},
        {"quantity": 1, "line": 0},
        {"quantity": 1, "article": "a"},
        {"quantity": 1, "sale": "S", "line": 0, "article": "a", "amount": 1},
        {"quantity": 1, "sale": "S", "article": "a", "amount": 1},
    ],
)
def test_a_returned_line_is_of_a_sale_or_of_an_article_and_never_of_both(till: WebTill, line: dict[str, Any]) -> None:
    text = message(till, "refunds", {"op": "B", "lines": [LINE, line]})

    assert text == "lines[1] must have either sale and line, or article and amount"


@pytest.mark.parametrize("line", [-1, 2000, 0.5, True, "0"])
def test_the_index_of_a_line_is_a_whole_number_from_0(till: WebTill, line: Any) -> None:
    text = message(till, "refunds", {"op": "B", "lines": [{"quantity": 1, "sale": "S", "line": line}]})

    assert text.startswith("lines[0].line ")
    assert text.endswith("must be a whole number from 0 to 1999")


@pytest.mark.parametrize("op", ["", "a" * 65, " a", "ä", "a\n", 5, None])
def test_an_op_that_cannot_be_one_is_refused(till: WebTill, op: Any) -> None:
    assert "op" in message(till, "sales", {"op": op, "lines": [LINE]})


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "Zenobia\x07Testova"},
        {"name": "Zenobia", "phone": "Zenobia"},
        {"name": "Zenobia", "email": "zenobia"},
        {"name": "Zenobia", "birthday": "zenobia"},
        {"name": "Zenobia" * 20},
        {"name": ["Zenobia"]},
        {"name": {"Zenobia": "Zenobia"}},
        {"name": "Zenobia", "staff": "Zenobia Testova"},
        {"name": "Zenobia", "Zenobia Testova": 1},
        {"name": "Zenobia", "card": "925000000001", "account": "zenobia"},
    ],
)
def test_what_a_person_typed_of_himself_is_never_repeated(till: WebTill, typed: dict[str, Any]) -> None:
    answer = till.pos.post("/v1/members", json={"op": "E-never", **typed})

    assert answer.status_code in {404, 422}
    assert "zenobia" not in answer.text.lower()


def test_a_field_that_is_null_is_a_field_that_is_not_there(till: WebTill) -> None:
    lines = [{**LINE, "category": None}]
    body = {"op": till.new_op(), "lines": lines, "account": None, "card": None, "sold_at": None, "staff": None}

    till.post("sales", **body)

    assert till.post("sales", op=body["op"], lines=[LINE])["repeated"]


def test_a_line_may_say_its_brand(till: WebTill) -> None:
    till.pos.post("/v1/sales", json={"op": "S", "lines": [{**LINE, "brand": "Bean"}]}).raise_for_status()

    recorded = till.shop.ledger.find("S")
    assert recorded is not None
    assert [line["brand"] for line in recorded.entry.body["lines"]] == ["Bean"]
