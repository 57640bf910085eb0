"""The sale at hand, over HTTP as screens and the till's other parts change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.counter import SaleAsk
from agent.loyalty.cards import Source
from agent.slips.texts import LANGUAGES
from agent.web.api.shapes import Voice, member_map
from agent.web.events import Spoken
from agent.web.language import COOKIE
from agent.web.screen import at_hand
from agent.web.screen.at_hand import PARKED_MAX
from agent.web.tokens import Scope
from tests.counter.shops import line
from tests.web.till import LINE, WebTill, error_of, listening, serve

TOKEN = "V001A38K20152XGQ7H2KPLM4ZWBCT"
AMOUNT = {"article": "amount", "quantity": "1", "amount": 1000}


class Screen:
    """A browser that shows the sale at hand."""

    def __init__(self, till: WebTill, name: str, *, language: str = "en") -> None:
        self.till = till
        self.name = name
        self.page: httpx.Client = till.page()
        self.page.cookies.set(COOKIE, language)

    @property
    def shows(self) -> dict[str, Any]:
        return dict(self.page.get("/screen/sale").json())

    def post(self, **said: Any) -> httpx.Response:
        now = self.shows
        who = {key: value for key, value in (now["member"] or {}).items() if key in {"account", "card"} and value}
        body = {"screen": self.name, "op": now["op"], "rev": now["rev"], "lines": [], **who, **said}
        return self.page.post("/screen/sale", json=body)

    def say(self, **said: Any) -> dict[str, Any]:
        answer = self.post(**said)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def sell(self) -> dict[str, Any]:
        now = self.shows
        who = {} if now["member"] is None else {"account": now["member"]["account"]}
        lines = [{**one, "quantity": "1"} for one in now["lines"]]
        answer = self.page.post("/v1/sales", json={"op": now["op"], "lines": lines, **who})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
def till(tmp_path: Path) -> Iterator[WebTill]:
    with serve(tmp_path) as served:
        yield served


@pytest.fixture
def screen(till: WebTill) -> Screen:
    return Screen(till, "one")


def read(till: WebTill, card: str) -> str:
    """Have a card read as a device would, and return whose it is."""
    view = till.shop.counter.identify(card, Source.NUMBER, by="reader")
    programme = till.shop.counter.require_programme()
    till.events.publish("member", Spoken(lambda language: member_map(Voice(programme, language).member(view), read=1)))
    return view.account


def enrolled(till: WebTill, *, points: int = 0, name: str = "Ana Testova") -> tuple[str, str]:
    """Return the card and the account of a new member."""
    card = till.new_card()
    account = str(till.post("members", op=till.new_op(), name=name, card=card)["account"])
    if points:
        till.shop.counter.sell(SaleAsk(till.new_op(), (line(points * 100),), account), by="x")
    return card, account


@contextmanager
def heard(till: WebTill, scope: Scope = Scope.SCREEN) -> Iterator[list[tuple[str, Any]]]:
    """Collect what a listener of a scope hears; it is complete when this is left."""
    collected: list[tuple[str, Any]] = []
    with listening(till.client(scope)) as events:
        yield collected
        till.events.publish("sale", till_end())
        for kind, data in events:
            if kind == "sale" and data["op"] == "end":
                return
            collected.append((kind, data))


def till_end() -> dict[str, Any]:
    return {"op": "end", "by": "nobody", "account": None, "sale": None}


def test_a_card_that_is_read_is_on_every_screen_in_one_event(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)

    with heard(till) as events:
        read(till, card)

    (shown,) = [data for kind, data in events if kind == "at_hand"]
    assert shown["member"]["account"] == account
    assert shown["member"]["name"] == "Ana"
    assert shown["member"]["balances"] == screen.shows["member"]["balances"]


def test_two_screens_agree_and_each_sees_who_acts(till: WebTill, screen: Screen) -> None:
    other = Screen(till, "two")
    screen.say(lines=[AMOUNT])

    assert other.shows["lines"][0]["amount"] == 1000
    assert other.shows["screen"] == "one"
    other.say(lines=[{**AMOUNT, "amount": 700}])
    assert screen.shows["lines"][0]["amount"] == 700
    assert screen.shows["screen"] == "two"


def test_two_screens_that_record_the_same_sale_record_it_once(till: WebTill, screen: Screen) -> None:
    other = Screen(till, "two")
    screen.say(lines=[AMOUNT])
    before, now = till.shop.entries, screen.shows
    body = {"op": now["op"], "lines": [AMOUNT]}

    answers = [page.post("/v1/sales", json=body).json() for page in (screen.page, other.page)]

    assert [answer["repeated"] for answer in answers] == [False, True]
    assert till.shop.entries == before + 1


def test_a_sale_whose_answer_a_power_cut_took_has_ended_and_can_be_undone(screen: Screen) -> None:
    sale = {"op": "scr-before-the-cut", "lines": [AMOUNT]}
    screen.page.post("/v1/sales", json=sale)  # the agent that answers knows nothing of what was at hand
    screen.say(**sale)

    assert screen.page.post("/v1/sales", json=sale).json()["repeated"]

    assert screen.shows["lines"] == []
    assert screen.shows["last"]["op"] == sale["op"]
    assert screen.shows["last"]["lines"]


def test_what_the_programme_says_of_the_sale_is_in_the_answer(till: WebTill, screen: Screen) -> None:
    card, _ = enrolled(till)
    read(till, card)

    judged = screen.say(lines=[AMOUNT])["judged"]

    assert judged["total"] == judged["due"] == 1000
    assert any(effect["amount"] > 0 for effect in judged["effects"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_screen_is_told_in_its_own_language(till: WebTill, language: str) -> None:
    card, _ = enrolled(till)
    read(till, card)
    Screen(till, "one").say(lines=[AMOUNT])

    told = {one: Screen(till, one, language=one).shows["judged"]["effects"][0]["text"] for one in LANGUAGES}

    assert len(set(told.values())) == len(LANGUAGES)
    assert Screen(till, "again", language=language).shows["judged"]["effects"][0]["text"] == told[language]


def test_a_card_that_is_read_before_the_amount_or_after_it_belongs_to_the_sale(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)
    screen.say(lines=[AMOUNT])
    read(till, card)

    shown = screen.shows
    assert (shown["member"]["account"], shown["lines"][0]["amount"]) == (account, 1000)
    assert shown["judged"]["balances"]


def test_a_card_that_is_read_in_mid_sale_disturbs_nothing_and_a_sentence_says_so(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)
    other, _ = enrolled(till, name="Ion Rusu")
    read(till, card)
    screen.say(lines=[AMOUNT])
    before = screen.shows

    with heard(till) as events:
        read(till, other)

    assert [data["code"] for kind, data in events if kind == "notice"] == ["mid_sale"]
    assert {**screen.shows, "noticed": None} == before
    assert before["member"]["account"] == account


def test_the_same_card_again_in_mid_sale_is_no_mistake(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)
    read(till, card)
    screen.say(lines=[AMOUNT])

    with heard(till) as events:
        read(till, card)

    assert not [data for kind, data in events if kind == "notice"]
    assert screen.shows["member"]["account"] == account


def test_of_two_cards_at_once_a_person_says_which(till: WebTill, screen: Screen) -> None:
    accounts = []
    for name in ("Ana Testova", "Ion Rusu"):
        card, account = enrolled(till, name=name)
        accounts.append(account)
        read(till, card)

    shown = screen.shows
    assert shown["member"] is None
    assert [one["account"] for one in shown["found"]] == accounts
    chosen = screen.say(account=accounts[1], card=shown["found"][1]["card"])
    assert (chosen["member"]["account"], chosen["found"]) == (accounts[1], [])


def test_a_card_read_while_an_amount_is_on_its_way_stays_with_the_sale(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)
    before = screen.shows
    read(till, card)

    late = {"screen": "one", "op": before["op"], "rev": before["rev"], "lines": [AMOUNT]}
    shown = screen.page.post("/screen/sale", json=late).json()

    assert shown["member"]["account"] == account
    assert shown["lines"]


def test_a_sale_s_end_puts_the_card_away_and_the_next_sale_has_another_op(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)
    read(till, card)
    op = screen.say(lines=[AMOUNT])["op"]
    screen.sell()

    shown = screen.shows
    assert (shown["member"], shown["lines"], shown["judged"]) == (None, [], None)
    assert shown["op"] != op
    last = shown["last"]
    assert (last["op"], last["account"], last["due"], last["name"]) == (op, account, 1000, "Ana")
    assert last["gains"]["points"] == 10
    assert last["lines"] == [{"line": 0, "quantity": 1000}]


def test_a_screen_that_shows_a_sale_which_has_ended_is_told_so(till: WebTill, screen: Screen) -> None:
    op = screen.say(lines=[AMOUNT])["op"]
    screen.sell()

    answer = screen.post(op=op, lines=[AMOUNT])

    assert answer.status_code == 409
    assert error_of(answer)["code"] == "op_conflict"
    assert screen.shows["lines"] == []


def test_a_parked_sale_keeps_its_card_and_its_op(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)
    read(till, card)
    op = screen.say(lines=[AMOUNT])["op"]

    parked = screen.say(lines=[AMOUNT], park=True)

    assert (parked["member"], parked["lines"]) == (None, [])
    assert parked["op"] != op
    assert [(one["op"], one["name"], one["total"]) for one in parked["parked"]] == [(op, "Ana", 1000)]
    other, _ = enrolled(till, name="Ion Rusu")
    read(till, other)
    back = screen.say(op=op, account=account)
    assert (back["op"], back["member"]["account"], back["lines"][0]["amount"]) == (op, account, 1000)
    assert [one["name"] for one in back["parked"]] == ["Ion"]


def test_more_sales_than_there_are_keys_for_are_not_parked(till: WebTill, screen: Screen) -> None:
    for amount in range(1, PARKED_MAX + 3):
        screen.say(lines=[{**AMOUNT, "amount": amount}])
        shown = screen.say(lines=[{**AMOUNT, "amount": amount}], park=True)

    assert [one["total"] for one in shown["parked"]] == list(range(3, PARKED_MAX + 3))


def test_an_agent_that_has_just_begun_is_told_what_a_screen_had(till: WebTill, screen: Screen) -> None:
    _, account = enrolled(till)
    kept = {"op": "scr-kept-1", "account": account, "lines": [AMOUNT]}
    parked = {"op": "scr-kept-2", "lines": [{**AMOUNT, "amount": 300}]}
    assert screen.shows["rev"] == 0

    shown = screen.say(**kept, parked=[parked])

    assert (shown["op"], shown["member"]["account"]) == ("scr-kept-1", account)
    assert [one["total"] for one in shown["parked"]] == [300]


def test_a_screen_cannot_bring_parked_sales_to_an_agent_that_knows_better(till: WebTill, screen: Screen) -> None:
    screen.say(lines=[AMOUNT])

    assert screen.say(lines=[AMOUNT], parked=[{"op": "scr-old", "lines": [AMOUNT]}])["parked"] == []


def test_a_flow_that_wants_a_card_gets_it_and_the_sale_does_not(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)
    screen.say(wanting=True)

    with heard(till) as events:
        read(till, card)

    (wanted,) = [data for kind, data in events if kind == "card"]
    assert (wanted["screen"], wanted["member"]["account"]) == ("one", account)
    assert screen.shows["member"] is None
    screen.say()
    read(till, card)
    assert screen.say()["member"]["account"] == account


def test_what_point_of_sale_software_asks_about_is_shown_and_ends_with_its_sale(till: WebTill, screen: Screen) -> None:
    till.post("preview", lines=[LINE])

    shown = screen.shows
    assert shown["pushed"] == "pos"
    assert [one["article"] for one in shown["lines"]] == ["85123A"]
    till.sell()
    assert (screen.shows["pushed"], screen.shows["lines"]) == (None, [])


def test_point_of_sale_software_does_not_disturb_a_sale_that_a_screen_makes(till: WebTill, screen: Screen) -> None:
    screen.say(lines=[AMOUNT])
    till.post("preview", lines=[LINE])
    till.sell()

    assert [one["amount"] for one in screen.shows["lines"]] == [1000]


def test_a_redemption_is_shown_with_what_is_left_to_pay(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till, points=500)
    read(till, card)
    screen.say(lines=[AMOUNT])
    shown = screen.shows
    body = {"op": "scr-taken", "account": account, "card": shown["member"]["card"], "reward": "money", "units": 100}
    worth = screen.page.post("/v1/redemptions", json=body).json()["value"]

    taken = [{"op": "scr-taken", "label": "100 points", "value": worth}]
    now = screen.say(lines=[AMOUNT], taken=taken, again=True)

    assert now["judged"]["due"] == 1000 - worth
    assert now["member"]["balances"]["points"] == shown["member"]["balances"]["points"] - 100


def test_when_training_begins_or_ends_nobody_is_served(till: WebTill, screen: Screen) -> None:
    card, _ = enrolled(till)
    read(till, card)
    screen.say(lines=[AMOUNT], park=True)
    till.events.publish("training", {"on": True})

    assert (screen.shows["member"], screen.shows["lines"], screen.shows["parked"]) == (None, [], [])


def test_who_may_only_look_may_not_say_how_the_sale_stands(till: WebTill) -> None:
    display = till.client(Scope.DISPLAY)

    assert display.get("/screen/sale").status_code == 403
    assert display.post("/screen/sale", json={"screen": "one", "op": "a", "lines": []}).status_code == 403
    assert till.client().get("/screen/sale").status_code == 401


def test_a_screen_that_comes_back_is_told_what_was_noticed_of_late(till: WebTill, screen: Screen) -> None:
    before = screen.shows["noticed"]
    till.events.publish("notice", {"code": "swipe_again", "text": "swipe again"})

    noticed = screen.shows["noticed"]
    assert before is None
    assert (noticed["code"], noticed["text"]) == ("swipe_again", "swipe again")
    assert 0 <= noticed["age_ms"] < 5000


def test_what_was_noticed_long_ago_is_no_news(till: WebTill, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    till.events.publish("notice", {"code": "swipe_again", "text": "swipe again"})

    monkeypatch.setattr(at_hand, "NEWS_S", 0.0)

    assert screen.shows["noticed"] is None


def test_whom_a_terminals_token_finds_is_on_every_screen(till: WebTill, screen: Screen) -> None:
    _, account = enrolled(till)
    till.post(f"members/{account}/payment_tokens", op=till.new_op(), payment_token=TOKEN)

    till.post("identify", payment_token=TOKEN)

    member = screen.shows["member"]
    assert (member["account"], member["card"], member["name"]) == (account, None, "Ana")


def test_the_code_of_a_voucher_is_not_for_the_customers_display(till: WebTill) -> None:
    with heard(till, Scope.DISPLAY) as shown, heard(till) as told:
        till.events.publish("voucher", {"code": "A1"})

    assert [kind for kind, _ in shown] == []
    assert ("voucher", {"code": "A1"}) in told


def test_the_customer_s_display_follows_and_hears_nothing_to_find_him_by(till: WebTill, screen: Screen) -> None:
    card, account = enrolled(till)
    with heard(till, Scope.DISPLAY) as events:
        read(till, card)
        screen.say(lines=[AMOUNT])
        screen.sell()

    seen = [data for kind, data in events if kind == "display"]
    assert [one["state"] for one in seen] == ["member", "sale", "thanks"]
    assert [one["name"] for one in seen] == ["Ana", "Ana", "Ana"]
    points = [{one["unit"]: (one["units"], one["gain"]) for one in each["balances"]}["points"] for each in seen]
    assert points == [(0, 0), (0, 10), (10, 10)]
    assert seen[1]["due"] == 1000
    assert not {account, card, "Testova"} & set(str(seen).replace("'", " ").split())


def test_a_sale_that_the_counter_refuses_to_judge_keeps_its_amounts(till: WebTill, screen: Screen) -> None:
    answer = screen.post(account="nobody", lines=[AMOUNT])

    assert answer.status_code == 404
    assert [one["amount"] for one in screen.shows["lines"]] == [1000]
