"""Payment tokens: a member is known by what a terminal calls his payment card."""

import pytest

from agent.counter.cards.paying import PaymentAsk
from agent.errors import NotAllowedError, UnknownError
from tests.counter.shops import BY, NEXT_CARD, Shop

TOKEN = "V001A38K20152XGQ7H2KPLM4ZWBCT"


def test_a_member_is_known_by_a_linked_token_and_proves_himself_to_spend(shop: Shop) -> None:
    account = shop.member().account

    answer = shop.counter.desk.link_payment(PaymentAsk("P-1", account, TOKEN), by=BY)

    seen = shop.counter.desk.identify_payment(TOKEN)
    assert (seen.account, seen.card) == (account, None)
    assert answer.changed == ("payment_token",)


def test_a_token_that_nobody_linked_is_nobodys(shop: Shop) -> None:
    with pytest.raises(UnknownError) as refused:
        shop.counter.desk.identify_payment(TOKEN)

    assert TOKEN not in str(refused.value)


def test_a_token_is_one_members(shop: Shop) -> None:
    shop.counter.desk.link_payment(PaymentAsk("P-1", shop.member().account, TOKEN), by=BY)
    other = shop.member(NEXT_CARD, "Bob Testov").account

    with pytest.raises(NotAllowedError, match="known by this payment token already"):
        shop.counter.desk.link_payment(PaymentAsk("P-2", other, TOKEN), by=BY)


def test_the_token_stands_sealed_and_in_no_entry(shop: Shop) -> None:
    ask = PaymentAsk("P-1", shop.member().account, TOKEN)
    shop.counter.desk.link_payment(ask, by=BY)
    assert shop.counter.desk.link_payment(ask, by=BY).repeated

    recorded = shop.ledger.find("P-1")
    assert recorded is not None
    assert TOKEN not in str(recorded.entry)
    assert TOKEN not in repr(ask)
    assert TOKEN.encode() not in shop.ledger.path.read_bytes()


def test_a_token_is_no_card_that_could_be_lost(shop: Shop) -> None:
    account = shop.member().account
    shop.counter.desk.link_payment(PaymentAsk("P-1", account, TOKEN), by=BY)

    kinds = [(card.kind, card.end, card.role) for card in shop.counter.desk.details(account).cards]

    assert sorted(kinds) == [("number", "0001", "spend"), ("payment", "WBCT", "earn")]
