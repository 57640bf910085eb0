"""Whatever fits the two OpenAPI documents, and what nearly does, gets an answer that is allowed, never a 500."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from agent.errors import BusyError, RejectedError
from agent.journal.wire.form import BATCH_TYPE, MAP_TYPE, PATH, WITNESS_TYPE, compress
from agent.sync.line import Ask
from agent.web.tokens import Scope
from tests.hq.headquarters import found, serving, state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till
from tests.web.till import WebTill, serve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

EXAMPLES = 60  # of each call
STREAMS = ("/v1/events",)  # they have no end
# By an enrolled till; `branch` is not: it says that there are two of it, and from then on it is refused.
ASKED = {
    "where": MAP_TYPE,
    "entries": BATCH_TYPE,
    "feed": MAP_TYPE,
    "sale": MAP_TYPE,
    "spend": MAP_TYPE,
    "witness": WITNESS_TYPE,
}
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]

for packed in (BATCH_TYPE, WITNESS_TYPE):
    schemathesis.openapi.media_type(packed, st.binary() | st.binary().map(compress))

Case = schemathesis.Case[Any]


def operations(document: dict[str, Any]) -> list[Any]:
    """Return the calls of an OpenAPI document."""
    return [call.ok() for call in schemathesis.openapi.from_dict(document).get_all_operations() if isinstance(call, Ok)]


def fuzz(operation: Any, act: Callable[[Case], None]) -> None:
    """Let `act` do with so many cases of a call what it does."""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def one(case: Case) -> None:
        act(case)

    one()


@pytest.fixture
def till(tmp_path: Path) -> Iterator[WebTill]:
    with serve(tmp_path) as till:
        yield till


def test_the_till_answers_whatever_fits_its_document(till: WebTill) -> None:
    document = till.client(Scope.POS).get("/openapi.json").json()
    client = till.client(Scope.POS)
    calls = [one for one in operations(document) if one.path not in STREAMS]
    assert len(calls) > 10
    for call in calls:

        def act(case: Case) -> None:
            case.call_and_validate(base_url=till.url, headers=dict(client.headers), checks=CHECKS)

        fuzz(call, act)

    assert till.pos.get("/v1/status").status_code == 200


@pytest.fixture
def halves(tmp_path: Path) -> Iterator[tuple[Path, Till]]:
    """A headquarters and a till that has sold."""
    hq = found(tmp_path / "hq")
    with serving(hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(hq)
        till.sell(10, card=1)
        till.meet()
        yield hq, till


def test_headquarters_answers_whatever_fits_its_document(halves: tuple[Path, Till]) -> None:
    """Strangers' requests get no further than the door; a till's own, well signed, change no book."""
    hq, till = halves
    wait_for_books(hq)
    before = state_of_books(hq)
    document = httpx.get(f"{till.settings.hq}/openapi.json").json()
    for call in operations(document):

        def act(case: Case) -> None:
            case.call_and_validate(base_url=till.settings.hq, checks=[not_a_server_error])
            ask_signed(till, case)

        fuzz(call, act)

    till.meet()
    wait_for_books(hq)
    assert state_of_books(hq) == before
    assert till_rows(hq)[till.id].flags == ()


def ask_signed(till: Till, case: Case) -> None:
    """Ask as the till itself would; a refusal in headquarters' name is an answer, too, and so is "come again"."""
    word = case.path.removeprefix(f"{PATH}/")
    if word in ASKED:
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()
        with suppress(RejectedError, BusyError):
            till.line().ask(Ask(word, body, type=ASKED[word]))
