import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from agent.errors import DeviceTimeoutError, FailureError, OutcomeUnknownError, RefusalError
from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.feed import PtyFeeder, card_number
from agent.upkeep.replay.plan import Planned, Skipped, plan
from agent.upkeep.replay.player import Patience, ReplaySummary, play
from tests.upkeep.replay.test_excerpt import EXCERPT
from tests.upkeep.replay.till import TOKEN, Till, account_of
from tests.upkeep.replay.truth import truth
from tests.upkeep.replay.written import write_csv

HASTY = Patience(card_s=0.1, answer_s=2.0, invoice_s=0.15)
QUICK = Patience(card_s=0.1, answer_s=2.0, invoice_s=20.0)


@pytest.fixture
def feeder(tmp_path: Path) -> Iterator[PtyFeeder]:
    with PtyFeeder(tmp_path / "scanner") as feeder:
        yield feeder


@pytest.fixture
def till(tmp_path: Path, feeder: PtyFeeder) -> Iterator[Till]:
    with Till(tmp_path / "scanner") as till:
        yield till


def planned(folder: Path, *rows: str) -> Iterator[Planned]:
    return plan(read_baskets(write_csv(folder, *rows)))


def spend(till: Till, customer: int) -> int:
    account = account_of(card_number(customer))
    money = 0
    for op, body in till.book.bodies.items():
        if body.get("account") == account:
            answer = till.book.answers[op]
            money += answer["total"] if "total" in answer else -answer["money"]
    return money


def assert_books_say_the_truth(till: Till, summary: ReplaySummary) -> None:
    says = truth(EXCERPT)
    assert (summary.sales, summary.refunds) == (says.sales, says.refunds)
    assert (summary.write_offs, summary.a_invoices) == (says.write_offs, says.a_invoices)
    assert (summary.sales_money, summary.refunds_money) == (says.sales_money, says.refunds_money)
    assert len(till.book.bodies) == says.sales + says.refunds
    assert {customer: spend(till, customer) for customer in says.customers} == {
        customer: one.spend for customer, one in says.customers.items()
    }


def test_a_sale_goes_out_with_the_account_and_card_the_reader_gave(
    tmp_path: Path, till: Till, feeder: PtyFeeder
) -> None:
    rows = planned(tmp_path, "1,A,6,09:00,2.55,17850", "1,gift_9,1,09:00,9,17850")

    play(rows, url=till.url, token=TOKEN, feeder=feeder)

    assert till.readings == ["982600178502"]
    account = account_of("982600178502")
    assert till.book.bodies["1"] == {
        "op": "1",
        "sold_at": "2011-03-01T09:00:00",
        "account": account,
        "card": f"card-{account[:8]}",
        "lines": [
            {"article": "A", "quantity": 6, "amount": 1530},
            {"article": "gift_9", "quantity": 1, "amount": 900, "category": "gift-card"},
        ],
    }


def test_a_refund_names_what_comes_back_and_the_rest_without_receipt(
    tmp_path: Path, till: Till, feeder: PtyFeeder
) -> None:
    rows = planned(tmp_path, "1,A,2,09:00,2.55,7", "C2,A,-3,09:01,2.55,7")

    summary = play(rows, url=till.url, token=TOKEN, feeder=feeder)

    body = till.book.bodies["C2"]
    assert body["refunded_at"] == "2011-03-01T09:01:00"
    assert body["account"] == account_of(card_number(7))
    assert body["lines"] == [
        {"sale": "1", "line": 0, "quantity": 2},
        {"article": "A", "quantity": 1, "amount": 255},
    ]
    assert (summary.refunds, summary.refunds_money, summary.lines) == (1, 765, 3)


def test_a_sale_without_customer_shows_no_card(tmp_path: Path, till: Till, feeder: PtyFeeder) -> None:
    play(planned(tmp_path, "1,A,2,09:00,2.55,"), url=till.url, token=TOKEN, feeder=feeder)

    assert till.readings == []
    assert "account" not in till.book.bodies["1"]


def test_the_excerpt_arrives_whole_and_each_invoice_is_reported(till: Till, feeder: PtyFeeder) -> None:
    reports: list[ReplaySummary] = []

    summary = play(plan(read_baskets(EXCERPT)), url=till.url, token=TOKEN, feeder=feeder, on_progress=reports.append)

    assert_books_say_the_truth(till, summary)
    assert len(reports) == 358
    assert reports[-1] == summary
    assert (summary.repeated, summary.reconnects) == (0, 0)
    assert summary.sales_per_s == pytest.approx(226 / summary.seconds)


def test_lost_requests_answers_and_readings_lose_and_double_nothing(till: Till, feeder: PtyFeeder) -> None:
    first = list(islice(plan(read_baskets(EXCERPT)), 110))
    lost: set[Any] = set()

    def first_time(key: tuple[str, str], *, every: int) -> bool:
        chosen = int(key[1][-4:]) % every == 0 and key not in lost
        lost.add(key)
        return chosen

    till.lose_request = lambda body: first_time(("request", body["op"]), every=17)
    till.lose_answer = lambda body: first_time(("answer", body["op"]), every=13)
    till.lose_reading = lambda card: first_time(("reading", card), every=101)

    summary = play(first, url=till.url, token=TOKEN, feeder=feeder, patience=QUICK)

    played = {one.op: sum(line.amount for line in one.lines) for one in first if not isinstance(one, Skipped)}
    answers = till.book.answers.items()
    assert {op: answer.get("total", answer.get("money")) for op, answer in answers} == played
    assert summary.sales_money + summary.refunds_money == sum(played.values())
    assert summary.repeated > 3
    assert summary.reconnects > summary.repeated


def test_a_sale_kept_aside_is_asked_for_until_it_is_entered(tmp_path: Path, till: Till, feeder: PtyFeeder) -> None:
    asked: list[str] = []

    def twice(body: dict[str, Any]) -> bool:
        asked.append(body["op"])
        return len(asked) < 3

    till.keep_aside = twice

    summary = play(planned(tmp_path, "1,A,2,09:00,2.55,"), url=till.url, token=TOKEN, feeder=feeder, patience=QUICK)

    assert (summary.sales, summary.sales_money, asked) == (1, 510, ["1"] * 3)


def test_a_till_whose_ledger_takes_nothing_is_named_with_the_reason(
    tmp_path: Path, till: Till, feeder: PtyFeeder
) -> None:
    till.keep_aside = lambda _: True

    with pytest.raises(OutcomeUnknownError, match=r"invoice 1 .*Sold without loyalty: the disk is full"):
        play(planned(tmp_path, "1,A,2,09:00,2.55,"), url=till.url, token=TOKEN, feeder=feeder, patience=HASTY)


def test_a_till_killed_three_times_has_every_invoice_once(till: Till, feeder: PtyFeeder) -> None:
    def die() -> None:
        till.kill()
        till.start()

    def kill_now_and_then(summary: ReplaySummary) -> None:
        if summary.sales + summary.refunds in {40, 150, 290}:
            killers.append(threading.Timer(0.003, die))
            killers[-1].start()

    killers: list[threading.Timer] = []
    summary = play(
        plan(read_baskets(EXCERPT)),
        url=till.url, token=TOKEN, feeder=feeder, patience=QUICK, on_progress=kill_now_and_then,
    )  # fmt: skip
    for killer in killers:
        killer.join()

    assert_books_say_the_truth(till, summary)
    assert summary.reconnects >= 3


def test_a_second_replay_repeats_every_op_and_changes_nothing(tmp_path: Path, till: Till, feeder: PtyFeeder) -> None:
    rows = ("1,A,2,09:00,2.55,7", "2,A,2,09:01,2.55,", "C3,A,-1,09:02,2.55,7")
    first = play(planned(tmp_path, *rows), url=till.url, token=TOKEN, feeder=feeder)

    second = play(planned(tmp_path, *rows), url=till.url, token=TOKEN, feeder=feeder)

    assert (first.repeated, second.repeated) == (0, 3)
    assert (second.sales_money, second.refunds_money) == (first.sales_money, first.refunds_money)


def test_a_late_event_for_the_customer_before_is_not_taken_for_this_one(
    tmp_path: Path, till: Till, feeder: PtyFeeder
) -> None:
    def tell_again(body: dict[str, Any]) -> bool:
        till.tell("member", {"account": body["account"], "card": None, "read": 99})
        return False

    till.lose_answer = tell_again
    rows = planned(tmp_path, "1,A,1,09:00,1,7", "2,A,1,09:01,1,8", "3,A,1,09:02,1,7")

    play(rows, url=till.url, token=TOKEN, feeder=feeder)

    accounts = [body["account"] for body in till.book.bodies.values()]
    assert accounts == [account_of(card_number(customer)) for customer in (7, 8, 7)]


def test_a_bad_reading_is_shown_again(tmp_path: Path, till: Till, feeder: PtyFeeder) -> None:
    till.on_reading = lambda _: {"code": "swipe_again", "text": "again"} if len(till.readings) == 1 else None

    summary = play(planned(tmp_path, "1,A,1,09:00,1,7"), url=till.url, token=TOKEN, feeder=feeder)

    assert (summary.sales, summary.reconnects) == (1, 1)
    assert till.readings == [card_number(7)] * 2


def test_a_card_the_till_never_accepts_is_named(tmp_path: Path, till: Till, feeder: PtyFeeder) -> None:
    till.on_reading = lambda _: {"code": "unknown_card", "text": "not ours"}

    with pytest.raises(FailureError, match="card of customer 7 with unknown_card"):
        play(planned(tmp_path, "1,A,1,09:00,1,7"), url=till.url, token=TOKEN, feeder=feeder, patience=HASTY)


def test_a_card_that_no_reader_reads_is_named(tmp_path: Path, feeder: PtyFeeder) -> None:
    with Till() as till, pytest.raises(DeviceTimeoutError, match="no member event for the card of customer 7"):
        play(planned(tmp_path, "1,A,1,09:00,1,7"), url=till.url, token=TOKEN, feeder=feeder, patience=HASTY)


def test_an_agent_that_stays_away_is_waited_for_so_long_and_no_longer(tmp_path: Path, feeder: PtyFeeder) -> None:
    with Till() as gone:
        url = gone.url

    with pytest.raises(OutcomeUnknownError, match=r"invoice 1 has no answer after 0\.15 s"):
        play(planned(tmp_path, "1,A,1,09:00,1,"), url=url, token=TOKEN, feeder=feeder, patience=HASTY)


def test_a_refusal_of_the_agent_is_passed_on_with_its_hint(tmp_path: Path, till: Till, feeder: PtyFeeder) -> None:
    rows = list(planned(tmp_path, "1,A,2,09:00,2.55,7", "C2,A,-1,09:01,2.55,7"))

    with pytest.raises(RefusalError, match="invoice C2: the agent answers 404: no sale '1'") as refused:
        play(rows[1:], url=till.url, token=TOKEN, feeder=feeder)
    assert refused.value.hint == "check the number"


@pytest.mark.parametrize("customer", ["7", ""])
def test_a_token_the_agent_does_not_know_ends_the_replay(
    tmp_path: Path, till: Till, feeder: PtyFeeder, customer: str
) -> None:
    with pytest.raises(RefusalError, match="the agent answers 401"):
        play(planned(tmp_path, f"1,A,2,09:00,2.55,{customer}"), url=till.url, token="other", feeder=feeder)
