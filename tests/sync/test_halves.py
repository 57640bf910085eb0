"""Two halves meet: real tills, a real headquarters, a real line on loopback."""

import time
from pathlib import Path

import pytest

from agent.counter import FindAsk, LinkAsk, RedeemAsk
from agent.errors import UnreachableError
from agent.journal.wire.place import Position
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.kept.profiles.finding import Found, by_phone
from agent.ledger.members import profile_of
from hq.books.totals import Takings, TillRow
from tests.hq.headquarters import serving, state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def booked(till: Till, hq: Path) -> TillRow:
    """Meet, and return what headquarters' books say of the till."""
    till.meet()
    assert wait_for_books(hq).balanced
    return till_rows(hq)[till.id]


def settle(hq: Path, *tills: Till) -> None:
    """Let every till send what it has, and then hear what came of it."""
    for _ in range(2):
        for till in tills:
            till.meet()
        wait_for_books(hq)
    for till in tills:
        till.meet()


def test_S1_what_the_till_recorded_is_what_headquarters_holds(till: Till, hq: Path) -> None:
    for pounds in (10, 20, 30):
        till.sell(pounds, card=1)
    till.refund(till.sell(7, card=2))
    till.sell(5)

    row = booked(till, hq)

    assert (row.seq, row.head) == (till.ledger.identity.seq, till.ledger.identity.head.hex())
    assert row.takings == (Takings("GBP", 5, 7200, 1, 700),)
    assert (row.waiting, row.quarantined, row.flags) == (0, 0, ())


def test_headquarters_may_be_away_and_come_back(tmp_path: Path, own_hq: Path) -> None:
    with serving(own_hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(own_hq)
        till.sell(1, card=1)
        till.meet()
    with Till(tmp_path, "1", address) as till:
        till.batch_entries = 7
        for pounds in range(20):
            till.sell(pounds + 1, card=pounds % 3)
        with pytest.raises(UnreachableError, match="no answer"):
            till.meet()
        till.sell(100, card=1)
        with serving(own_hq):
            row = booked(till, own_hq)

    assert row.head == till.ledger.identity.head.hex()
    assert row.takings == (Takings("GBP", 22, 31_100, 0, 0),)


def test_meeting_again_sends_nothing_twice(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    before = booked(till, hq)

    for _ in range(3):
        till.hang_up()
        after = booked(till, hq)

    assert (after.entries, after.takings) == (before.entries, before.takings)


def test_the_balance_is_the_same_before_and_after_headquarters_said_it(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    till.sell(20, card=1)
    assert till.points(1) == 30

    booked(till, hq)
    till.sell(3, card=1)
    till.meet()
    assert till.points(1) == 33
    settle(hq, till)

    assert till.points(1) == 33
    assert till.read_card(1).status == "regular"


def test_a_households_card_is_known_at_the_other_till_for_what_it_may_do(till: Till, second: Till, hq: Path) -> None:
    account = till.enrol_member(1, "Ada", "020 7946 0101")
    till.read_card(2)  # it began an account of its own, in which there is nothing
    ask = LinkAsk("L-1", account, "earn", till.number(2), name="Bob", phone="020 7946 0102")
    linked = till.counter.link(ask, by="pos")
    till.sell(40, card=2)

    settle(hq, till, second)

    assert second.points(2) == second.points(1) == till.points(1) == 40
    assert (second.read_card(2).spends, second.read_card(1).spends) == (False, True)
    assert till.read_card(2).card == second.read_card(2).card == linked.card
    (found,) = second.counter.find(FindAsk(phone="020 7946 0102"), by="checkout")
    assert (found.card, found.spends) == (linked.card, False)


def test_a_member_of_one_till_is_known_at_the_other(till: Till, second: Till, hq: Path) -> None:
    account = till.enrol_member(1, "Ada", "020 7946 0171")
    till.sell(40, card=1)

    settle(hq, till, second)

    assert by_phone(second.ledger, "+44 20 7946 0171") == [Found(account, None)]
    assert profile_of(second.ledger, account) == profile_of(till.ledger, account)
    assert second.points(1) == 40
    assert second.read_card(1).account == account


def test_the_same_card_opened_at_two_tills_is_one_member_in_the_end(till: Till, second: Till, hq: Path) -> None:
    till.sell(10, card=1)
    second.sell(100, card=1)
    accounts = {one.read_card(1).account for one in (till, second)}
    assert len(accounts) == 2

    settle(hq, till, second)
    assert [one.points(1) for one in (till, second)] == [110, 110]
    assert {one.read_card(1).account for one in (till, second)} == {min(accounts)}
    till.sell(1, card=1)
    settle(hq, till, second)

    assert [one.points(1) for one in (till, second)] == [111, 111]


def test_a_refund_after_accounts_were_joined_takes_from_the_right_lot(till: Till, second: Till, hq: Path) -> None:
    sales = [till.sell(10, card=1), second.sell(100, card=1)]
    settle(hq, till, second)

    till.refund(sales[0])
    second.refund(sales[1])
    assert [till.points(1), second.points(1)] == [100, 10]
    settle(hq, till, second)

    assert [till.points(1), second.points(1)] == [0, 0]


def test_S7_an_entry_that_headquarters_cannot_interpret_stops_nothing(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    till.append("odd", "sale", {"account": None, "redemptions": []})
    till.sell(20, card=1)

    row = booked(till, hq)
    till.meet()

    assert (row.quarantined, row.takings[0].sales, row.waiting) == (1, 2, 0)
    assert till.points(1) == 30


def test_a_kind_that_headquarters_does_not_know_is_booked(till: Till, hq: Path) -> None:
    till.append("future", "hologram", {"what": "ever"})

    assert booked(till, hq).quarantined == 0


@pytest.mark.databases("sqlite")
def test_no_number_and_no_name_reaches_headquarters_in_the_open(till: Till, hq: Path) -> None:
    till.enrol_member(1, "Zebediah", "020 7946 0002")
    till.sell(10, card=2)

    booked(till, hq)

    typed = [b"Zebediah", b"020 7946 0002", till.number(1).encode(), till.number(2).encode()]
    held = b"".join(path.read_bytes() for path in hq.glob("hq.sqlite*"))
    assert not [text for text in typed if text in held]


def test_the_programme_of_headquarters_is_in_force_after_the_first_meeting(till: Till) -> None:
    with till.ledger.write() as conn:
        conn.execute("DELETE FROM state WHERE key = ?", (programmes.CURRENT,))
    assert programmes.current(till.ledger) is None

    met = till.meet()

    assert met.fed
    current = programmes.current(till.ledger)
    assert current is not None
    assert current.name == "Corner Shop Club"


def test_headquarters_time_is_heard(till: Till) -> None:
    met = till.meet()

    assert met.hq_ms is not None
    assert abs(met.hq_ms - till.clock.read().wall_ms) < 60_000


class DeadBattery:
    """The clocks of a PC that shows a wrong year when it is switched on; the boot clock is right about what goes by."""

    def __init__(self, shows_ms: int) -> None:
        self.shows_ms, self.gone_ms = shows_ms, 0

    def clock(self) -> TillClock:
        return TillClock(
            "UTC",
            alone=False,
            wall_ns=lambda: (self.shows_ms + self.gone_ms) * 1_000_000,
            mono_ns=lambda: self.gone_ms * 1_000_000,
            boot="another",
        )


@pytest.mark.parametrize("shows_ms", [315_532_800_000, 2_082_758_400_000], ids=["1980", "2036"])
def test_S12_after_400_days_without_a_line_and_with_a_dead_battery_a_till_syncs_by_itself(
    tmp_path: Path, own_hq: Path, shows_ms: int
) -> None:
    with serving(own_hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(own_hq)
        till.sell(10, card=1)
        till.meet()
    pc = DeadBattery(shows_ms)
    with Till(tmp_path, "1", address, clock=pc.clock()) as till:
        for _ in range(40):
            pc.gone_ms += 10 * 24 * 3_600_000
            till.sell(1, card=1)
        with serving(own_hq):
            met = till.meet()
            books = wait_for_books(own_hq)
            till.meet()

        assert met.hq_ms is not None
        assert not till.clock.is_confirmed()
        till.clock.heard_from_hq(met.hq_ms)
        assert abs(till.clock.now().timestamp() - time.time()) < 60
        row = till_rows(own_hq)[till.id]
        assert (row.head, row.flags, row.quarantined) == (till.ledger.identity.head.hex(), (), 0)
        assert books.balanced
        assert till.points(1) == 50


def test_an_epoch_after_the_first_is_sent_after_it(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    before = till.ledger.identity
    till.ledger.begin_epoch()
    till.sell(20, card=1)

    row = booked(till, hq)
    till.meet()

    assert till.points(1) == 30
    assert till.meeting is not None
    assert till.meeting.held == Position(till.ledger.identity.epoch, 2, till.ledger.identity.head)
    assert row.entries == before.seq + 2


def test_the_halves_say_the_same_of_every_lot(till: Till, hq: Path) -> None:
    for pounds in range(1, 30):
        sale = till.sell(pounds, card=pounds % 4)
        if pounds % 5 == 0:
            till.refund(sale)
    with till.ledger.reading() as conn:
        own = conn.execute("SELECT account, unit, lot, expires, amount FROM lot").fetchall()

    booked(till, hq)

    accounts = {lot[0] for lot in own}
    said = [lot for lot in state_of_books(hq)["lots"] if lot[0] in accounts and lot[-1]]
    assert said == sorted(own, key=repr)


def test_a_redemption_travels_like_any_entry(till: Till, hq: Path) -> None:
    till.enrol_member(1, "Grace", "020 7946 0003")
    till.sell(600, card=1)
    member = till.read_card(1)
    account = member.account
    till.counter.redeem(RedeemAsk("r1", account, "points-as-money", member.card, units=500), by="pos")
    before = till.points(1)

    settle(hq, till)

    assert till.points(1) == before == 100
    lots = [lot[-1] for lot in state_of_books(hq)["lots"] if lot[0] == account and lot[1] == "points"]
    assert lots == [100]
