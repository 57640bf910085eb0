"""GET /v1/events over real connections."""

import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.loyalty.cards import Source
from agent.web.api import streaming
from agent.web.api.shapes import Voice, member_map
from agent.web.events import LISTENERS_MAX
from agent.web.tokens import Scope
from tests.counter.shops import BY
from tests.web.till import WebTill, error_of, listening, serve, until


def test_what_is_published_arrives_at_everyone_in_order(till: WebTill) -> None:
    with listening(till.client(Scope.POS)) as left, listening(till.client(Scope.SCREEN)) as right:
        till.events.publish("notice", {"code": "bank_card", "text": "bank card - ask for the loyalty card"})
        till.events.publish("device", {"name": "scanner", "status": "offline"})

        for events in (left, right):
            assert next(events) == (
                "notice",
                {"code": "bank_card", "text": "bank card - ask for the loyalty card"},
            )
            assert next(events) == ("device", {"name": "scanner", "status": "offline"})


def test_a_member_event_is_the_member_and_a_count_of_reads(till: WebTill) -> None:
    card = till.new_card()
    view = till.shop.counter.identify(card, Source.NUMBER, by=BY)
    with listening(till.pos) as events:
        till.events.publish(
            "member", member_map(Voice(till.shop.counter.require_programme(), "en").member(view), read=7)
        )

        kind, member = next(events)

    assert kind == "member"
    assert member == {**till.post("identify", card=card)["members"][0], "read": 7}


def test_a_page_listens_by_its_cookie(till: WebTill) -> None:
    with listening(till.page()) as events:
        till.events.publish("sync", {"word": "met"})

        assert next(events) == ("sync", {"word": "met"})


def test_a_display_hears_members_and_sales_and_nothing_else(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        account = till.member()
        member = till.pos.get(f"/v1/members/{account}").json()
        with listening(till.client(Scope.DISPLAY)) as events:
            for kind in ("notice", "device", "sync"):
                till.events.publish(kind, {})
            till.events.publish("member", member)
            till.sell(account)

            assert [next(events)[0] for _ in range(4)] == ["member", "display", "sale", "display"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_nobody_listens_without_a_token(till: WebTill, headers: dict[str, str]) -> None:
    assert till.client(None, **headers).get("/v1/events").status_code == 401


def test_the_stream_says_what_it_is(till: WebTill) -> None:
    with till.pos.stream("GET", "/v1/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert "content-length" not in answer.headers


def test_who_went_away_is_forgotten(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        with listening(till.client(Scope.POS)):
            assert len(till.events._listeners) == 1

        until(lambda: not till.events._listeners)


def test_more_listeners_than_a_till_can_have_are_refused(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        with ExitStack() as streams:
            for _ in range(LISTENERS_MAX):
                streams.enter_context(listening(till.pos))

            answer = till.client(Scope.POS).get("/v1/events")

        assert (answer.status_code, error_of(answer)["code"]) == (409, "not_allowed")
        until(lambda: not till.events._listeners)


def test_a_revoked_token_s_stream_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "ALIVE_S", 0.05)
    with serve(tmp_path) as till, listening(till.client(Scope.DISPLAY)) as events:
        till.tokens.revoke("display")

        assert list(events) == []


def test_who_does_not_read_is_let_go_and_disturbs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "SEND_S", 0.2)
    big = {"text": "x" * 100_000}
    with serve(tmp_path) as till, socket.create_connection(("127.0.0.1", till.server.port)) as asleep:
        asleep.sendall(
            f"GET /v1/events HTTP/1.1\r\nHost: {till.host}\r\n"
            f"Authorization: Bearer {till.secrets[Scope.POS]}\r\n\r\n".encode()
        )
        until(lambda: len(till.events._listeners) == 1)
        heard: list[Any] = []
        with listening(till.client(Scope.POS)) as events:
            reader = threading.Thread(target=lambda: heard.extend(next(events) for _ in range(61)))
            reader.start()
            for _ in range(60):
                till.events.publish("notice", big)
            until(lambda: len(till.events._listeners) == 1)
            till.events.publish("notice", {"text": "last"})
            reader.join()

        assert heard[-1] == ("notice", {"text": "last"})


def test_the_streams_end_when_the_agent_stops_and_may_be_taken_up_again(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        with listening(till.client(Scope.POS)) as events:
            till.server.stop()
            assert list(events) == []

        with pytest.raises(httpx.ConnectError):
            till.client(Scope.POS).get("/v1/events")
