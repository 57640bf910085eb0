"""A complaint over the API: what happened, whose it is, what is given."""

from collections.abc import Iterator
from typing import Any

import pytest

from agent.web.tokens import Scope
from tests.loyalty.shops import GOLD, MONEY, POINTS, programme
from tests.web.till import WebTill, error_of, serve

GIVING = "[supervision]\ngoodwill_most = 500\n"


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebTill]:
    with serve(tmp_path_factory.mktemp("till"), programme=programme(POINTS, MONEY, GOLD, GIVING)) as served:
        yield served


def past(till: WebTill, account: str) -> dict[str, Any]:
    said: dict[str, Any] = till.pos.get(f"/v1/members/{account}/past").json()
    return said


def test_a_members_past_tells_each_sale_with_its_reasons(till: WebTill) -> None:
    account = till.member()
    sale = till.sell(account, amount=1530)

    said = past(till, account)

    assert said["seen"][0]["op"] == sale
    assert said["seen"][0]["lines"][0]["article"] == "85123A"
    assert said["seen"][0]["effects"][0]["text"].endswith("+15")
    assert said["last_visit"] is not None
    assert said["usual"] is None


def test_a_sale_is_found_and_moved_to_the_right_member(till: WebTill) -> None:
    wrong, right = till.member(), till.member(name="Ion Popa")
    sale = till.sell(wrong, amount=4242)
    day = till.shop.ledger.clock.today().isoformat()

    (found,) = till.post("sales/find", amount=4242, day=day)["sales"]
    moved = till.post("sales/moves", op=till.new_op(), sale=found["op"], account=right)

    assert (found["op"], found["account"]) == (sale, wrong)
    assert (moved["moved_from"], moved["money"], moved["sale"]["balances"]["points"]) == (sale, 0, 42)
    assert past(till, wrong)["seen"][1]["is_back"] is True
    again = till.pos.post("/v1/sales/moves", json={"op": till.new_op(), "sale": sale, "account": right})
    assert error_of(again)["code"] == "not_allowed"


def test_a_sale_without_a_card_is_claimed_once_by_its_receipt(till: WebTill) -> None:
    account = till.member()
    sale = till.sell(None, amount=1234)
    body = {"op": till.new_op(), "account": account, "sale": sale}

    claimed = till.post("sales/claims", **body)
    again = till.post("sales/claims", **body)
    more = till.pos.post("/v1/sales/claims", json={**body, "op": till.new_op()})

    assert (claimed["moved_from"], claimed["money"], claimed["sale"]["balances"]["points"]) == (sale, 0, 12)
    assert again["sale"]["repeated"] is True
    assert error_of(more)["text"] == "Goods of that sale came back already"
    owned = till.pos.post("/v1/sales/claims", json={**body, "op": till.new_op(), "sale": body["op"]})
    assert error_of(owned)["text"] == "That sale has a member already"


def test_a_missed_rule_is_called_by_what_people_call_it(till: WebTill) -> None:
    said = till.post("preview", account=till.member(), lines=[{"article": "85123A", "quantity": 1, "amount": 1}])

    assert all(missed["title"] not in {"", missed["rule"]} for missed in said["missed"])


def test_goodwill_needs_a_supervisor_and_has_an_end(till: WebTill) -> None:
    account = till.member()
    body = {"op": till.new_op(), "account": account, "unit": "points", "units": 500, "why": "fault"}

    assert till.pos.post("/v1/goodwill", json=body).json()["error"]["action"] == "goodwill"
    given = till.client(Scope.SUPERVISOR).post("/v1/goodwill", json=body).json()
    more = till.client(Scope.SUPERVISOR).post("/v1/goodwill", json={**body, "op": till.new_op(), "units": 1})

    assert (given["balances"]["points"], given["approved_by"]) == (500, "token:supervisor")
    assert "has given 500" in error_of(more)["message"]


def test_without_policies_there_are_none(till: WebTill) -> None:
    assert till.pos.get("/v1/policies").json() == {"pages": [], "notes": {}}


def test_what_nobody_can_explain_is_refused(till: WebTill) -> None:
    answer = till.pos.post("/v1/sales/why", json={"sale": till.sell(till.member())})

    assert error_of(answer)["code"] == "not_allowed"
