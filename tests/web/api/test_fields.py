"""Every value that cannot be meant is refused with an error that names it and its limit, and nothing is written."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from agent.loyalty.sale import MONEY_MAX
from agent.web.api.fields import OP_LIKE_A_CARD
from agent.web.tokens import Scope
from tests.web.till import LINE, WebTill, error_of

VISA, AMEX = "4111111111111111", "378282246310005"
LICENCE = ";636014123456781=211219931223?"
FULL_WIDTH = "".join(chr(0xFF10 + int(digit)) for digit in VISA)
NO_AMOUNTS = [
    "-1",
    "1.0",
    "0.5",
    "1e2",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "9223372036854775808",
    "1" + "0" * 500,
]
NO_NUMBERS = ["true", "null", '"1"', "[]", "{}"]
NO_QUANTITIES = [
    "0",
    "-1",
    "1.5",
    "NaN",
    "1e400",
    "9223372036854775808",
    "1000001",
    "true",
    "null",
    "[]",
    '"1000000.001"',
]
NO_DECIMALS = ['""', '"0"', '"0.000"', '"1.2345"', '"-1"', '"1e3"', '"1,5"', '" 1"', '"1."', '".5"', '"\u0967"']


def refused(till: WebTill, path: str, body: str) -> dict[str, str]:
    """The error of a request that must be refused whole."""
    before = till.shop.entries
    answer = till.send(path, body)
    assert answer.status_code == 422, answer.text
    assert till.shop.entries == before
    return error_of(answer)


def sale(line: str) -> str:
    return f'{{"op": "S-fields", "lines": [{{"article": "a", "quantity": 1, "amount": 1}}, {line}]}}'


@pytest.mark.parametrize("field", ["amount", "tax"])
@pytest.mark.parametrize("value", [*NO_AMOUNTS, str(MONEY_MAX + 1), *NO_NUMBERS])
def test_an_amount_that_is_none_is_named_with_its_limit(till: WebTill, field: str, value: str) -> None:
    fields = {"article": '"a"', "quantity": "1", "amount": "1", field: value}
    line = "{" + ", ".join(f'"{key}": {text}' for key, text in fields.items()) + "}"

    message = refused(till, "sales", sale(line))["message"]

    assert message == f"lines[1].{field} {value[:40]} must be a whole number from 0 to {MONEY_MAX}"


@pytest.mark.parametrize("value", [*NO_QUANTITIES, *NO_DECIMALS])
def test_a_quantity_that_is_none_is_named_with_its_limit(till: WebTill, value: str) -> None:
    message = refused(till, "sales", sale(f'{{"article": "a", "amount": 1, "quantity": {value}}}'))["message"]

    assert message.startswith(f"lines[1].quantity {value[:40]} must be a whole number, or a text like")
    assert message.endswith("above 0 and at most 1000000")


@pytest.mark.parametrize(
    ("quantity", "thousandths"),
    [(1, 1000), (1_000_000, 10**9), ("2", 2000), ("1.250", 1250), ("0.001", 1), ("1.5", 1500)],
)
def test_a_quantity_is_kept_exactly(till: WebTill, quantity: Any, thousandths: int) -> None:
    op = till.new_op()

    till.post("sales", op=op, lines=[{**LINE, "quantity": quantity}])

    recorded = till.shop.ledger.find(op)
    assert recorded is not None
    assert recorded.entry.body["lines"][0]["quantity"] == thousandths


@pytest.mark.parametrize("field", ["account", "card", "staff", "sold_at"])
@pytest.mark.parametrize("value", ['""', "1", "true", "[]", "{}", "1.5", '"' + "x" * 41 + '"', r'"\ud800"'])
def test_a_text_that_is_none_is_refused_by_name(till: WebTill, field: str, value: str) -> None:
    body = f'{{"op": "S-fields", "lines": [{{"article": "a", "quantity": 1, "amount": 1}}], "{field}": {value}}}'

    assert refused(till, "sales", body)["message"].startswith(f"{field} must be a text")


@pytest.mark.parametrize("article", ['""', '"' + "a" * 41 + '"', '"käse"', r'"a\u0007"', "1"])
def test_an_article_that_cannot_stand_in_an_entry_is_refused(till: WebTill, article: str) -> None:
    assert "article" in refused(till, "sales", sale(f'{{"article": {article}, "quantity": 1, "amount": 1}}'))["message"]


@pytest.mark.parametrize("units", ["0", "-1", "1.0", "1e400", "9223372036854775808", "true", '"5"', "1000000001"])
def test_units_of_a_reward_that_are_none_are_named_with_their_limit(till: WebTill, units: str) -> None:
    body = f'{{"op": "R-fields", "account": "a", "reward": "money", "units": {units}}}'

    message = refused(till, "redemptions", body)["message"]

    assert message == f"units {units} must be a whole number from 1 to 1000000000"


def bodies(till: WebTill) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every text that a call takes, by the API's own description: (path, field, a body with {} in it)."""
    described = till.app.openapi()
    for path, calls in described["paths"].items():
        if "requestBody" in calls.get("post", {}):
            body = calls["post"]["requestBody"]["content"]["application/json"]["schema"]
            for field, value in _texts(described, body, ""):
                yield path, field, value


def _texts(described: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for kind in schema.get("anyOf", []):
        yield from _texts(described, kind, where)
    if schema.get("type") == "string" and "pattern" not in schema:  # a quantity's pattern lets no card in
        yield where, "{}"
    for name, inner in schema.get("properties", {}).items():
        for field, value in _texts(described, inner, f"{where}.{name}".removeprefix(".")):
            yield field, {name: value}
    if "items" in schema:
        for field, value in _texts(described, schema["items"], f"{where}[0]"):
            yield field, [value]


def filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: filled(inner, text) for name, inner in value.items()}
    return [filled(inner, text) for inner in value] if isinstance(value, list) else value.format(text)


LOOKED_AT = {"/v1/identify", "/v1/members", "/v1/members/{account}/cards", "/v1/members/{account}/cards/replacement"}
WRITTEN = [VISA, AMEX, "4111 1111 1111 1111", "4111-1111-1111-1111", FULL_WIDTH]


@pytest.mark.parametrize("number", WRITTEN)
def test_a_payment_card_in_any_text_is_refused_by_its_name_and_its_digits_are_repeated_nowhere(
    till: WebTill, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before, seen, supervisor = till.shop.entries, set(), till.client(Scope.SUPERVISOR)

    for path, field, value in bodies(till):
        answer = supervisor.post(path, json=filled(value, number))

        assert answer.status_code == 422, (path, field)
        assert not any(part in answer.text for part in (number, number[:6], number[-4:])), (path, field)
        seen.add(field)
        if field != "card" or path not in LOOKED_AT:  # that one the firewall looks at
            assert error_of(answer)["message"].startswith(f"{field} "), (path, field)

    assert {"op", "name", "phone", "email", "card", "account", "staff", "sold_at", "reward"} <= seen
    assert {"lines[0].article", "lines[0].category", "lines[0].sale", "redemptions[0]", "redemption"} <= seen
    assert till.shop.entries == before
    assert number not in caplog.text


@pytest.mark.parametrize("number", WRITTEN)
def test_a_payment_card_is_told_as_what_it_is(till: WebTill, number: str) -> None:
    for body in ({"card": number}, {"name": f"Ana {number}"}):
        assert error_of(till.pos.post("/v1/identify", json=body))["code"] == "bank_card"


def test_an_identity_card_is_refused_as_well(till: WebTill) -> None:
    for body in ({"card": LICENCE}, {"name": LICENCE}):
        answer = till.pos.post("/v1/identify", json=body)

        assert (answer.status_code, error_of(answer)["code"]) == (422, "identity_card")
        assert "DOE" not in answer.text


def test_a_payment_card_in_a_path_is_refused_as_well(till: WebTill) -> None:
    answer = till.pos.get(f"/v1/members/{VISA}")

    assert (answer.status_code, error_of(answer)["code"]) == (422, "bank_card")
    assert error_of(answer)["message"].startswith("account ")


@pytest.mark.parametrize("path", [f"/v1/{VISA}", f"/v1/status?card={VISA}", f"/{VISA}?{VISA}", f"/enter?code={VISA}"])
def test_a_payment_card_in_an_address_is_repeated_and_logged_nowhere(
    till: WebTill, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the test's own client
    logging.getLogger("httpcore").setLevel(logging.WARNING)

    answer = till.pos.get(path)

    assert VISA not in answer.text
    assert VISA not in caplog.text


@pytest.mark.parametrize(
    "op",
    [
        "123456789012",
        "536365-2026070500123",
        "R000000000001",
        "4111-1111-1111-1111",
        "1234 5678 9012",
        "till.3714.496353.98431",
        "2026-0705-0001",
        "4111 1111-1111.1111",
    ],
)
def test_an_op_with_as_many_digits_as_a_card_is_refused_the_first_time(till: WebTill, op: str) -> None:
    error = error_of(till.pos.post("/v1/sales", json={"op": op, "lines": [LINE]}))

    assert error["code"] == "invalid"
    assert error["message"] == f"op {OP_LIKE_A_CARD}"


@pytest.mark.parametrize(
    "op",
    [
        "S-1",
        "12345678901",
        "1-20260705-000123",
        "2026-07-05/000123",
        "00000000-0000-7000-8000-000000000000",
        "sale:01234567-0123-4123-8123-012345678901",
        "12345678901241238123012345678901",
        "019056A0-9F3C-7CC2-8F7A-123456789012",
    ],
)
def test_an_op_of_fewer_digits_or_with_a_uuid_is_taken_whatever_they_are(till: WebTill, op: str) -> None:
    assert till.pos.post("/v1/sales", json={"op": op, "lines": [LINE]}).status_code == 200


@pytest.mark.parametrize("op", ["41111111-1111-1111-1111-111111111111", "41111111111111110000000000000000"])
def test_a_card_does_not_hide_in_what_is_no_uuid(till: WebTill, op: str) -> None:
    assert till.pos.post("/v1/sales", json={"op": op, "lines": [LINE]}).status_code == 422


@pytest.mark.parametrize("article", ["5901234123457", "85123A", "96385074", "036000291452", "10614141543219", "POST"])
def test_the_number_of_goods_is_an_article_though_it_passes_for_a_payment_card(till: WebTill, article: str) -> None:
    till.post("sales", op=till.new_op(), lines=[{**LINE, "article": article}])


@pytest.mark.parametrize("article", ["38520000023237", "6759649826438453", "EAN 5901234123457"])
def test_an_article_that_is_a_payment_cards_number_is_refused(till: WebTill, article: str) -> None:
    answer = till.pos.post("/v1/sales", json={"op": till.new_op(), "lines": [LINE, {**LINE, "article": article}]})

    assert error_of(answer)["code"] == "bank_card"
    assert error_of(answer)["message"].startswith("lines[1].article holds a card's number")


@pytest.mark.parametrize("phone", ["+63 917 123 4561", "+57 301 234 5678", "+56 9 1234 5678", "0700 111 222"])
def test_a_phone_number_that_resembles_a_payment_card_is_still_one(till: WebTill, phone: str) -> None:
    assert till.pos.post("/v1/identify", json={"phone": phone}).status_code == 200


def test_a_plus_does_not_smuggle_a_payment_card_in(till: WebTill) -> None:
    assert till.pos.post("/v1/identify", json={"phone": f"+{VISA}"}).status_code == 422


@pytest.mark.parametrize("number", ["925000009999", "9250 0000 9999", "9250-0000-9999", " 925000009999 "])
def test_our_own_card_is_known_however_it_is_typed(till: WebTill, number: str) -> None:
    first = till.post("identify", card="925000009999")

    assert till.post("identify", card=number) == first


def test_a_loyalty_card_out_of_the_ranges_is_unknown_and_not_repeated(till: WebTill) -> None:
    answer = till.pos.post("/v1/identify", json={"card": "123456789013"})

    assert answer.status_code == 404
    assert error_of(answer)["code"] == "unknown"
    assert "123456789013" not in answer.text
