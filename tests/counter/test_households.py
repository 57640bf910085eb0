"""Several cards and people on one account, and who of them may spend."""

from pathlib import Path

import pytest

from agent.counter import EnrolAsk, FindAsk, LinkAsk, RedeemAsk, SaleAsk
from agent.errors import InvalidError, NotAllowedError, OpConflictError, UnknownError
from agent.ledger import audit
from agent.loyalty.cards import Source
from agent.loyalty.programme import Programme
from tests.counter.shops import BY, CARD, FOREIGN_CARD, NEXT_CARD, Shop, line, open_shop
from tests.ledger.tills import derived
from tests.loyalty.shops import COFFEE, MONEY, POINTS, programme

CHIP = "04A1B2C3"


def link(shop: Shop, account: str, *, op: str = "L-1", card: str | None = NEXT_CARD, role: str = "spend") -> str:
    return shop.counter.link(LinkAsk(op, account, role, card), by=BY).card


def test_both_cards_of_a_household_earn_on_one_account(shop: Shop) -> None:
    account = shop.member().account
    card = link(shop, account)

    seen = shop.identify(NEXT_CARD)
    shop.counter.sell(SaleAsk("S-1", (line(2000),), account, card), by=BY)

    assert (seen.account, seen.card, seen.spends) == (account, card, True)
    assert shop.identify(CARD).balances["points"] == 20


def test_a_card_that_was_only_read_before_is_the_households_once_it_is_linked(shop: Shop) -> None:
    account, begun = shop.member().account, shop.identify(NEXT_CARD).account
    card = link(shop, account, role="earn")

    seen = shop.identify(NEXT_CARD)
    assert (seen.account, seen.card, seen.spends) == (account, card, False)
    assert shop.counter.member(begun).balances["points"] == 0


def test_a_card_that_only_collects_is_offered_nothing_and_refused_a_reward(shop: Shop) -> None:
    account = shop.member(points=300).account
    card = link(shop, account, role="earn")
    before = shop.entries

    seen = shop.identify(NEXT_CARD)
    with pytest.raises(NotAllowedError) as refused:
        shop.counter.redeem(RedeemAsk("R-1", account, "money", card, units=100), by=BY)

    assert (seen.spends, seen.offers, seen.balances["points"]) == (False, (), 300)
    assert "only collects" in str(refused.value)
    assert "ask for a card that may spend" in refused.value.hint
    assert shop.entries == before
    assert shop.identify(CARD).offers != ()


def test_what_was_redeemed_on_one_card_does_not_pay_on_a_card_that_only_collects(shop: Shop) -> None:
    account = shop.member(points=300).account
    card = link(shop, account, role="earn")
    shop.redeem("R-1", account, units=100)

    with pytest.raises(NotAllowedError):
        shop.counter.sell(SaleAsk("S-1", (line(2000),), account, card, redemptions=("R-1",)), by=BY)

    assert shop.sell("S-2", line(2000), account=account, redemptions=("R-1",)) == 1500


def test_a_person_of_the_household_is_found_by_phone_and_spends_no_more_than_his_role(shop: Shop) -> None:
    mother = shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", phone="0700111222"), by=BY).account
    shop.sell("S-1", line(30000), account=mother)
    son = shop.counter.link(LinkAsk("L-1", mother, "earn", name="Ion Testov", phone="0700333444"), by=BY)

    (found,) = shop.counter.find(FindAsk(phone="0700 333 444"), by="checkout")
    assert (found.account, found.card, found.spends, found.offers) == (mother, son.card, False, ())
    assert [seen.card for seen in shop.counter.find(FindAsk(name="testov ion"), by="checkout")] == [son.card]
    assert [(seen.card, seen.spends) for seen in shop.counter.find(FindAsk(phone="0700111222"), by="checkout")] == [
        (None, True)
    ]


def test_a_phone_that_the_household_shares_is_the_members_own(shop: Shop) -> None:
    account = shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", phone="0700111222"), by=BY).account
    shop.counter.link(LinkAsk("L-1", account, "earn", name="Ion", phone="0700111222"), by=BY)

    assert [(seen.account, seen.card) for seen in shop.counter.find(FindAsk(phone="0700111222"), by="checkout")] == [
        (account, None)
    ]


def test_linking_again_under_the_same_op_answers_the_same_card(shop: Shop) -> None:
    account = shop.member().account
    ask = LinkAsk("L-1", account, "earn", NEXT_CARD, "Ion")
    first = shop.counter.link(ask, by=BY)
    before = shop.entries

    again = shop.counter.link(ask, by=BY)

    assert (again.card, again.entry, again.repeated, shop.entries) == (first.card, first.entry, True, before)
    with pytest.raises(OpConflictError):
        link(shop, account, role="spend")


@pytest.mark.parametrize(
    ("number", "error"), [(CARD, NotAllowedError), (FOREIGN_CARD, UnknownError)], ids=["taken", "foreign"]
)
def test_a_card_that_is_not_free_is_not_linked(shop: Shop, number: str, error: type[Exception]) -> None:
    account = shop.member().account
    before = shop.entries

    with pytest.raises(error):
        link(shop, account, card=number)

    assert shop.entries == before


def test_a_card_that_has_earned_on_its_own_is_not_linked(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(2000), account=shop.identify(NEXT_CARD).account)

    with pytest.raises(NotAllowedError, match="has earned on its own"):
        link(shop, account)


def test_a_household_begins_with_a_member(shop: Shop) -> None:
    with pytest.raises(NotAllowedError) as refused:
        link(shop, shop.identify(CARD).account)

    assert refused.value.hint == "enrol the member first"


@pytest.mark.parametrize(
    "typed", [{}, {"name": "Ion"}, {"phone": "Ion"}, {"card": NEXT_CARD, "role": "give"}, {"card": "1", "name": "a\n"}]
)
def test_what_cannot_be_linked_is_refused_and_not_repeated(typed: dict[str, str]) -> None:
    with pytest.raises(InvalidError) as refused:
        LinkAsk("L-1", "a", **typed)

    assert "Ion" not in str(refused.value)


def test_a_rebuild_keeps_every_role(shop: Shop) -> None:
    link(shop, shop.member().account, role="earn")
    before = derived(shop.ledger)

    audit.rebuild(shop.ledger)

    assert derived(shop.ledger) == before
    assert not shop.identify(NEXT_CARD).spends


class TestKindsOfCards:
    """A kind of card on which nothing is spent: the UID of a chip can be copied."""

    @pytest.fixture
    def rules(self) -> Programme:
        chips = f'[[cards]]\nprefix = "04"\nlength = {len(CHIP)}\nsource = "chip"\nspends = false\n'
        return programme(chips, POINTS, COFFEE, MONEY)

    def test_a_chip_is_known_and_spends_nothing(self, tmp_path: Path, rules: Programme) -> None:
        with open_shop(tmp_path, programme=rules) as shop:
            account = shop.member(points=300).account
            shop.counter.link(LinkAsk("L-1", account, card=CHIP), source=Source.CHIP, by=BY)
            chip = shop.counter.identify(CHIP, Source.CHIP, by=BY)

            assert (chip.account, chip.spends, chip.offers) == (account, False, ())
            with pytest.raises(NotAllowedError):
                shop.counter.redeem(RedeemAsk("R-1", account, "money", chip.card, units=100), by=BY)
            assert shop.identify(CARD).spends

    def test_a_card_whose_number_is_erased_spends_nothing_where_some_kind_does_not(
        self, tmp_path: Path, rules: Programme
    ) -> None:
        with open_shop(tmp_path, programme=rules) as shop:
            seen = shop.member(points=300)
            card = shop.identify(CARD).card
            with shop.ledger.write() as conn:
                conn.execute("DELETE FROM profile WHERE subject = ?", (card,))

            with pytest.raises(NotAllowedError):
                shop.counter.redeem(RedeemAsk("R-1", seen.account, "money", card, units=100), by=BY)
            shop.counter.use(programme(POINTS, COFFEE, MONEY))
            assert shop.counter.redeem(RedeemAsk("R-2", seen.account, "money", card, units=100), by=BY).value == 500

    def test_a_number_that_two_kinds_have_spends_only_if_both_do(self) -> None:
        both = programme('[[cards]]\nprefix = "92"\nlength = 12\nspends = false\n')

        assert not both.may_spend("925000000001", Source.NUMBER)
        assert both.may_spend("925000000001", Source.CHIP)
        assert not both.every_card_spends
