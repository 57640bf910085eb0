import pytest

from agent.counter import EnrolAsk, EraseAsk, FindAsk, LinkAsk, RedeemAsk, RefundLine
from agent.errors import InvalidError, NotAllowedError, OpConflictError, UnknownError
from agent.loyalty.cards import Source
from tests.counter.shops import BY, CARD, Shop, line


def _erase(shop: Shop, account: str, op: str = "erase") -> tuple[str, ...]:
    return shop.counter.erase(EraseAsk(op, account), by=BY).pending


def test_an_erased_member_is_found_by_nothing_and_called_by_no_name(shop: Shop) -> None:
    account = shop.counter.enrol(
        EnrolAsk("E-1", "Ana Testova", "0722 000 123", "ana@example.org", card=CARD), by=BY
    ).account
    assert [one.account for one in shop.counter.find(FindAsk(email="ANA@example.org"), by="checkout")] == [account]
    assert shop.counter.find(FindAsk(phone="0722000123"), by="checkout")[0].phone_end == "123"
    assert _erase(shop, account) == ()

    found = [
        shop.counter.find(FindAsk(email="ana@example.org"), by="checkout"),
        shop.counter.find(FindAsk(phone="0722000123"), by="checkout"),
    ]
    assert [*found, shop.counter.find(FindAsk(name="Ana"), by="checkout")] == [[], [], []]
    seen = shop.counter.member(account)
    assert (seen.status, seen.name, seen.phone_end) == ("blocked", None, None)


def test_the_card_of_an_erased_member_begins_anew(shop: Shop) -> None:
    before = shop.member(points=100)
    _erase(shop, before.account)
    seen = shop.identify()

    assert (seen.status, seen.balances["points"]) == ("provisional", 0)
    assert seen.account != before.account


def test_nothing_is_earned_spent_or_linked_on_an_account_whose_member_is_erased(shop: Shop) -> None:
    account = shop.member(points=200).account
    _erase(shop, account)
    shop.sell("S-2", line(10_000), account=account)

    assert shop.balances(account)["points"] == 200
    with pytest.raises(NotAllowedError):
        shop.counter.redeem(RedeemAsk("R-1", account, "money", units=100), by=BY)
    with pytest.raises(NotAllowedError):
        shop.counter.link(LinkAsk("L-1", account, phone="0722000123"), by=BY)
    with pytest.raises(NotAllowedError):
        shop.counter.enrol(EnrolAsk("E-9", "Ana", account=account), by=BY)


def test_goods_of_an_erased_member_come_back_and_the_books_stay_even(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(10_000), account=account)
    _erase(shop, account)

    assert shop.refund("F-1", RefundLine("S-1", 0, 1000)) == 10_000
    assert shop.balances(account)["points"] == 0


def test_what_was_asked_before_the_erasure_is_answered_as_it_was(shop: Shop) -> None:
    account = shop.member().account
    due = shop.sell("S-1", line(10_000), account=account)
    _erase(shop, account)

    assert shop.sell("S-1", line(10_000), account=account) == due
    with pytest.raises(OpConflictError):  # nobody can tell any more whether it is the same person
        shop.counter.enrol(EnrolAsk(f"enrol-{CARD}", name="Ana Testova", card=CARD), by=BY)


def test_an_erasure_is_recorded_once_without_anything_of_the_person(shop: Shop) -> None:
    account = shop.member().account
    before = shop.entries
    first = shop.counter.erase(EraseAsk("erase", account), by=BY)
    again = shop.counter.erase(EraseAsk("erase", account), by=BY)

    assert shop.entries == before + 1
    assert (first.repeated, again.repeated, first.entry) == (False, True, again.entry)
    recorded = shop.ledger.find("erase")
    assert recorded is not None
    assert (recorded.entry.kind, dict(recorded.entry.body)) == ("member_erased", {"account": account})
    assert recorded.entry.postings == ()


def test_an_erasure_of_somebody_unknown_or_under_a_used_op_writes_nothing(shop: Shop) -> None:
    account = shop.member().account
    before = shop.entries
    with pytest.raises(UnknownError):
        _erase(shop, "nobody")
    with pytest.raises(OpConflictError):
        _erase(shop, account, op=f"enrol-{CARD}")
    with pytest.raises(InvalidError):
        EraseAsk(" ", account)

    assert shop.entries == before
    assert shop.counter.find(FindAsk(name="Ana"), by="checkout") != []


def test_everybody_of_the_household_is_erased(shop: Shop) -> None:
    account = shop.member().account
    shop.counter.link(LinkAsk("L-1", account, card="925000000009", name="Ion Testov"), source=Source.NUMBER, by=BY)
    _erase(shop, account)

    assert shop.counter.find(FindAsk(name="Ion"), by="checkout") == []
    assert shop.identify("925000000009").account != account


def test_a_namesake_with_the_same_number_is_told_from_one_with_nearly_the_same_name(shop: Shop) -> None:
    shop.counter.enrol(EnrolAsk("E-1", "Ana Testova", "0722000123"), by=BY)
    shop.counter.enrol(EnrolAsk("E-2", "Anca Testova", "0722000123"), by=BY)  # mother and daughter

    with pytest.raises(NotAllowedError):
        shop.counter.enrol(EnrolAsk("E-3", "TESTOVA ana", "+40 722 000 123"), by=BY)
