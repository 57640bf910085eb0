"""The calls that meet headquarters: for a supervisor, and only where there is one."""

import pytest

from agent.web.tokens import Scope
from tests.web.till import WebTill, error_of


@pytest.mark.parametrize(("path", "body"), [("/v1/sync", {}), ("/v1/sync/stick", {"file": "/media/stick/answer"})])
def test_a_till_that_stands_alone_has_nobody_to_meet(till: WebTill, path: str, body: dict[str, str]) -> None:
    answer = till.client(Scope.SUPERVISOR).post(path, json=body)

    assert answer.status_code == 409
    assert error_of(answer)["message"] == "this till stands alone"


@pytest.mark.parametrize("path", ["/v1/sync", "/v1/sync/stick"])
def test_only_a_supervisor_may_ask_for_it(till: WebTill, path: str) -> None:
    assert till.client(Scope.POS).post(path, json={"file": "x"}).status_code == 403
