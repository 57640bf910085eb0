"""Spending one member's units at two tills: under `online` never more than there is, with a line or without one."""

import random
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.counter import Counter, RedeemAsk
from agent.errors import InsufficientError, NotAllowedError, RefusalError, UnreachableError
from agent.journal.entry import encode
from agent.journal.wire.asking import PROMISE_ENTRIES, SpendAsked, SpendTold
from agent.journal.wire.form import read
from agent.loyalty.programme import Programme, load
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.line import Ask
from agent.sync.meeting import Meeting, Met
from agent.sync.settings import When
from hq.tables import lot, promise
from tests.hq.headquarters import PROGRAMME, opened, serving, wait_for_books
from tests.sync.chain import PROGRAMME_OF_CHAIN, all_hear
from tests.sync.faults import Fault, bad_line
from tests.sync.halves import Till
from tests.sync.test_loop import Heard, running

OPEN = load(PROGRAMME.read_bytes().replace(b'label = "points"\n', b'label = "points"\nspend = "open"\n', 1))


@pytest.fixture
def pair(tills: tuple[Till, Till, Till], chain: tuple[Path, str]) -> tuple[Till, Till]:
    """Two tills that know a member with 1000 points, who has card 1."""
    one, two, _ = tills
    one.enrol_member(1, "Ada", f"020 {one.series:04} 0001")
    one.sell(1000, card=1)
    all_hear(chain[0], one, two)
    return one, two


@contextmanager
def asking(*tills: Till, programme: Programme = PROGRAMME_OF_CHAIN, **settings: float | When) -> Iterator[None]:
    """Run the tills' sync loops; their counters may ask headquarters."""
    with ExitStack() as stack:
        for till in tills:
            till.hang_up()
            heard = Heard()
            loop = stack.enter_context(running(till, heard, **settings))
            if not settings:
                heard.wait(lambda status: status["word"] == "good")
            till.counter = Counter(till.ledger, programme, recorded=loop.wake, promises=loop)
        yield


@dataclass
class Direct:
    """Asks headquarters over the till's own line, in the test's own thread; with `cut` there is no line."""

    till: Till
    cut: bool = False
    by_stick: bool = False

    def spend(self, asked: SpendAsked) -> SpendTold | None:
        if self.cut:
            return None
        told = read(self.till.line().ask(Ask("spend", encode(asked.to_map()))).body, SpendTold.from_map)
        self.till.meet()
        return told


def direct(till: Till) -> Direct:
    asks = Direct(till)
    till.counter = Counter(till.ledger, PROGRAMME_OF_CHAIN, recorded=lambda: None, promises=asks)
    return asks


def redeem(till: Till, units: int, op: str) -> str | None:
    """Redeem points as money and return what the redemption rests on."""
    member = till.read_card(1)
    ask = RedeemAsk(op, member.account, "points-as-money", member.card, units=units)
    return till.counter.redeem(ask, by="pos").ground


def _asked(till: Till, op: str, units: int) -> SpendAsked:
    """Return the question for a redemption, as the counter puts it."""
    at = till.ledger.identity
    return SpendAsked(op, till.read_card(1).account, "points", units, at.epoch, at.seq, None)


def lots_at(hq: Path, till: Till) -> Mapping[str, int]:
    """Return the member's lots of points in the books."""
    account = till.read_card(1).account
    with opened(hq) as database, database.read() as conn:
        rows = conn.execute(select(lot).where(lot.c.account == account, lot.c.unit == "points"))
        return {row.lot: row.amount for row in rows}


def promises_at(hq: Path, till: Till) -> int:
    account = till.read_card(1).account
    with opened(hq) as database, database.read() as conn:
        return sum(row.amount for row in conn.execute(select(promise).where(promise.c.account == account)))


def test_two_tills_that_ask_at_the_same_moment_spend_what_there_is_once(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    done: list[int] = []

    def spend(till: Till, at: threading.Barrier, units: int, op: str) -> None:
        at.wait()
        try:
            assert redeem(till, units, op) == "promise"
        except RefusalError:
            return
        done.append(units)

    with asking(*pair):
        for turn in range(12):
            barrier = threading.Barrier(2)
            threads = [threading.Thread(target=spend, args=(till, barrier, 150, f"R-{turn}")) for till in pair]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    all_hear(chain[0], *pair)

    left = lots_at(chain[0], pair[0])
    assert sum(done) + sum(left.values()) == 1000
    assert sum(done) == 900
    assert min(left.values()) >= 0


def test_what_is_left_beside_a_promise_is_for_the_other(pair: tuple[Till, Till], chain: tuple[Path, str]) -> None:
    one, two = pair
    direct(two)
    told = direct(one).spend(_asked(one, "R-1", 700))
    assert told is not None
    assert sum(told.lots.values()) == 700

    with pytest.raises(NotAllowedError, match="leaves 300 of 'points' to this till, not 400") as caught:
        redeem(two, 400, "R-1")
    assert "spent here now: 300" in caught.value.hint
    assert redeem(two, 300, "R-2") == "promise"


def test_asked_again_for_the_same_redemption_it_promises_the_same(pair: tuple[Till, Till]) -> None:
    one, _ = pair
    asks, asked = direct(one), _asked(one, "R-1", 700)

    first = asks.spend(asked)

    assert asks.spend(asked) == first
    assert redeem(one, 700, "R-1") == "promise"


def test_a_promise_is_free_again_when_the_till_went_past_it_used_or_not(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    one, two = pair
    direct(two)
    direct(one).spend(_asked(one, "R-1", 900))
    for _ in range(PROMISE_ENTRIES - 1):
        one.sell(1)
    all_hear(chain[0], one)
    with pytest.raises(NotAllowedError, match="leaves 100"):
        redeem(two, 900, "R-1")

    one.sell(1)
    all_hear(chain[0], one)

    assert redeem(two, 900, "R-1") == "promise"
    all_hear(chain[0], two)
    with pytest.raises(InsufficientError):
        redeem(two, 900, "R-2")
    assert redeem(two, 100, "R-3") == "promise"
    assert promises_at(chain[0], two) == 100  # those before are dropped


def test_an_answer_that_came_long_ago_does_not_count(pair: tuple[Till, Till]) -> None:
    one, _ = pair

    class Slow(Direct):
        def spend(self, asked: SpendAsked) -> SpendTold | None:
            told = super().spend(asked)
            for _ in range(PROMISE_ENTRIES - 1):
                one.sell(1)  # no lock is held
            return told

    one.counter = Counter(one.ledger, PROGRAMME_OF_CHAIN, recorded=lambda: None, promises=Slow(one))
    with pytest.raises(NotAllowedError, match="no line"):
        redeem(one, 100, "R-1")


def test_without_a_line_only_what_headquarters_has_not_seen_is_spent(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    one, two = pair
    direct(one).cut = True
    one.sell(120, card=1)

    with pytest.raises(NotAllowedError, match="no line: 120 of 'points' can be spent") as caught:
        redeem(one, 121, "R-1")
    assert caught.value.hint == "no line: only points earned here since the last contact can be spent: 120"
    assert redeem(one, 120, "R-2") == "own"
    with pytest.raises(NotAllowedError, match="no line: 0"):
        redeem(one, 100, "R-3")

    recorded = one.ledger.find("R-2")
    assert recorded is not None
    assert recorded.entry.body["spend"] == {"ground": "own", "policy": "online"}
    all_hear(chain[0], one, two)
    assert one.points(1) == two.points(1) == 1000


def test_what_left_and_was_never_acknowledged_is_not_this_tills_alone(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    one, _ = pair
    with bad_line(chain[1]) as (address, line):
        one.hang_up()
        one.settings = replace(one.settings, hq=address)
        one.meet()
        one.sell(120, card=1)
        line.faults = [Fault.LOSE_ANSWER]
        with pytest.raises(UnreachableError):
            one.meet()
    one.sell(30, card=1)
    direct(one).cut = True

    with pytest.raises(NotAllowedError, match="no line: 30 of 'points'"):
        redeem(one, 100, "R-1")


def test_a_lot_that_its_till_may_have_spent_is_promised_when_the_rest_has_come(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    one, two = pair
    direct(one).cut = True
    one.sell(500, card=1)
    assert redeem(one, 500, "R-1") == "own"
    one.batch_entries = 1
    one.hang_up()
    some_steps(one, 2)  # the sale has come, the redemption has not
    wait_for_books(chain[0])
    two.meet()
    direct(two)

    assert two.points(1) == 1500
    with pytest.raises(NotAllowedError, match="leaves 1000 of 'points' to this till, not 1500"):
        redeem(two, 1500, "R-1")
    all_hear(chain[0], one)
    assert redeem(two, 1000, "R-2") == "promise"


def some_steps(till: Till, requests: int) -> None:
    """Hold a meeting of so many requests and no more, as if the line were cut then."""
    keys = load_keys(till.folder)
    meeting = Meeting(till.ledger, require_pinned(till.ledger), keys.profile, batch_entries=till.batch_entries)
    steps = meeting.steps(Met())
    try:
        ask = next(steps)
        for _ in range(requests - 1):
            ask = steps.send(till.line().ask(ask))
        till.line().ask(ask)
    except StopIteration:
        pass


@pytest.mark.databases("sqlite", "postgresql")
def test_headquarters_keeps_its_promise_over_a_restart(own_hq: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        with serving(own_hq) as address:
            one, two = (stack.enter_context(Till(tmp_path, name, address)).enrol(own_hq) for name in ("1", "2"))
            one.enrol_member(1, "Ada", "020 0001")
            one.sell(1000, card=1)
            all_hear(own_hq, one, two)
            told = direct(one).spend(_asked(one, "R-1", 900))
        one.hang_up()
        two.hang_up()
        with serving(own_hq):
            direct(two)
            with pytest.raises(NotAllowedError, match="leaves 100 of 'points'"):
                redeem(two, 200, "R-1")
            assert direct(one).spend(_asked(one, "R-1", 900)) == told
            assert redeem(one, 900, "R-1") == "promise"
            all_hear(own_hq, one, two)
            assert (one.points(1), two.points(1)) == (100, 100)


def test_a_till_that_sends_by_stick_spends_nothing_under_online(pair: tuple[Till, Till]) -> None:
    one, _ = pair
    one.sell(120, card=1)
    with asking(one, when=When.STICK), pytest.raises(NotAllowedError, match="no line: 0"):
        redeem(one, 100, "R-1")


def test_under_open_the_last_known_balance_is_spent_and_a_debt_blocks_the_next(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    one, two = pair
    for till in pair:
        till.counter = Counter(till.ledger, OPEN, recorded=lambda: None, promises=Direct(till, cut=True))
        assert redeem(till, 800, "R-1") == "balance"
    all_hear(chain[0], one, two)

    assert one.points(1) == two.points(1) == -600
    one.sell(500, card=1)
    with pytest.raises(InsufficientError):
        redeem(one, 100, "R-2")


def test_a_line_cut_in_the_question_leaves_what_is_its_own_within_two_seconds(
    pair: tuple[Till, Till], chain: tuple[Path, str]
) -> None:
    one, _ = pair
    with bad_line(chain[1]) as (address, line):
        one.settings = replace(one.settings, hq=address)
        with asking(one):
            line.faults = [Fault.CUT_ANSWER]
            begun = time.monotonic()
            with pytest.raises(NotAllowedError, match="no line: 0"):
                redeem(one, 100, "R-1")
            assert time.monotonic() - begun < 2.5
            assert redeem(one, 100, "R-1") == "promise"  # asked again, the line is good


def test_a_headquarters_that_says_nothing_is_waited_for_two_seconds(pair: tuple[Till, Till]) -> None:
    one, _ = pair
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one.settings = replace(one.settings, hq=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.1)
        with asking(one, retry_s=0.01, retry_max_s=0.01):
            begun = time.monotonic()
            with pytest.raises(NotAllowedError, match="no line: 0"):
                redeem(one, 100, "R-1")
            assert time.monotonic() - begun < 4


def test_in_whatever_order_nothing_is_spent_twice(pair: tuple[Till, Till], chain: tuple[Path, str]) -> None:
    spent = _interleave(pair, seed=1, steps=60)
    all_hear(chain[0], *pair)
    assert spent
    assert min(lots_at(chain[0], pair[0]).values()) >= 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_in_many_orders_nothing_is_spent_twice(pair: tuple[Till, Till], chain: tuple[Path, str], seed: int) -> None:
    _interleave(pair, seed=seed, steps=150)
    all_hear(chain[0], *pair)
    all_hear(chain[0], *pair)
    assert min(lots_at(chain[0], pair[0]).values()) >= 0, f"seed {seed}"


def _interleave(pair: tuple[Till, Till], *, seed: int, steps: int) -> int:
    """Sell, redeem, meet in part, lose the line and get it back, in a seeded order; returns how much was spent."""
    dice = random.Random(seed)
    asks = [direct(till) for till in pair]
    spent = 0
    for step in range(steps):
        at = dice.randrange(2)
        till = pair[at]
        till.batch_entries = dice.choice((1, 2, 500))
        match dice.randrange(6):
            case 0:
                till.sell(dice.randrange(1, 200), card=1)
            case 1 | 2:
                units = dice.choice((50, 200, 700))
                try:
                    redeem(till, units, f"R-{step}")
                    spent += units
                except RefusalError:
                    pass
            case 3:
                asks[at].cut = not asks[at].cut
            case _ if not asks[at].cut:
                till.hang_up()
                some_steps(till, dice.randrange(1, 6))
            case _:
                pass
    for one in asks:
        one.cut = False
    return spent
