"""X and Z reports over the local API."""

import pytest

from agent.web.tokens import Scope
from tests.web.till import WebTill, error_of


def test_a_z_over_the_api_is_the_same_when_it_is_asked_again(till: WebTill) -> None:
    till.sell(amount=1530)
    op = till.new_op()

    first, again = (till.post("closures", op=op, report="Z", staff="A7") for _ in range(2))

    assert first["closure"]["report"] == "Z"
    assert first["closure"]["period"]["takings"]["EUR"]["due"] >= 1530
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["closure"] == again["closure"]
    assert till.pos.get("/v1/closures/last").json()["entry"] == first["entry"]


def test_an_x_is_not_the_last_z(till: WebTill) -> None:
    z = till.post("closures", op=till.new_op(), report="Z")

    x = till.post("closures", op=till.new_op(), report="X")

    assert x["closure"]["number"] is None
    assert till.pos.get("/v1/closures/last").json()["closure"]["number"] == z["closure"]["number"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"op": "c-1"}, "report is missing"),
        ({"report": "Z"}, "op is missing"),
        ({"op": "c-1", "report": "z"}, 'report "z" must be one of X, Z'),
        ({"op": "c-1", "report": 1}, "report 1 must be one of X, Z"),
        ({"op": "c-1", "report": "Z", "number": 7}, "number is no field of this call"),
    ],
)
def test_what_is_no_report_is_refused_and_closes_nothing(till: WebTill, body: dict[str, object], message: str) -> None:
    before = till.shop.entries

    answer = till.pos.post("/v1/closures", json=body)

    assert (answer.status_code, error_of(answer)["message"]) == (422, message)
    assert till.shop.entries == before


def test_a_display_neither_closes_nor_sees_turnover(till: WebTill) -> None:
    display = till.client(Scope.DISPLAY)

    assert display.post("/v1/closures", json={"op": till.new_op(), "report": "X"}).status_code == 403
    assert display.get("/v1/closures/last").status_code == 403
