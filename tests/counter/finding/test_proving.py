"""Spending without a card: the PIN, the last slip, how often a day, and what a card that was read changes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.counter import EnrolAsk, FindAsk, MemberView, RedeemAsk, SaleAsk
from agent.counter.finding.shown import SHOWN_MS, Shown
from agent.errors import CardNeededError, NotAllowedError
from tests.counter.shops import BY, CARD, Shop, line, open_shop
from tests.loyalty.shops import COFFEE, GOLD, MONEY, POINTS, programme

ASKS = '[without_card]\nspend = "proof"\na_day = 2\n'
NEVER = '[without_card]\nspend = "never"\n'
PIN = "8302"
PHONE = "0722000123"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path, programme=programme(POINTS, COFFEE, MONEY, GOLD, ASKS)) as opened:
        yield opened


@pytest.fixture
def ana(shop: Shop) -> MemberView:
    """A member with a PIN and 1,000 points of an earlier day, found by phone after a restart."""
    ask = EnrolAsk("E-1", name="Ana Testova", phone=PHONE, card=CARD, pin=PIN)
    account = shop.counter.enrol(ask, by=BY).account
    shop.counter.sell(SaleAsk("S-1", (line(100_000),), account, sold_at="2024-05-01T10:00:00"), by=BY)
    shop.counter = shop.begun_anew()
    (view,) = shop.counter.find(FindAsk(phone=PHONE), by=BY)
    return view


def redeem(shop: Shop, view: MemberView, op: str, **proof: str | None) -> str:
    ask = RedeemAsk(op, view.account, "money", units=100, **proof)  # type: ignore[arg-type]
    shop.counter.redeem(ask, by=BY)
    recorded = shop.ledger.find(op)
    assert recorded is not None
    return str(recorded.entry.body["proof"])


def slip_code(shop: Shop, op: str = "S-1") -> str:
    recorded = shop.ledger.find(op)
    assert recorded is not None
    return recorded.hash.hex()[:16]


def test_who_was_found_is_told_what_may_prove_him(ana: MemberView) -> None:
    assert ana.proofs == ("card", "pin", "slip")


def test_who_joins_without_a_card_hears_how_he_spends(shop: Shop) -> None:
    with_pin = shop.counter.enrol(EnrolAsk("E-1", name="Ana", pin=PIN), by=BY)
    with_card = shop.counter.enrol(EnrolAsk("E-2", name="Bob", card=CARD), by=BY)

    assert (with_pin.member.proofs, with_card.member.proofs) == (("card", "pin"), ())


def test_who_was_found_collects_at_once(shop: Shop, ana: MemberView) -> None:
    shop.sell("S-2", line(1000), account=ana.account)

    assert shop.balances(ana.account)["points"] == 1010


def test_who_was_found_spends_nothing_without_a_proof(shop: Shop, ana: MemberView) -> None:
    before = shop.entries

    with pytest.raises(NotAllowedError, match="spending needs a proof") as refused:
        redeem(shop, ana, "R-1")

    assert refused.value.hint == "read the card, or ask for the PIN, or for the proof on the last slip"
    assert shop.entries == before


def test_with_the_card_he_spends_and_is_asked_for_nothing(shop: Shop, ana: MemberView) -> None:
    view = shop.identify()

    assert view.proofs == ()
    assert redeem(shop, view, "R-1", card=view.card) == "card"


def test_a_card_that_was_not_read_here_proves_nothing(shop: Shop, ana: MemberView) -> None:
    card = shop.identify().card
    shop.counter = shop.begun_anew()

    with pytest.raises(NotAllowedError, match="spending needs a proof"):
        redeem(shop, ana, "R-1", card=card)


def test_the_pin_proves_him_and_the_entry_says_so_without_it(shop: Shop, ana: MemberView) -> None:
    assert redeem(shop, ana, "R-1", pin=PIN) == "pin"
    recorded = shop.ledger.find("R-1")
    assert recorded is not None
    assert PIN not in str(recorded.entry.body)


def test_a_wrong_pin_spends_nothing_and_after_five_the_right_one_neither(shop: Shop, ana: MemberView) -> None:
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(NotAllowedError, match=f"not the member's PIN; {left} more tries"):
            redeem(shop, ana, "R-1", pin="1111")
    shop.counter = shop.begun_anew()

    with pytest.raises(NotAllowedError, match="locked after 5 wrong proofs"):
        redeem(shop, ana, "R-1", pin=PIN)
    with pytest.raises(CardNeededError, match="locked after 5 wrong proofs"):
        redeem(shop, ana, "R-1", slip=slip_code(shop))


def test_the_right_pin_forgets_the_wrong_ones(shop: Shop, ana: MemberView) -> None:
    for op in ("R-1", "R-2"):
        for _ in range(4):
            with pytest.raises(NotAllowedError):
                redeem(shop, ana, op, pin="1111")
        redeem(shop, ana, op, pin=PIN)


def test_who_has_no_pin_is_told_so(shop: Shop) -> None:
    account = shop.counter.enrol(EnrolAsk("E-2", name="Bob"), by=BY).account

    with pytest.raises(NotAllowedError, match="knows no PIN"):
        redeem(shop, shop.counter.member(account), "R-1", pin=PIN)


@pytest.mark.parametrize("shown", [str.lower, str.upper, lambda code: f" {code[:4]} {code[4:8]} "])
def test_the_proof_on_the_last_slip_proves_him(shop: Shop, ana: MemberView, shown: object) -> None:
    assert callable(shown)

    assert redeem(shop, ana, "R-1", slip=shown(slip_code(shop))) == "slip"


def test_fewer_than_eight_characters_of_it_do_not(shop: Shop, ana: MemberView) -> None:
    with pytest.raises(NotAllowedError, match="not the proof on this member's last slip"):
        redeem(shop, ana, "R-1", slip=slip_code(shop)[:7])


def test_a_slip_of_today_proves_nothing_for_it_can_be_had_by_selling(shop: Shop, ana: MemberView) -> None:
    shop.sell("S-2", line(100), account=ana.account)

    with pytest.raises(NotAllowedError, match="not the proof"):
        redeem(shop, ana, "R-1", slip=slip_code(shop, "S-2"))
    assert redeem(shop, ana, "R-1", slip=slip_code(shop)) == "slip"


def test_without_the_card_he_spends_so_often_a_day_and_with_it_as_often_as_he_likes(
    shop: Shop, ana: MemberView
) -> None:
    redeem(shop, ana, "R-1", pin=PIN)
    redeem(shop, ana, "R-2", slip=slip_code(shop))

    with pytest.raises(NotAllowedError, match="2 rewards a day are the most, and today there were 2"):
        redeem(shop, ana, "R-3", pin=PIN)
    view = shop.identify()
    assert redeem(shop, view, "R-3", card=view.card) == "card"


def test_a_redemption_that_was_recorded_is_repeated_without_a_proof(shop: Shop, ana: MemberView) -> None:
    redeem(shop, ana, "R-1", pin=PIN)
    before = shop.entries

    assert shop.counter.redeem(RedeemAsk("R-1", ana.account, "money", units=100), by=BY).repeated
    assert shop.entries == before


def test_a_programme_may_want_the_card_and_nothing_else(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=programme(POINTS, MONEY, NEVER)) as shop:
        view = shop.member(points=200)
        shop.counter = shop.begun_anew()

        assert shop.counter.member(view.account).proofs == ("card",)
        with pytest.raises(NotAllowedError, match="without the card nothing is spent"):
            redeem(shop, view, "R-1", pin=PIN)
        view = shop.identify()
        assert redeem(shop, view, "R-1", card=view.card) == "card"


def test_an_ask_shows_neither_pin_nor_slip_and_its_digest_does_not_depend_on_them() -> None:
    ask = RedeemAsk("R-1", "a", "money", pin=PIN, slip="0123456789abcdef")

    assert PIN not in repr(ask)
    assert "0123" not in repr(ask)
    assert ask.digest() == replace(ask, pin=None, slip=None).digest()


def test_a_card_is_here_for_an_hour_after_it_was_read() -> None:
    shown = Shown()
    shown.note("c", 1000)

    assert shown.is_here("c", 1000 + SHOWN_MS - 1)
    assert not shown.is_here("c", 1000 + SHOWN_MS)
    assert not shown.is_here(None, 1000)
    shown.forget("c")
    assert not shown.is_here("c", 1000)


def test_of_a_thousand_cards_and_one_the_first_is_forgotten() -> None:
    shown = Shown()
    for number in range(1001):
        shown.note(str(number), 0)

    assert [shown.is_here(card, 0) for card in ("0", "1", "1000")] == [False, True, True]
