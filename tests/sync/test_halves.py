"""Two halves meet: real tills, a real headquarters, a real line on loopback."""

from pathlib import Path

import pytest

from agent.counter import RedeemAsk
from agent.errors import UnreachableError
from agent.journal.wire import Position
from agent.ledger import programmes
from agent.ledger.members import accounts_by_phone, profile_of
from tests.hq.headquarters import serving, state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till, card_number


def test_what_the_till_recorded_is_what_headquarters_holds(till: Till, hq: Path) -> None:
    for pounds in (10, 20, 30):
        till.sell(pounds, card=1)
    till.refund(till.sell(7, card=2))
    till.sell(5)

    till.meet()

    books = wait_for_books(hq)
    (row,) = till_rows(hq).values()
    assert (row.seq, row.head) == (till.ledger.identity.seq, till.ledger.identity.head.hex())
    assert books.takings == row.takings
    assert [(one.sales, one.sales_money, one.refunds, one.returns_money) for one in books.takings] == [
        (5, 7200, 1, 700)
    ]
    assert books.balanced
    assert books.quarantined == 0


def test_a_till_that_was_alone_for_a_while_sends_it_all(tmp_path: Path, hq: Path) -> None:
    with serving(hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(hq)
        till.sell(1, card=1)
        till.meet()
    with Till(tmp_path, "1", address) as till:
        till.batch_entries = 7
        for pounds in range(20):
            till.sell(pounds + 1, card=pounds % 3)
        with pytest.raises(UnreachableError, match="no answer"):
            till.meet()
        with serving(hq):
            till.meet()

            assert wait_for_books(hq).takings[0].sales == 21
            assert till_rows(hq)["corner/1"].head == till.ledger.identity.head.hex()


def test_headquarters_may_stop_in_the_middle(tmp_path: Path, hq: Path) -> None:
    with serving(hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(hq)
        till.batch_entries = 5
        for pounds in range(12):
            till.sell(pounds + 1, card=1)
        assert till.meeting is None
        till.meet()
        held = till.ledger.identity.seq
    with Till(tmp_path, "1", address) as till:
        till.batch_entries = 5
        for pounds in range(12):
            till.sell(pounds + 1, card=1)
        with pytest.raises(UnreachableError):
            till.meet()
        assert till.meeting is not None
        till.sell(100, card=1)
        with serving(hq):
            till.meet()
            books = wait_for_books(hq)

    assert books.entries == till_rows(hq)["corner/1"].seq == held + 13
    assert books.takings[0].sales_money == (78 + 78 + 100) * 100


def test_meeting_again_sends_nothing_twice(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    till.meet()
    before = till_rows(hq)["corner/1"].entries

    for _ in range(3):
        till.hang_up()
        till.meet()

    assert till_rows(hq)["corner/1"].entries == before
    assert wait_for_books(hq).takings[0].sales == 1


def test_the_balance_is_the_same_before_and_after_headquarters_said_it(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    till.sell(20, card=1)
    assert till.points(1) == 30

    till.meet()
    wait_for_books(hq)
    till.sell(3, card=1)
    till.meet()
    assert till.points(1) == 33
    wait_for_books(hq)
    till.meet()

    assert till.points(1) == 33
    assert till.read_card(1).status == "regular"


@pytest.fixture
def pair(tmp_path: Path, hq: Path, till: Till, address: str) -> tuple[Till, Till]:
    """Two tills of the shop; the second one is closed by the test that takes it."""
    return till, Till(tmp_path, "2", address).enrol(hq)


def test_a_member_of_one_till_is_known_at_the_other(pair: tuple[Till, Till], hq: Path) -> None:
    first, second = pair
    with second:
        account = first.enrol_member(1, "Ada", "020 7946 0001")
        first.sell(40, card=1)
        first.meet()
        wait_for_books(hq)

        second.meet()

        assert accounts_by_phone(second.ledger, "+44 20 7946 0001") == [account]
        assert profile_of(second.ledger, account) == profile_of(first.ledger, account)
        assert second.points(1) == 40
        assert second.read_card(1).account == account


def test_the_same_card_opened_at_two_tills_is_one_member_in_the_end(pair: tuple[Till, Till], hq: Path) -> None:
    first, second = pair
    with second:
        first.sell(10, card=1)
        second.sell(100, card=1)
        accounts = {till.read_card(1).account for till in pair}
        assert len(accounts) == 2
        for till in pair * 2:
            till.meet()
            wait_for_books(hq)
        first.meet()

        assert [till.points(1) for till in pair] == [110, 110]
        assert {till.read_card(1).account for till in pair} == {min(accounts)}
        first.sell(1, card=1)
        for till in pair:
            till.meet()
            wait_for_books(hq)
        assert [till.points(1) for till in pair] == [111, 111]


def test_a_refund_after_accounts_were_joined_takes_from_the_right_lot(pair: tuple[Till, Till], hq: Path) -> None:
    first, second = pair
    with second:
        sales = [first.sell(10, card=1), second.sell(100, card=1)]
        for till in pair * 2:
            till.meet()
            wait_for_books(hq)
        first.meet()
        first.refund(sales[0])
        second.refund(sales[1])
        assert [first.points(1), second.points(1)] == [100, 10]
        for till in pair * 2:
            till.meet()
            wait_for_books(hq)
        first.meet()

        assert [till.points(1) for till in pair] == [0, 0]
        assert wait_for_books(hq).balanced


def test_an_entry_that_headquarters_cannot_interpret_stops_nothing(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    till.append("odd", "sale", {"account": None, "redemptions": []})
    till.sell(20, card=1)

    till.meet()
    books = wait_for_books(hq)
    till.meet()

    assert (books.quarantined, books.takings[0].sales) == (1, 2)
    assert till.points(1) == 30


def test_a_kind_that_headquarters_does_not_know_is_booked(till: Till, hq: Path) -> None:
    till.append("future", "hologram", {"what": "ever"})

    till.meet()

    assert wait_for_books(hq).quarantined == 0


def test_no_number_and_no_name_reaches_headquarters_in_the_open(till: Till, hq: Path) -> None:
    till.enrol_member(1, "Zebediah", "020 7946 0002")
    till.sell(10, card=2)

    till.meet()
    wait_for_books(hq)

    typed = [b"Zebediah", b"020 7946 0002", card_number(1).encode(), card_number(2).encode()]
    held = b"".join(path.read_bytes() for path in hq.glob("hq.sqlite*"))
    assert not [text for text in typed if text in held]


def test_the_programme_of_headquarters_is_in_force_after_the_first_meeting(till: Till, hq: Path) -> None:
    till.meet()

    current = programmes.current(till.ledger)
    assert current is not None
    assert current.name == "Corner Shop Club"


def test_headquarters_time_is_heard(till: Till) -> None:
    met = till.meet()

    assert met.hq_ms is not None
    assert abs(met.hq_ms - till.clock.read().wall_ms) < 60_000


def test_an_epoch_after_the_first_is_sent_after_it(till: Till, hq: Path) -> None:
    till.sell(10, card=1)
    before = till.ledger.identity
    till.ledger.begin_epoch()
    till.sell(20, card=1)

    till.meet()
    wait_for_books(hq)
    till.meet()

    assert till.points(1) == 30
    assert till.meeting is not None
    assert till.meeting.held == Position(till.ledger.identity.epoch, 2, till.ledger.identity.head)
    assert till_rows(hq)["corner/1"].entries == before.seq + 2


def test_the_halves_say_the_same_of_every_lot(till: Till, hq: Path) -> None:
    for pounds in range(1, 30):
        sale = till.sell(pounds, card=pounds % 4)
        if pounds % 5 == 0:
            till.refund(sale)
    till.meet()
    wait_for_books(hq)

    with till.ledger.reading() as conn:
        own = conn.execute("SELECT account, unit, lot, expires, amount FROM lot WHERE amount != 0").fetchall()
    assert [lot for lot in state_of_books(hq)["lots"] if lot[-1]] == sorted(own, key=repr)


def test_a_redemption_travels_like_any_entry(till: Till, hq: Path) -> None:
    till.enrol_member(1, "Ada", "020 7946 0003")
    till.sell(600, card=1)
    view = till.read_card(1)
    till.counter.redeem(RedeemAsk("r1", view.account, "points-as-money", units=500), by="pos")
    before = till.points(1)

    till.meet()
    wait_for_books(hq)
    till.meet()

    assert till.points(1) == before
    units = {unit.unit: unit for unit in wait_for_books(hq).units}
    assert units["points"].accounts["redeemed"] == 500
