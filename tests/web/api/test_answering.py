"""A card that a flow of the screen was given by a reader: its number is not on the page, only its id."""

from __future__ import annotations

from agent.loyalty.cards import Source
from tests.web.till import WebTill, error_of


def read(till: WebTill, card: str) -> str:
    """Have a reader read a card, and return its id as the `member` event names it."""
    view = till.shop.counter.identify(card, Source.NUMBER, by="reader")
    assert view.card is not None
    return view.card


def test_a_card_that_was_just_read_takes_the_place_of_a_lost_one(till: WebTill) -> None:
    account, card = till.member(), till.new_card()

    changed = till.post(f"members/{account}/cards/replacement", op=till.new_op(), card=f"read:{read(till, card)}")

    assert till.post("identify", card=card)["members"][0]["account"] == account
    assert changed["member"]["card"] == changed["card"]


def test_a_card_that_was_just_read_is_linked(till: WebTill) -> None:
    account, card = till.member(), till.new_card()

    till.post(f"members/{account}/cards", op=till.new_op(), card=f"read:{read(till, card)}")

    assert till.post("identify", card=card)["members"][0]["account"] == account


def test_a_card_that_was_not_read_here_is_nobody_s(till: WebTill) -> None:
    account = till.member()

    answer = till.pos.post(f"/v1/members/{account}/cards", json={"op": till.new_op(), "card": "read:no-such-card"})

    assert answer.status_code == 404
    assert error_of(answer)["hint"] == "read the card again"
