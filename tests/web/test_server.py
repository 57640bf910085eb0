import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from agent.errors import ConfigError
from agent.web.server import WebServer
from agent.web.settings import WebSettings
from agent.web.tokens import Scope
from tests.web.till import LINE, WAIT_S, WebTill, listening, serve, until


def test_it_listens_on_loopback_at_the_port_it_says(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        assert till.server.port >= 1024
        assert till.pos.get("/v1/status").status_code == 200


def test_after_it_stopped_nobody_answers_and_the_port_is_free(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        port = till.server.port
        till.server.stop()

        with pytest.raises(httpx.ConnectError):
            till.client(Scope.POS).get("/v1/status")
        again = WebServer(till.app, WebSettings(port=port))
        again.start()
        again.stop()


def test_it_may_be_stopped_before_it_was_started_and_twice(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        till.server.stop()
        till.server.stop()
        WebServer(till.app, WebSettings(port=0)).stop()


def test_a_port_that_somebody_has_is_an_error_that_names_it(tmp_path: Path) -> None:
    with serve(tmp_path) as till, socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = WebServer(till.app, WebSettings(port=port))

        with pytest.raises(ConfigError, match=str(port)):
            server.start()


def test_open_event_streams_do_not_hold_it_up(tmp_path: Path) -> None:
    with serve(tmp_path) as till, listening(till.pos) as events:
        started = time.monotonic()

        till.server.stop()

        assert time.monotonic() - started < 2
        assert list(events) == []


def test_a_sale_that_is_being_recorded_is_answered_before_it_stops(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        answers: list[httpx.Response] = []
        with till.shop.ledger.reading():  # nobody can commit until this is left
            sale = threading.Thread(target=lambda: answers.append(_sell(till)))
            sale.start()
            until(lambda: till.server._server is not None and bool(till.server._server.server_state.tasks))
            stop = threading.Thread(target=till.server.stop)
            stop.start()
        sale.join(WAIT_S)
        stop.join(WAIT_S)

        assert [answer.status_code for answer in answers] == [200]
        assert till.shop.ledger.find("S-1") is not None


def _sell(till: WebTill) -> httpx.Response:
    return till.pos.post("/v1/sales", json={"op": "S-1", "lines": [LINE]})


def test_an_answer_does_not_wait_for_a_delayed_acknowledgement(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        took: list[float] = []
        for _ in range(9):
            started = time.perf_counter()
            till.pos.get("/v1/status")
            took.append(time.perf_counter() - started)

        assert sorted(took)[4] < 0.03  # Nagle's algorithm and a delayed ACK make it 0.04
