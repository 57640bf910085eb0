"""Signing in, a supervisor's word, and whose staff id an action carries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.web.tokens import Scope
from tests.counter.shops import shop_programme
from tests.loyalty.shops import MONEY, POINTS, programme
from tests.web.till import LINE, WebTill, error_of, serve

PIN = "4071"
WRONG = "9315"
SIGNED_IN = "[supervision]\nsign_in = true\n"


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebTill]:
    """A till with a cashier and a supervisor."""
    with serve(tmp_path_factory.mktemp("till"), programme=shop_programme()) as served:
        add(served, "ana", "cashier")
        add(served, "vera", "supervisor")
        yield served


def add(till: WebTill, named: str, role: str) -> None:
    body = {"op": f"add-{named}", "change": "add", "named": named, "role": role, "pin": PIN}
    assert till.client(Scope.SUPERVISOR).post("/v1/staff", json=body).status_code == 200


def signed_in(till: WebTill, staff: str, scope: Scope = Scope.SCREEN) -> httpx.Client:
    """A client that carries a session of somebody."""
    session = till.post("staff/sessions", staff=staff, pin=PIN)["session"]
    return till.client(scope, **{"Tally-Session": session})


def staff_of(till: WebTill, op: str) -> str | None:
    recorded = till.shop.ledger.find(op)
    assert recorded is not None
    return recorded.entry.staff


def sale(op: str, **more: Any) -> dict[str, Any]:
    return {"op": op, "lines": [LINE], **more}


def test_a_session_puts_its_staff_on_what_it_sends(till: WebTill) -> None:
    assert signed_in(till, "ana").post("/v1/sales", json=sale("T-1")).status_code == 200

    assert staff_of(till, "T-1") == "ana"


def test_nobody_works_under_another_name(till: WebTill) -> None:
    answer = signed_in(till, "ana").post("/v1/sales", json=sale("T-2", staff="vera"))

    assert answer.status_code == 422
    assert till.shop.ledger.find("T-2") is None


def test_a_session_that_is_over_is_refused_with_what_to_do(till: WebTill) -> None:
    client = signed_in(till, "ana")
    session = client.headers["Tally-Session"]
    assert till.post("staff/sessions/end", session=session) == {"signed_out": True}

    answer = client.post("/v1/sales", json=sale("T-3"))

    assert answer.status_code == 409
    assert error_of(answer)["code"] == "not_signed_in"


def test_a_wrong_pin_is_refused_and_repeated_nowhere(till: WebTill) -> None:
    answer = till.pos.post("/v1/staff/sessions", json={"staff": "vera", "pin": WRONG})

    assert answer.status_code == 409
    assert WRONG not in answer.text


def test_a_cashier_needs_a_supervisors_word_and_the_error_says_for_what(till: WebTill) -> None:
    client = signed_in(till, "ana")
    body = {"op": "N-ion", "change": "add", "named": "ion", "pin": PIN}

    refused = client.post("/v1/staff", json=body)
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert (error["code"], error["action"]) == ("approval_needed", "staff")
    said = till.post("staff/approvals", op="N-ion", action="staff", supervisor="vera", pin=PIN)
    assert (said["supervisor"], said["seconds"]) == ("vera", 120)

    assert client.post("/v1/staff", json=body).json()["repeated"] is False
    recorded = till.shop.ledger.find("N-ion")
    assert recorded is not None
    assert recorded.entry.body["approved_by"] == "vera"


def test_a_supervisor_approves_what_he_sends_himself(till: WebTill) -> None:
    body = {"op": "N-leo", "change": "add", "named": "leo", "pin": PIN}

    assert signed_in(till, "vera").post("/v1/staff", json=body).status_code == 200


def test_the_list_says_who_works_here_and_nothing_of_pins(till: WebTill) -> None:
    answer = till.pos.get("/v1/staff")

    assert {"staff": "vera", "role": "supervisor", "by_hq": False, "locked": False} in answer.json()["people"]
    assert "argon2" not in answer.text


def test_where_the_programme_says_so_the_screen_sells_only_for_who_is_signed_in(tmp_path: Path) -> None:
    with serve(tmp_path, programme=programme(POINTS, MONEY, SIGNED_IN)) as till:
        add(till, "ana", "cashier")
        refused = till.client(Scope.SCREEN).post("/v1/sales", json=sale("T-1"))

        assert error_of(refused)["code"] == "not_signed_in"
        assert signed_in(till, "ana").post("/v1/sales", json=sale("T-1")).status_code == 200
        assert till.pos.post("/v1/sales", json=sale("T-2", staff="7")).status_code == 200  # it names its own


def test_the_radar_is_shown_to_supervisors_only_and_says_a_sentence(till: WebTill) -> None:
    account = till.member()
    for _ in range(4):
        till.sell(account)

    for client in (till.pos, signed_in(till, "ana")):
        assert client.get("/v1/radar").status_code == 403
    shown = signed_in(till, "vera").get("/v1/radar").json()

    assert till.client(Scope.SUPERVISOR).get("/v1/radar").json() == shown
    (note,) = (one for one in shown["notes"] if one["account"] == account)
    assert (note["what"], note["staff"], note["count"]) == ("burst", "pos", 4)
    assert note["text"] == "pos: 4 sales of one card in quick succession, of its 4"
