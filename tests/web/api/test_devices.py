"""The calls on devices, with a real supervisor behind them."""

import pytest

from agent.devices.categories import Category
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

    assert [answer.json() for answer in answers] == [{"device": "slips"}] * 2
    assert simulated(till).drawer_openings == before + 2


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
