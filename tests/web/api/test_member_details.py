"""A member without a card, his cards and his data, over the API."""

from typing import Any

import pytest

from agent.web.tokens import Scope
from tests.web.till import WebTill

TOKEN = "V001A38K20152XGQ7H2KPLM4WBCTZ"


def refused(till: WebTill, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = till.pos.post(f"/v1/{path}", json=body)
    return answer.status_code, answer.json()["error"]


def phone_of(till: WebTill) -> str:
    return f"0722 {till.new_card()[-6:]}"


def enrolled(till: WebTill, **more: Any) -> Any:
    return till.post("members", op=till.new_op(), name="Ana Testova", **more)


def test_who_is_looked_up_is_masked(till: WebTill) -> None:
    phone = phone_of(till)
    account = enrolled(till, phone=phone)["account"]

    (found,) = till.post("identify", phone=phone, staff="eva")["members"]

    assert (found["account"], found["masked"], found["phone_end"]) == (account, "Ana T.", phone[-3:])


def test_details_show_enough_to_know_what_to_ask(till: WebTill) -> None:
    account = enrolled(till, card=till.new_card(), email="ana@example.org", pin="8302")["account"]

    seen = till.pos.get(f"/v1/members/{account}/details").json()

    assert (seen["masked"], seen["email"], seen["has_pin"], seen["whole"]) == ("Ana T.", "a...@example.org", True, True)
    assert [card["role"] for card in seen["cards"]] == ["spend"]


def test_a_card_is_replaced_in_one_call_and_the_old_one_is_refused(till: WebTill) -> None:
    old, new = till.new_card(), till.new_card()
    account = enrolled(till, card=old)["account"]

    answer = till.post(f"members/{account}/cards/replacement", op=till.new_op(), card=new)

    assert answer["changed"] == ["card"]
    assert answer["member"]["account"] == account
    assert till.post("identify", card=new)["members"][0]["account"] == account
    status, error = refused(till, "identify", card=old)
    assert (status, error["message"]) == (409, "this card is blocked")
    assert error["hint"] == "ask for the new card, or look the member up"


def test_a_card_is_blocked(till: WebTill) -> None:
    card = till.new_card()
    account = enrolled(till, card=card)["account"]

    assert till.post(f"members/{account}/cards/block", op=till.new_op())["changed"] == ["blocked"]

    assert refused(till, "identify", card=card)[0] == 409


def test_a_member_is_known_by_a_terminals_token(till: WebTill) -> None:
    account = enrolled(till, card=till.new_card())["account"]
    till.post(f"members/{account}/payment_tokens", op=till.new_op(), payment_token=TOKEN)

    (found,) = till.post("identify", payment_token=TOKEN)["members"]

    assert (found["account"], found["card"]) == (account, None)


@pytest.mark.parametrize(
    "number",
    ["4111111111111111", "4111 1111 1111 1111", "T-4111111111111111", "4000001234567899", "3782-822463-10005"],
)
def test_a_token_that_could_be_a_cards_number_is_refused_and_not_repeated(till: WebTill, number: str) -> None:
    account = enrolled(till)["account"]

    for path, body in (
        ("identify", {"payment_token": number}),
        (f"members/{account}/payment_tokens", {"op": till.new_op(), "payment_token": number}),
    ):
        status, error = refused(till, path, **body)
        assert (status, error["code"]) == (422, "bank_card")
        assert number not in str(error)


def test_data_are_corrected(till: WebTill) -> None:
    account, phone = enrolled(till)["account"], phone_of(till)

    answer = till.post(f"members/{account}/corrections", op=till.new_op(), phone=phone, language="ro", clear=["email"])

    assert answer["changed"] == ["email", "language", "phone"]
    assert [found["account"] for found in till.post("identify", phone=phone)["members"]] == [account]


def test_a_pin_needs_the_card_in_the_hand(till: WebTill) -> None:
    card = till.new_card()
    account = enrolled(till)["account"]
    status, error = refused(till, f"members/{account}/pin", op=till.new_op(), pin="8302")
    assert (status, error["code"], error["action"]) == (409, "approval_needed", "member_pin")

    till.post(f"members/{account}/cards", op=till.new_op(), card=card)
    (seen,) = till.post("identify", card=card)["members"]
    assert till.post(f"members/{account}/pin", op=till.new_op(), pin="8302", card=seen["card"])["changed"] == ["pin"]


def test_a_no_to_a_question_is_taken_and_a_yes_to_one_that_is_not_asked_is_not(till: WebTill) -> None:
    account = enrolled(till)["account"]
    path, said = f"members/{account}/consents", {"purpose": "marketing", "channel": "email"}

    assert till.post(path, op=till.new_op(), consents=[{**said, "given": False}])["changed"] == ["marketing/email"]
    status, error = refused(till, path, op=till.new_op(), consents=[{**said, "given": True}])
    assert (status, error["code"]) == (409, "not_allowed")
    assert refused(till, path, op=till.new_op(), consents=[{**said, "given": "yes"}])[0] == 422


def test_a_slip_comes_out_on_request(till: WebTill) -> None:
    account = enrolled(till)["account"]

    assert till.post(f"members/{account}/slips", op=till.new_op(), kind="balance")["member"]["account"] == account
    assert refused(till, f"members/{account}/slips", op=till.new_op(), kind="poster")[0] == 422


def test_a_cashier_lets_nobody_leave_alone_and_a_supervisor_does(till: WebTill) -> None:
    account = enrolled(till)["account"]
    op = till.new_op()
    status, error = refused(till, f"members/{account}/leaving", op=op)
    assert (status, error["action"]) == (409, "leave")

    answer = till.client(Scope.SUPERVISOR).post(f"/v1/members/{account}/leaving", json={"op": op})

    assert answer.status_code == 200, answer.text
    assert answer.json()["account"] == account


def test_the_calls_are_described(till: WebTill) -> None:
    paths = till.pos.get("/openapi.json").json()["paths"]

    below = "/v1/members/{account}/"
    told = {path.removeprefix(below) for path in paths if path.startswith(below)}
    wanted = {"details", "cards/replacement", "cards/block", "payment_tokens", "corrections", "pin", "consents"}
    assert wanted | {"leaving", "slips"} <= told
