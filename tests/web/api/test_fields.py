"""Every value that cannot be meant is refused with an error that names it and its limit, and nothing is written."""

from typing import Any

import pytest

from agent.loyalty.sale import MONEY_MAX
from tests.web.till import LINE, WebTill, error_of

VISA, AMEX = "4111111111111111", "378282246310005"
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


@pytest.mark.parametrize("number", [VISA, AMEX, "4111 1111 1111 1111", "4111-1111-1111-1111", FULL_WIDTH])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("identify", {"card": "{}"}),
        ("identify", {"phone": "{}"}),
        ("identify", {"name": "Ana {}"}),
        ("members", {"op": "E-fields", "name": "Ana {}"}),
        ("members", {"op": "E-fields", "name": "Ana", "phone": "{}"}),
        ("members", {"op": "E-fields", "name": "Ana", "card": "{}"}),
        ("members", {"op": "E-fields", "name": "Ana", "email": "{}@x.example"}),
        ("sales", {"op": "S-fields", "lines": [LINE], "card": "{}"}),
        ("sales", {"op": "S-fields", "lines": [LINE], "account": "{}"}),
        ("sales", {"op": "S-fields", "lines": [LINE], "staff": "{}"}),
    ],
)
def test_a_payment_card_typed_anywhere_is_refused_and_its_digits_are_repeated_nowhere(
    till: WebTill, path: str, body: dict[str, Any], number: str
) -> None:
    before = till.shop.entries
    filled = {key: value.format(number) if isinstance(value, str) else value for key, value in body.items()}

    answer = till.pos.post(f"/v1/{path}", json=filled)

    assert answer.status_code == 422
    assert error_of(answer)["code"] == "bank_card"
    assert not any(part in answer.text for part in (number, number[:6], number[-4:]))
    assert till.shop.entries == before


def test_a_payment_card_in_a_path_is_refused_as_well(till: WebTill) -> None:
    answer = till.pos.get(f"/v1/members/{VISA}")

    assert (answer.status_code, error_of(answer)["code"]) == (422, "bank_card")


@pytest.mark.parametrize("field", ["article", "op"])
def test_a_payment_card_where_labels_stand_is_at_least_not_repeated(till: WebTill, field: str) -> None:
    line = {**LINE, "article": "ä" + VISA} if field == "article" else LINE
    op = "ä" + VISA if field == "op" else till.new_op()

    answer = till.pos.post("/v1/sales", json={"op": op, "lines": [line]})

    assert answer.status_code == 422
    assert VISA not in answer.text


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
