"""Goods of a sale that another till has: exact while headquarters answers, provisional and settled later if not."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from agent.counter import Counter, RefundAnswer, RefundAsk, SaleAsk
from agent.errors import InvalidError, NotAllowedError
from agent.journal.codes import SaleCode
from agent.journal.wire.asking import SaleTold
from agent.loyalty.sale import Line
from agent.slips.facts import SlipFacts, SlipReturns
from agent.sync.loop import SyncLoop
from hq.tables import flag
from tests.hq.headquarters import opened
from tests.sync.chain import PROGRAMME_OF_CHAIN, all_hear
from tests.sync.faults import Fault, bad_line
from tests.sync.halves import Till
from tests.sync.test_loop import Heard, running

MUG, CUP = Line("mug", 1000, 3000), Line("cup", 2000, 1000)


@contextmanager
def asking(*tills: Till) -> Iterator[None]:
    """Run the tills' sync loops; their counters may ask headquarters."""
    with ExitStack() as stack:
        for till in tills:
            till.hang_up()
            heard = Heard()
            loop = stack.enter_context(running(till, heard))
            heard.wait(lambda status: status["word"] == "good")
            till.counter = Counter(till.ledger, PROGRAMME_OF_CHAIN, recorded=loop.wake, elsewhere=loop)
        yield
    for till in tills:
        till.counter = Counter(till.ledger, PROGRAMME_OF_CHAIN, recorded=lambda: None)


def sold(till: Till) -> SlipReturns:
    """Sell a mug for 30.00 and two cups for 10.00 to card 1, and return the codes on its slip."""
    view = till.read_card(1)
    till.counter.sell(SaleAsk("S-1", (MUG, CUP), account=view.account, card=view.card), by="pos")
    with till.ledger.reading() as conn:
        kept = conn.execute("SELECT facts FROM slip ORDER BY id DESC LIMIT 1").fetchone()[0]
    returns = SlipFacts.from_json(orjson.loads(kept)).returns
    assert returns is not None
    return returns


def back(till: Till, code: str, *lines: Line, op: str = "B-1", card: int | None = None) -> RefundAnswer:
    account = None if card is None else till.read_card(card).account
    return till.counter.refund(RefundAsk(op, without_receipt=lines, account=account, slip=code), by="pos")


def flags(hq: Path, till: Till) -> dict[str, str]:
    with opened(hq) as database, database.read() as conn:
        rows = conn.execute(select(flag).where(flag.c.till == till.id))
        return {row.what: row.detail for row in rows}


@pytest.mark.parametrize("form", ["typed", "qr"])
def test_with_headquarters_a_refund_at_another_till_is_what_it_would_be_at_the_sales_own(
    tills: tuple[Till, ...], chain: tuple[Path, str], form: str
) -> None:
    one, two, _ = tills
    code = getattr(sold(one), form)
    all_hear(chain[0], one)
    before = two.ledger.identity.seq
    with asking(two):
        ask = RefundAsk("B-1", without_receipt=(replace(MUG, amount=1),), slip=code)
        preview = two.counter.preview_refund(ask)
        assert two.ledger.identity.seq == before
        answer = two.counter.refund(ask, by="pos")

    assert (preview.money, preview.provisional) == (answer.money, answer.provisional) == (3000, False)
    assert two.points(1) == 10
    entry = two.ledger.find("B-1")
    assert entry is not None
    (line,) = entry.entry.body["lines"]
    assert (line["sale"], line["till"], line["line"], line["amount"]) == ("S-1", one.id, 0, 3000)
    all_hear(chain[0], two, one)
    assert [one.points(1), two.points(1)] == [10, 10]
    assert flags(chain[0], two) == {}


def test_what_came_back_anywhere_is_refused_the_second_time(tills: tuple[Till, ...], chain: tuple[Path, str]) -> None:
    one, two, away = tills
    codes = sold(one)
    all_hear(chain[0], one)
    assert codes.qr is not None
    with asking(two, away):
        back(two, codes.typed, Line("cup", 1000, 500))
        with pytest.raises(InvalidError, match="1000 thousandths of 'cup': they are not left in sale 'S-1'") as caught:
            back(two, codes.typed, CUP, op="B-2")  # headquarters' books may not have the first yet
        assert "may have come back already" in caught.value.hint
    all_hear(chain[0], two)
    with asking(away):
        with pytest.raises(InvalidError, match="not left"):
            back(away, codes.qr, CUP)
        with pytest.raises(InvalidError, match="1000 thousandths of 'television'"):
            back(away, codes.qr, Line("television", 1000, 1))
        assert back(away, codes.qr, Line("cup", 1000, 1)).money == 500


def test_a_sale_of_the_same_op_at_this_till_is_another_sale(tills: tuple[Till, ...], chain: tuple[Path, str]) -> None:
    one, two, _ = tills
    code = sold(one).typed
    sold(two)
    all_hear(chain[0], one, two)
    with asking(two):
        back(two, code, MUG, CUP)

    two.refund("S-1")  # line 0 of this till's own
    all_hear(chain[0], two, one)

    assert one.points(1) == two.points(1) == 10
    assert flags(chain[0], two) == {}


def test_without_a_line_it_is_provisional_and_headquarters_makes_it_what_it_was(
    tills: tuple[Till, ...], chain: tuple[Path, str]
) -> None:
    one, two, _ = tills
    code = sold(one).typed

    answer = back(two, code, MUG, card=1)

    assert (answer.money, answer.provisional) == (3000, True)
    assert two.points(1) == -30
    all_hear(chain[0], two, one)
    all_hear(chain[0], one, two)
    assert [one.points(1), two.points(1)] == [10, 10]
    assert flags(chain[0], two) == {}


def test_a_line_refunded_at_two_tills_that_were_cut_off_is_flagged(
    tills: tuple[Till, ...], chain: tuple[Path, str]
) -> None:
    one, two, _ = tills
    code = sold(one).typed
    back(two, code, MUG, card=1)
    one.refund("S-1")

    all_hear(chain[0], two, one)
    all_hear(chain[0], one, two)

    assert "of 'mug' of line 0 had come back already" in flags(chain[0], two)["refund"]
    assert [one.points(1), two.points(1)] == [10, 10]


def test_a_slip_of_this_very_till_is_known_by_headquarters_answer(
    tills: tuple[Till, ...], chain: tuple[Path, str]
) -> None:
    one, _, _ = tills
    code = sold(one).typed
    all_hear(chain[0], one)

    with asking(one), pytest.raises(NotAllowedError, match="this slip is of this till"):
        back(one, code, MUG)


def test_a_sale_that_headquarters_does_not_have_is_taken_provisionally(
    tills: tuple[Till, ...], chain: tuple[Path, str]
) -> None:
    one, two, _ = tills
    code = sold(one).typed
    two.meet()

    with asking(two):
        assert back(two, code, MUG).provisional


def test_a_line_cut_during_the_question_leaves_it_provisional_within_two_seconds(
    tills: tuple[Till, ...], chain: tuple[Path, str]
) -> None:
    one, two, _ = tills
    code = sold(one).typed
    all_hear(chain[0], one)
    with bad_line(chain[1]) as (address, line):
        two.settings = replace(two.settings, hq=address)
        with asking(two):
            line.faults = [Fault.CUT_ANSWER]
            begun = time.monotonic()
            answer = back(two, code, MUG, card=1)

    assert answer.provisional
    assert time.monotonic() - begun < 2.5
    two.settings = replace(two.settings, hq=chain[1])
    all_hear(chain[0], two, one)
    all_hear(chain[0], two, one)
    assert [one.points(1), two.points(1)] == [10, 10]


def test_a_headquarters_that_says_nothing_is_waited_for_two_seconds_and_selling_goes_on(
    tills: tuple[Till, ...],
) -> None:
    one, two, _ = tills
    code = sold(one).typed
    with socket.create_server(("127.0.0.1", 0)) as silent:
        two.hang_up()
        two.settings = replace(two.settings, hq=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.1)
        with running(two, Heard(), retry_s=0.01, retry_max_s=0.01) as loop:
            seen: list[bool] = []

            class Watched:
                def sale(self, asked: SaleCode) -> SaleTold | None:
                    two.sell(1)  # no lock is held
                    told = loop.sale(asked)
                    seen.append(told is None)
                    return told

            two.counter = Counter(two.ledger, PROGRAMME_OF_CHAIN, recorded=loop.wake, elsewhere=Watched())
            begun = time.monotonic()
            assert back(two, code, MUG).provisional

    assert seen == [True]
    assert time.monotonic() - begun < 4


def test_a_repeated_refund_asks_nobody(tills: tuple[Till, ...]) -> None:
    one, two, _ = tills
    code = sold(one).typed
    first = back(two, code, MUG)

    class Nobody:
        def sale(self, code: SaleCode) -> SaleTold | None:
            raise AssertionError(code)

    two.counter = Counter(two.ledger, PROGRAMME_OF_CHAIN, recorded=lambda: None, elsewhere=Nobody())

    again = back(two, code, MUG)

    assert (again.entry, again.repeated) == (first.entry, True)


def test_a_loop_that_does_not_run_answers_at_once(till: Till) -> None:
    loop = SyncLoop(
        till.ledger, till.settings, heard_from_hq=lambda _: None, fed=lambda: None, on_change=lambda _: None
    )

    assert loop.sale(SaleCode("00000000", ())) is None
