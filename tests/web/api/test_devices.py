"""The calls on devices, with a real supervisor behind them."""

import pytest

from agent.devices.categories import Category
from agent.journal.entry import decode_entry
from agent.web.tokens import Scope
from drivers.simulated import Simulated
from tests.web.till import WebTill, error_of, serve

CHECK = "/v1/devices/slips/check"


def simulated(till: WebTill) -> Simulated:
    device = till.devices._workers["slips"].device()
    assert isinstance(device, Simulated)
    return device


@pytest.mark.parametrize("level", ["internal", "external", "interactive"])
def test_a_device_checks_itself_at_every_level(till: WebTill, level: str) -> None:
    till.wait_for_devices()

    answer = till.client(Scope.SUPERVISOR).post(CHECK, json={"level": level})

    assert answer.status_code == 200
    assert set(answer.json()) == {"ok", "text"}
    assert answer.json()["ok"] is True


def test_a_level_that_there_is_not_is_named(till: WebTill) -> None:
    answer = till.client(Scope.SUPERVISOR).post(CHECK, json={"level": "deep"})

    assert answer.status_code == 422
    assert error_of(answer)["message"] == 'level "deep" must be one of internal, external, interactive'


def test_a_device_that_there_is_not_is_named(till: WebTill) -> None:
    answer = till.client(Scope.SUPERVISOR).post("/v1/devices/front/check", json={"level": "internal"})

    assert answer.status_code == 404
    assert error_of(answer)["message"] == "no device is called 'front'"


def test_the_drawer_opens_once_for_every_call(till: WebTill) -> None:
    till.wait_for_devices()
    before = simulated(till).drawer_openings

    answers = [till.pos.post("/v1/drawer", json={}) for _ in range(2)]

    assert [answer.json()["device"] for answer in answers] == ["slips"] * 2
    assert simulated(till).drawer_openings == before + 2


def test_every_opening_of_the_drawer_is_an_entry_with_its_reason_and_who_it_was(till: WebTill) -> None:
    till.wait_for_devices()
    before = till.shop.entries

    sent: list[dict[str, str]] = [{}, {"reason": "sale", "staff": "A7"}]
    answers = [till.pos.post("/v1/drawer", json=body).json() for body in sent]

    with till.shop.ledger.reading() as conn:
        rows = conn.execute("SELECT bytes FROM entry ORDER BY n DESC LIMIT 2").fetchall()[::-1]
    entries = [decode_entry(data) for (data,) in rows]
    assert till.shop.entries == before + 2
    assert [(one.kind, one.body["reason"], one.staff, one.by) for one in entries] == [
        ("drawer_opened", "no_sale", None, "pos"),
        ("drawer_opened", "sale", "A7", "pos"),
    ]
    assert [answer["entry"]["seq"] for answer in answers] == [one.seq for one in entries]


def test_a_reason_that_there_is_not_opens_nothing(till: WebTill) -> None:
    till.wait_for_devices()
    before = simulated(till).drawer_openings, till.shop.entries

    answer = till.pos.post("/v1/drawer", json={"reason": "lunch"})

    assert error_of(answer)["message"] == 'reason "lunch" must be one of sale, no_sale'
    assert (simulated(till).drawer_openings, till.shop.entries) == before


def test_a_drawer_opens_though_the_ledger_refuses_and_the_answer_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serve(tmp_path_factory.mktemp("refused")) as till:
        till.wait_for_devices()
        before = simulated(till).drawer_openings
        till.shop.ledger.close()

        answer = till.pos.post("/v1/drawer", json={})

        assert answer.json() == {"device": "slips", "entry": None}
        assert simulated(till).drawer_openings == before + 1


def test_a_field_that_the_drawer_does_not_know_opens_nothing(till: WebTill) -> None:
    till.wait_for_devices()
    before = simulated(till).drawer_openings

    answer = till.pos.post("/v1/drawer", json={"name": "slips"})

    assert answer.status_code == 422
    assert simulated(till).drawer_openings == before


def test_a_drawer_whose_device_is_away_stays_closed_and_says_so(till: WebTill) -> None:
    till.wait_for_devices()
    device = simulated(till)
    before = device.drawer_openings
    device.tell("!unplug 0.5")

    answer = till.pos.post("/v1/drawer", json={})

    assert answer.status_code == 503
    assert error_of(answer)["code"] == "offline"
    till.wait_for_devices()
    assert device.drawer_openings == before


def test_a_till_without_a_drawer_says_where_to_name_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serve(tmp_path_factory.mktemp("bare"), drawer=None) as till:
        answer = till.pos.post("/v1/drawer", json={})

    assert answer.status_code == 503
    assert error_of(answer)["message"] == "this till has no cash drawer"
    assert "[till] drawer" in error_of(answer)["hint"]


def test_the_simulated_device_is_a_printer(till: WebTill) -> None:
    assert simulated(till).category is Category.POS_PRINTER
