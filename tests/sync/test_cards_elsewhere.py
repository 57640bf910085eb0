"""Lost cards and payment tokens across the chain: what one till decides, all tills hear."""

from pathlib import Path

import pytest

from agent.counter.cards.paying import PaymentAsk
from agent.counter.cards.replacing import BlockAsk, ReplaceAsk
from agent.counter.details.consenting import ConsentAsk
from agent.counter.details.consents import Consenting
from agent.counter.details.correcting import CorrectAsk
from agent.errors import NotAllowedError
from agent.ledger.members import profile_of
from tests.sync.halves import Till
from tests.sync.test_halves import settle

pytestmark = pytest.mark.databases("sqlite", "postgresql")

TOKEN = "V001A38K20152XGQ7H2KPLM4ZWBCT"


def test_a_card_that_was_replaced_here_is_blocked_at_the_other_till(till: Till, second: Till, hq: Path) -> None:
    account = till.enrol_member(1, "Ada", "020 7946 0001")
    till.sell(40, card=1)
    settle(hq, till, second)
    assert second.points(1) == 40

    till.counter.desk.replace_card(ReplaceAsk("C-1", account, till.number(2)), by="pos")
    settle(hq, till, second)

    assert second.points(2) == till.points(2) == 40
    for one in (till, second):
        with pytest.raises(NotAllowedError, match="this card is blocked"):
            one.read_card(1)


def test_a_blocked_card_stays_blocked_where_it_was_read_before_anybody_knew(till: Till, second: Till, hq: Path) -> None:
    account = till.enrol_member(1, "Ada", "020 7946 0001")
    till.counter.desk.block_card(BlockAsk("C-1", account), by="pos")
    second.sell(10, card=1)  # an account of its own, with a card id of its own

    settle(hq, till, second)

    with pytest.raises(NotAllowedError, match="this card is blocked"):
        second.read_card(1)
    assert second.counter.member(account).balances["points"] == 10


def test_two_members_who_pay_with_one_card_stay_two(till: Till, second: Till, hq: Path) -> None:
    ada = till.enrol_member(1, "Ada", "020 7946 0001")
    bob = second.enrol_member(2, "Bob", "020 7946 0002")
    till.counter.desk.link_payment(PaymentAsk("P-1", ada, TOKEN), by="pos")
    second.counter.desk.link_payment(PaymentAsk("P-1", bob, TOKEN), by="pos")

    settle(hq, till, second)

    assert (till.read_card(1).account, till.counter.member(bob).account) == (ada, bob)


def test_what_a_member_corrected_and_agreed_to_is_known_at_the_other_till(till: Till, second: Till, hq: Path) -> None:
    account = till.enrol_member(1, "Ada", "020 7946 0001")
    settle(hq, till, second)
    no = Consenting("marketing", "email", given=False)

    till.counter.desk.correct(CorrectAsk("C-1", account, email="ada@example.org"), by="pos")
    till.counter.desk.consent(ConsentAsk("K-1", account, (no,)), by="pos")
    settle(hq, till, second)

    assert second.counter.desk.details(account).email == "a...@example.org"
    theirs = profile_of(second.ledger, account)
    assert theirs == profile_of(till.ledger, account)
    assert theirs is not None
    assert theirs["consents"] == {"marketing/email": False}
