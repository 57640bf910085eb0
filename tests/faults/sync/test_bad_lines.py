"""Whatever the network does: after a quiet meeting both halves are equal, nothing is doubled, and the word is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import SyncError
from agent.sync.loop import Word
from tests.faults.sync.proxy import GATEWAY, PORTAL, Fault, Proxy
from tests.hq.headquarters import state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till
from tests.sync.test_loop import Heard, running

FAILING = {
    "the request is cut in its head": Fault(request_cut=20),
    "the request is cut in its body": Fault(request_cut=-5),
    "the answer is cut in its head": Fault(answer_cut=20),
    "the answer is cut in its body": Fault(answer_cut=-5),
    "the answer never begins": Fault(answer_cut=0),
    "a bit of the request's body": Fault(request_flip=-5),
    "a bit of the answer's body": Fault(answer_flip=-5),
    "a portal": Fault(instead=PORTAL),
    "502 before": Fault(instead=GATEWAY),
    "502 after headquarters acted": Fault(after=GATEWAY),
    "half open": Fault(half_open=True),
    "slower than the till waits": Fault(delay_s=0.8),
}
GOOD = {
    "slow": Fault(delay_s=0.1),
    "the request comes twice": Fault(twice=True),
    "packets of a byte": Fault(single_bytes=True),
    "the end of an answer": Fault(),
}
PLACES = (0, 1, 15, 16, 17, 60, 200, 400)  # of a message, from its beginning and from its end


def agree(till: Till, hq: Path, *, money: int) -> None:
    """Meet once more, in quiet, and check that both halves say the same and nothing counts twice."""
    till.meet()
    wait_for_books(hq)
    till.meet()
    own, row = till.ledger.identity, till_rows(hq)[till.id]
    assert (row.seq, row.head) == (own.seq, own.head.hex())
    assert (row.waiting, row.quarantined, row.flags) == (0, 0, ())
    assert row.takings[0].sales_money == money
    with till.ledger.reading() as conn:
        lots = conn.execute("SELECT account, unit, lot, expires, amount FROM lot").fetchall()
    accounts = {lot[0] for lot in lots}
    assert [lot for lot in state_of_books(hq)["lots"] if lot[0] in accounts] == sorted(lots, key=repr)


@pytest.mark.parametrize("fault", FAILING.values(), ids=FAILING)
def test_a_fault_of_the_line_fails_the_meeting_and_the_next_one_makes_it_good(
    till: Till, hq: Path, line: Proxy, fault: Fault, capfd: pytest.CaptureFixture[str]
) -> None:
    for pounds in (10, 20, 30):
        till.sell(pounds, card=1)
    if fault.half_open or fault.delay_s:
        till.settings = replace(till.settings, timeout_s=fault.delay_s / 2 or 0.3)
    heard = Heard()
    line.faults = [Fault(), Fault(), fault]  # after the last request once more, and where headquarters stands
    with running(till, heard, retry_s=0.01, retry_max_s=0.01):
        failed = heard.wait(lambda status: status["word"] == Word.FAILING)
        good = heard.wait(lambda status: status["word"] == Word.GOOD)

    assert failed["error"]
    assert "Traceback" not in capfd.readouterr().err  # of headquarters' server
    assert (good["error"], good["waiting"]) == (None, 0)
    agree(till, hq, money=60_00)


@pytest.mark.parametrize("fault", GOOD.values(), ids=GOOD)
def test_what_only_looks_like_a_fault_fails_nothing(till: Till, hq: Path, line: Proxy, fault: Fault) -> None:
    for pounds in (10, 20, 30):
        till.sell(pounds, card=1)
    heard = Heard()
    line.faults = [fault, fault, fault]
    with running(till, heard):
        heard.wait(lambda status: status["word"] == Word.GOOD)

    assert {status["word"] for status in heard.statuses} == {Word.GOOD}
    agree(till, hq, money=60_00)


def test_every_fault_one_after_the_other_on_every_request(till: Till, hq: Path, line: Proxy) -> None:
    quick = [fault for fault in (*FAILING.values(), *GOOD.values()) if not fault.half_open and not fault.delay_s]
    line.faults = list(quick)
    for number, _ in enumerate(quick, 1):
        till.sell(1, card=number % 3)
        try_to_meet(till)

    assert not line.faults
    agree(till, hq, money=len(quick) * 100)


def try_to_meet(till: Till) -> bool:
    """Meet, and say whether that was good."""
    try:
        till.meet()
    except SyncError:
        return False
    return True


def cut_at(till: Till, line: Proxy, fault: Fault) -> None:
    """Send a batch of one sale over a line with this fault; the meeting fails."""
    till.sell(1, card=1)
    line.faults = [fault]
    assert not try_to_meet(till), fault
    assert not line.faults


def lengths(till: Till, line: Proxy) -> tuple[int, int]:
    """Send a batch of one sale and return how long its request and its answer are."""
    till.sell(1, card=1)
    asked = line.exchanges
    till.meet()
    while line.exchanges > asked + 1:  # news were taken, too
        till.sell(1, card=1)
        asked = line.exchanges
        till.meet()
    request, answer = line.last
    assert b"/entries?" in request
    return len(request), len(answer)


def cuts(request: int, answer: int, places: Iterator[int] | tuple[int, ...]) -> Iterator[Fault]:
    """Yield a cut at each place of the request and of the answer, counted from the beginning and from the end."""
    for place in places:
        yield Fault(request_cut=place)
        yield Fault(request_cut=request - 1 - place)
        yield Fault(answer_cut=place)
        yield Fault(answer_cut=answer - 1 - place)


def test_sending_goes_on_after_a_cut_at_some_bytes(till: Till, hq: Path, line: Proxy) -> None:
    sold = 0
    for fault in cuts(*lengths(till, line), PLACES):
        cut_at(till, line, fault)
        assert try_to_meet(till)
        sold += 1

    money = till_rows(hq)[till.id].takings[0].sales_money
    assert money >= sold * 100
    agree(till, hq, money=money)


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_sending_goes_on_after_a_cut_at_any_byte(till: Till, hq: Path, line: Proxy) -> None:
    till.settings = replace(till.settings, timeout_s=60.0)  # a busy machine is none of the faults
    till.hang_up()
    request, answer = lengths(till, line)
    every = [Fault(request_cut=at) for at in range(request)] + [Fault(answer_cut=at) for at in range(answer)]
    for fault in every:
        cut_at(till, line, fault)
        assert try_to_meet(till)

    sales = till_rows(hq)[till.id].takings[0].sales
    assert sales >= len(every)
    agree(till, hq, money=sales * 100)
