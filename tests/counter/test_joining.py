import pytest

from agent.counter import EnrolAsk, FindAsk
from agent.errors import NotAllowedError, OpConflictError, UnknownError
from agent.loyalty.cards import Source
from tests.counter.shops import BY, CARD, FOREIGN_CARD, NEXT_CARD, Shop, line


def test_a_card_never_seen_begins_a_provisional_account_at_once(shop: Shop) -> None:
    before = shop.entries

    seen = shop.identify()

    assert (seen.status, seen.name, seen.balances["points"]) == ("provisional", None, 0)
    assert shop.entries == before + 1
    assert shop.woken == 1


def test_a_card_seen_before_is_the_same_account_and_writes_nothing(shop: Shop) -> None:
    first = shop.identify()
    before = shop.entries

    assert shop.identify() == first
    assert shop.entries == before
    assert shop.woken == 1


def test_two_cards_are_two_accounts(shop: Shop) -> None:
    assert shop.identify(CARD).account != shop.identify(NEXT_CARD).account


def test_a_card_out_of_the_ranges_is_refused_and_its_digits_are_not_repeated(shop: Shop) -> None:
    before = shop.entries

    with pytest.raises(UnknownError) as refused:
        shop.identify(FOREIGN_CARD)

    assert FOREIGN_CARD not in str(refused.value)
    assert "12 characters" in str(refused.value)
    assert shop.entries == before


def test_a_number_that_comes_from_a_chip_is_no_number_of_a_stripe(shop: Shop) -> None:
    with pytest.raises(UnknownError):
        shop.counter.identify(CARD, Source.CHIP, by=BY)


def test_a_provisional_account_earns_and_spends_nothing(shop: Shop) -> None:
    account = shop.identify().account
    shop.sell("S-1", line(20000), account=account)

    seen = shop.identify()
    assert seen.balances["points"] == 200
    assert seen.offers == ()
    with pytest.raises(NotAllowedError) as refused:
        shop.redeem("R-1", account)
    assert "provisional" in str(refused.value)
    assert "enrol" in refused.value.hint


def test_enrolling_on_a_provisional_card_keeps_what_it_earned(shop: Shop) -> None:
    account = shop.identify().account
    shop.sell("S-1", line(20000), account=account)

    joined = shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", card=CARD), by=BY)

    assert joined.account == account
    assert (joined.member.status, joined.member.name, joined.member.balances["points"]) == ("regular", "Ana", 200)
    assert shop.redeem("R-1", account, units=100) == 500


def test_enrolling_on_the_account_a_card_has_begun_with_needs_no_number(shop: Shop) -> None:
    begun = shop.identify()

    joined = shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", account=begun.account), by=BY)

    assert (joined.account, joined.card) == (begun.account, begun.card)
    assert shop.identify().status == "regular"


def test_enrolling_on_an_account_that_is_a_member_is_refused(shop: Shop) -> None:
    account = shop.member().account

    with pytest.raises(NotAllowedError):
        shop.counter.enrol(EnrolAsk("E-2", name="Ion Altul", account=account), by=BY)


def test_enrolling_on_a_member_without_a_card_is_refused(shop: Shop) -> None:
    account = shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova"), by=BY).account

    with pytest.raises(NotAllowedError):
        shop.counter.enrol(EnrolAsk("E-2", name="Ion Altul", account=account), by=BY)


def test_enrolling_on_an_account_that_is_not_there_is_refused(shop: Shop) -> None:
    with pytest.raises(UnknownError):
        shop.counter.enrol(EnrolAsk("E-1", name="Ana", account="nobody"), by=BY)


def test_enrolling_with_a_new_card_links_it(shop: Shop) -> None:
    joined = shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", card=CARD), by=BY)

    assert shop.identify().account == joined.account
    assert shop.identify().card == joined.card


def test_enrolling_without_a_card_makes_a_member_who_is_found_by_phone_and_name(shop: Shop) -> None:
    ask = EnrolAsk("E-1", name="Ștefania Țurcanu", phone="0700 111 222")
    account = shop.counter.enrol(ask, by=BY).account

    assert [found.account for found in shop.counter.find(FindAsk(phone="+40 700 111 222"), by="checkout")] == [account]
    assert [found.account for found in shop.counter.find(FindAsk(name="turcanu"), by="checkout")] == [account]
    assert shop.counter.find(FindAsk(name="turcanu ana"), by="checkout") == []
    assert shop.counter.find(FindAsk(phone="0700 111 223"), by="checkout") == []


def test_a_card_that_belongs_to_a_member_cannot_be_taken_by_another(shop: Shop) -> None:
    shop.member()
    before = shop.entries

    with pytest.raises(NotAllowedError):
        shop.counter.enrol(EnrolAsk("E-2", name="Ion Altul", card=CARD), by=BY)

    assert shop.entries == before


def test_a_member_with_the_same_name_and_phone_is_not_made_twice(shop: Shop) -> None:
    shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", phone="0700111222"), by=BY)

    with pytest.raises(NotAllowedError) as refused:
        shop.counter.enrol(EnrolAsk("E-2", name="Testova Ana", phone="+40 700 111 222"), by=BY)

    assert "Ana" not in str(refused.value)
    assert "111" not in str(refused.value)


def test_a_namesake_with_another_phone_is_another_member(shop: Shop) -> None:
    first = shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", phone="0700111222"), by=BY)
    second = shop.counter.enrol(EnrolAsk("E-2", name="Ana Testova", phone="0700111333"), by=BY)

    assert first.account != second.account


def test_a_card_out_of_the_ranges_enrols_nobody(shop: Shop) -> None:
    before = shop.entries

    with pytest.raises(UnknownError):
        shop.counter.enrol(EnrolAsk("E-1", name="Ana", card=FOREIGN_CARD), by=BY)

    assert shop.entries == before


def test_an_enrolment_repeated_answers_the_same_member(shop: Shop) -> None:
    ask = EnrolAsk("E-1", name="Ana Testova", phone="0700111222", card=CARD)
    first = shop.counter.enrol(ask, by=BY)

    again = shop.counter.enrol(ask, by=BY)

    assert again.repeated
    assert (again.entry, again.account, again.card) == (first.entry, first.account, first.card)


def test_the_op_of_an_enrolment_with_other_content_is_refused(shop: Shop) -> None:
    shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova"), by=BY)

    with pytest.raises(OpConflictError):
        shop.counter.enrol(EnrolAsk("E-1", name="Ion Altul"), by=BY)


def test_the_op_of_a_sale_enrols_nobody(shop: Shop) -> None:
    shop.sell("S-1", line(100))

    with pytest.raises(OpConflictError):
        shop.counter.enrol(EnrolAsk("S-1", name="Ana"), by=BY)


def test_a_member_is_shown_by_account_and_an_unknown_account_is_refused(shop: Shop) -> None:
    account = shop.member(points=7).account

    assert shop.counter.member(account).balances["points"] == 7
    with pytest.raises(UnknownError):
        shop.counter.member("nobody")
