"""Lost cards: blocked for ever, and replaced by one that goes on where it stopped."""

import pytest

from agent.counter import EnrolAsk, FindAsk, LinkAsk, RedeemAsk
from agent.counter.cards.replacing import BlockAsk, ReplaceAsk
from agent.errors import ApprovalNeededError, InvalidError, NotAllowedError, OpConflictError, UnknownError
from agent.ledger.audit.rebuilding import rebuild
from tests.counter.shops import BY, CARD, FOREIGN_CARD, NEXT_CARD, Shop, line, open_shop
from tests.loyalty.shops import COFFEE, MONEY, POINTS, programme

THIRD_CARD = "925000000003"
SUPERVISED = "[supervision]\nreplace_card = true\n"


def test_a_lost_card_is_blocked_and_the_new_one_has_all_it_had(shop: Shop) -> None:
    account = shop.member(points=300, coffees=2).account

    answer = shop.counter.desk.replace_card(ReplaceAsk("C-1", account, NEXT_CARD), by=BY)

    seen = shop.identify(NEXT_CARD)
    assert (seen.account, seen.card, seen.name) == (account, answer.card, "Ana")
    assert (seen.balances["points"], seen.balances["coffee"]) == (300, 2)
    assert shop.counter.redeem(RedeemAsk("R-1", account, "money", answer.card, units=100), by=BY).value == 500
    with pytest.raises(NotAllowedError, match="this card is blocked") as refused:
        shop.identify(CARD)
    assert refused.value.hint == "ask for the new card, or look the member up"


def test_the_entry_says_which_ids_and_no_number(shop: Shop) -> None:
    account = shop.member().account
    old = shop.identify().card
    shop.counter.desk.replace_card(ReplaceAsk("C-1", account, NEXT_CARD), by=BY)

    recorded = shop.ledger.find("C-1")
    assert recorded is not None
    assert recorded.entry.kind == "card_replaced"
    assert recorded.entry.body["blocked"] == [old]
    assert NEXT_CARD not in repr(ReplaceAsk("C-1", account, NEXT_CARD))
    assert CARD not in str(recorded.entry)
    assert NEXT_CARD not in str(recorded.entry)


def test_a_replacement_is_one_however_often_it_is_sent(shop: Shop) -> None:
    account = shop.member().account
    ask = ReplaceAsk("C-1", account, NEXT_CARD)
    first = shop.counter.desk.replace_card(ask, by=BY)
    before = shop.entries

    again = shop.counter.desk.replace_card(ask, by=BY)

    assert (again.card, again.repeated, shop.entries) == (first.card, True, before)
    with pytest.raises(OpConflictError):
        shop.counter.desk.replace_card(ReplaceAsk("C-1", account, THIRD_CARD), by=BY)


def test_a_blocked_card_stays_blocked_when_the_tables_are_built_anew(shop: Shop) -> None:
    account = shop.member(points=300).account
    shop.counter.desk.replace_card(ReplaceAsk("C-1", account, NEXT_CARD), by=BY)

    rebuild(shop.ledger)

    with pytest.raises(NotAllowedError, match="blocked"):
        shop.identify(CARD)
    assert shop.identify(NEXT_CARD).balances["points"] == 300


def test_the_person_of_the_household_moves_to_the_new_card(shop: Shop) -> None:
    account = shop.member().account
    link = LinkAsk("L-1", account, "earn", NEXT_CARD, name="Ion Testov", phone="0700111222")
    child = shop.counter.link(link, by=BY).card

    answer = shop.counter.desk.replace_card(ReplaceAsk("C-1", account, THIRD_CARD, lost=child), by=BY)

    (found,) = shop.counter.find(FindAsk(phone="0700111222"), by=BY)
    assert (found.account, found.card, found.spends) == (account, answer.card, False)
    assert shop.identify().account == account


def test_of_several_cards_it_must_be_said_which_is_lost(shop: Shop) -> None:
    account = shop.member().account
    shop.counter.link(LinkAsk("L-1", account, card=NEXT_CARD), by=BY)

    with pytest.raises(NotAllowedError, match="has 2 cards"):
        shop.counter.desk.replace_card(ReplaceAsk("C-1", account, THIRD_CARD), by=BY)


def test_a_member_without_a_card_has_none_to_replace(shop: Shop) -> None:
    account = shop.counter.enrol(EnrolAsk("E-1", name="Ana"), by=BY).account

    with pytest.raises(UnknownError, match="no such card") as refused:
        shop.counter.desk.block_card(BlockAsk("C-1", account), by=BY)
    assert refused.value.hint == "link a new card instead"


@pytest.mark.parametrize(("number", "error"), [(FOREIGN_CARD, UnknownError), (NEXT_CARD, NotAllowedError)])
def test_the_new_card_is_one_of_the_programme_and_nobodys(shop: Shop, number: str, error: type[Exception]) -> None:
    account = shop.member().account
    shop.member(NEXT_CARD, "Bob Testov")
    before = shop.entries

    with pytest.raises(error):
        shop.counter.desk.replace_card(ReplaceAsk("C-1", account, number), by=BY)
    assert shop.entries == before


def test_a_blocked_card_spends_nothing_even_if_it_was_just_read(shop: Shop) -> None:
    view = shop.member(points=300)
    card = shop.identify().card
    shop.counter.desk.block_card(BlockAsk("C-1", view.account), by=BY)

    with pytest.raises(NotAllowedError, match="only collects"):
        shop.counter.redeem(RedeemAsk("R-1", view.account, "money", card, units=100), by=BY)
    assert shop.balances(view.account)["points"] == 300


def test_a_blocked_card_begins_no_member(shop: Shop) -> None:
    account = shop.identify().account
    shop.counter.desk.block_card(BlockAsk("C-1", account), by=BY)

    with pytest.raises(NotAllowedError, match="blocked"):
        shop.counter.enrol(EnrolAsk("E-1", name="Ana", card=CARD), by=BY)


def test_what_is_wrong_with_a_replacement_is_said_before_it_is_asked() -> None:
    with pytest.raises(InvalidError, match="staff must be an id"):
        ReplaceAsk("C-1", "a", NEXT_CARD, staff="Ana Testova")


def test_where_the_programme_says_so_a_supervisor_approves(tmp_path: object) -> None:
    with open_shop(tmp_path, programme=programme(POINTS, COFFEE, MONEY, SUPERVISED)) as shop:  # type: ignore[arg-type]
        account = shop.member().account
        with pytest.raises(ApprovalNeededError):
            shop.counter.desk.replace_card(ReplaceAsk("C-1", account, NEXT_CARD), by=BY)

        shop.counter.signing.vouch("C-1", "boss")
        shop.counter.desk.replace_card(ReplaceAsk("C-1", account, NEXT_CARD), by=BY)

        recorded = shop.ledger.find("C-1")
        assert recorded is not None
        assert recorded.entry.body["approved_by"] == "boss"


def test_a_sale_goes_on_that_was_begun_with_the_card_before_it_was_blocked(shop: Shop) -> None:
    account = shop.member().account
    shop.counter.desk.block_card(BlockAsk("C-1", account), by=BY)

    shop.sell("S-1", line(1000), account=account)

    assert shop.balances(account)["points"] == 10
