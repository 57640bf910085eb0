"""A card belongs to the sale it was read in, parked or not, and is cleared at its end."""

from dataclasses import asdict
from typing import Any

import pytest

from agent.counter import SaleAsk
from agent.loyalty.sale import Line
from agent.web.api.shapes import Voice, sale_shape
from agent.web.events import EventHub
from agent.web.screen.at_hand import AtHand, Hand, Said
from tests.counter.conftest import shop as shop_of_the_counter
from tests.counter.shops import BY, CARD, NEXT_CARD, Shop, line

shop = shop_of_the_counter
LINES: tuple[Line, ...] = (line(1000),)


@pytest.fixture
def at_hand(shop: Shop) -> AtHand:
    return AtHand(shop.counter, EventHub(), language="en")


def read(at_hand: AtHand, shop: Shop, card: str) -> str:
    """A card is read; returns its account."""
    voice = Voice(shop.counter.require_programme(), "en")
    member = asdict(voice.member(shop.identify(card)))
    at_hand.card_read(member)
    return str(member["account"])


def said(at_hand: AtHand, **changes: Any) -> None:
    """The screen says how the sale stands, with what it was shown last."""
    now = at_hand.to_map("en")
    member = now["member"] or {}
    hand = Hand(now["op"], member.get("account"), member.get("card"), lines=changes.pop("lines", LINES))
    at_hand.take(Said("s-1", changes.pop("hand", hand), now["rev"], **changes), by=BY)


def member_of(at_hand: AtHand) -> str | None:
    member = at_hand.to_map("en")["member"]
    return None if member is None else member["account"]


def end(at_hand: AtHand, shop: Shop) -> None:
    """The sale at hand is recorded."""
    op, account = at_hand.to_map("en")["op"], member_of(at_hand)
    answer = shop.counter.sell(SaleAsk(op, LINES, account), by=BY)
    shape = sale_shape(answer, Voice(shop.counter.require_programme(), "en"))
    at_hand.sold({"op": op, "by": BY, "account": account, "sale": shape})


def test_a_card_is_cleared_when_its_sale_ends(at_hand: AtHand, shop: Shop) -> None:
    account = read(at_hand, shop, CARD)
    said(at_hand)
    assert member_of(at_hand) == account

    end(at_hand, shop)

    assert member_of(at_hand) is None
    assert at_hand.to_map("en")["lines"] == []


def test_a_parked_sale_keeps_its_card_and_the_next_sale_has_none(at_hand: AtHand, shop: Shop) -> None:
    first = read(at_hand, shop, CARD)
    said(at_hand)
    said(at_hand, park=True)
    assert member_of(at_hand) is None

    second = read(at_hand, shop, NEXT_CARD)
    said(at_hand)
    (parked,) = at_hand.to_map("en")["parked"]
    assert (parked["account"], member_of(at_hand)) == (first, second)
    end(at_hand, shop)
    said(at_hand, hand=Hand(parked["op"]))

    assert member_of(at_hand) == first
    assert at_hand.to_map("en")["parked"] == []


def test_a_card_that_is_read_in_mid_sale_does_not_take_the_sale_over(at_hand: AtHand, shop: Shop) -> None:
    first = read(at_hand, shop, CARD)
    said(at_hand)

    read(at_hand, shop, NEXT_CARD)

    assert member_of(at_hand) == first


def test_a_card_that_is_read_is_at_no_other_screen(at_hand: AtHand, shop: Shop) -> None:
    said(at_hand)
    said(at_hand, hand=Hand(at_hand.to_map("en")["op"]))
    assert at_hand.to_map("en")["by"] == BY

    read(at_hand, shop, CARD)

    assert at_hand.to_map("en")["screen"] is None
    assert at_hand.to_map("en")["by"] is None
