"""Days with clocks that jump: what members hold is what they would hold had the clock been right."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.counter import RefundLine
from agent.journal import chain
from agent.journal.entry import decode_entry
from agent.ledger import audit
from agent.ledger.ledger import Ledger
from agent.loyalty.programme import Programme
from tests.counter.shops import Shop, line
from tests.ledger.clock.times import DAY_MS, HOUR_MS, NEW_YEAR_MS, YEAR_MS, Times
from tests.ledger.tills import TILL, derived
from tests.loyalty.shops import COFFEE, MONEY, POINTS, programme

CARDS = ("925000000001", "925000000002")
JUMPS = (0, 1000, -HOUR_MS, HOUR_MS, 10 * YEAR_MS, -10 * YEAR_MS, -NEW_YEAR_MS, -90 * YEAR_MS, 300 * YEAR_MS)
DONE = ("sale", "coffee", "redeem", "refund", "reboot")
UNITS = 5
OF_THE_CLOCK = ("clock_changed",)

Step = tuple[str, int, int]  # what is done, by which member, how the clock jumps before it

steps = st.lists(
    st.tuples(
        st.sampled_from(["sale", "coffee", "redeem", "refund", "reboot"]), st.integers(0, 1), st.sampled_from(JUMPS)
    ),
    min_size=1,
    max_size=12,
)


def shop_programme() -> Programme:
    return programme(POINTS, COFFEE, MONEY)


class Till:
    """A till whose agent is begun anew at every boot."""

    def __init__(self, folder: Path, *, alone: bool, jumping: bool) -> None:
        self.path = folder / "ledger.db"
        self.times = Times()
        self.alone, self.jumping = alone, jumping
        self.boots = 0
        self.sold: list[str] = []
        self.back: set[str] = set()

    def open(self) -> Ledger:
        clock = self.times.clock(alone=self.alone, zone="Europe/Bucharest", boot=f"boot {self.boots}")
        return Ledger.open(self.path, till=TILL, clock=clock)

    def run(self, day: list[Step]) -> None:
        ledger = self.open()
        try:
            for card in CARDS:
                Shop(ledger, shop_programme()).member(card)
            for number, (what, member, jump_ms) in enumerate(day):
                self.times.pass_ms(60_000)
                self.times.wall_ms += jump_ms if self.jumping else 0
                if what == "reboot":
                    ledger.close()
                    self.boots, self.times.mono_ms = self.boots + 1, 20
                    ledger = self.open()
                else:
                    self._do(Shop(ledger, shop_programme()), what, f"op-{number}", CARDS[member])
        finally:
            ledger.close()

    def _do(self, shop: Shop, what: str, op: str, card: str) -> None:
        account = shop.identify(card).account
        if what in {"sale", "coffee"}:
            shop.sell(op, line(900, "coffee" if what == "coffee" else None), account=account)
            self.sold.append(op)
        elif what == "redeem":
            if shop.balances(account)["points"] >= UNITS:
                shop.redeem(op, account, units=UNITS)
        else:
            last = next((sold for sold in reversed(self.sold) if sold not in self.back), None)
            if last is not None:
                self.back.add(last)
                shop.refund(op, RefundLine(last, 0, 1000))

    def held(self) -> list[tuple[str, dict[str, int]]]:
        """What each card's member holds, once everything derived was folded anew; the chain verifies."""
        with closing(self.open()) as ledger:
            before = derived(ledger)
            audit.verify(ledger)
            audit.rebuild(ledger)
            assert derived(ledger) == before
            shop = Shop(ledger, shop_programme())
            return [(card, shop.balances(shop.identify(card).account)) for card in CARDS]

    def entries(self) -> list[str]:
        """The kinds of the entries, in order, their numbers and their days checked."""
        with closing(self.open()) as ledger, ledger.reading() as conn:
            rows = conn.execute("SELECT hash, bytes FROM entry ORDER BY n").fetchall()
            identity = ledger.identity
        assert chain.verify(rows, till=TILL, epoch=identity.epoch) == (len(rows), identity.head)
        read = [decode_entry(data) for _, data in rows]
        assert len({entry.id for entry in read}) == len(read)
        assert all(len(entry.day) == len("2027-01-01") for entry in read)
        return [entry.kind for entry in read]


def check(day: list[Step], *, alone: bool) -> None:
    with tempfile.TemporaryDirectory() as right, tempfile.TemporaryDirectory() as wrong:
        still, jumping = Till(Path(right), alone=alone, jumping=False), Till(Path(wrong), alone=alone, jumping=True)
        still.run(day)
        jumping.run(day)
        kinds = [kind for kind in jumping.entries() if kind not in OF_THE_CLOCK]

        assert kinds == still.entries()
        assert jumping.held() == still.held()


@pytest.mark.parametrize("alone", [True, False])
def test_l9_a_day_of_jumping_clocks_folds_to_what_a_right_clock_gives(*, alone: bool) -> None:
    done = (*DONE, "redeem", "sale", "refund", "sale")
    jumps = (*JUMPS[2:], *JUMPS[2:])
    check([(what, number % 2, jump) for number, (what, jump) in enumerate(zip(done, jumps, strict=False))], alone=alone)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(day=steps, alone=st.booleans())
def test_l9_any_day_of_jumping_clocks_folds_to_what_a_right_clock_gives(day: list[Step], *, alone: bool) -> None:
    check(day, alone=alone)


def test_l9_a_jump_is_recorded_and_a_right_clock_says_nothing(tmp_path: Path) -> None:
    day = [("sale", 0, 0), ("sale", 0, -HOUR_MS), ("sale", 0, -HOUR_MS), ("sale", 0, DAY_MS)]
    till = Till(tmp_path, alone=True, jumping=True)
    till.run(day)

    assert till.entries().count("clock_changed") == 3
