"""The customer's line display, on a display that keeps what it was shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from agent.daemon.display import CustomerDisplay
from agent.errors import OfflineError
from tests.drivers.wait import wait_until

SHOP = ("Corner Shop",)


def seen(state: str, name: str | None = "Ana", *, gain: int = 0, **balances: int) -> dict[str, Any]:
    """The data of a `display` event."""
    held = balances or {"points": 120}
    labels = {"points": "points", "coffee": "coffees"}
    return {
        "state": state,
        "name": name,
        "balances": [{"unit": unit, "label": labels[unit], "units": n, "gain": gain} for unit, n in held.items()],
        "punch_cards": [{"card": "coffee"}],
        "due": 1250,
    }


class Pole:
    """A display that can be away, and slow."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, ...]] = []
        self.is_away = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def show(self, lines: Sequence[str]) -> None:
        if self.is_away:
            raise OfflineError("unplugged")
        self.shown.append(tuple(lines))
        self.may_go_on.wait(5)

    def wait_for(self, *lines: tuple[str, ...]) -> None:
        wait_until(lambda: self.shown == list(lines), f"{lines} were shown")


@pytest.fixture
def pole() -> Pole:
    return Pole()


@pytest.fixture
def show(pole: Pole) -> Iterator[Callable[..., CustomerDisplay]]:
    displays: list[CustomerDisplay] = []

    def start(hold_s: float = 60.0) -> CustomerDisplay:
        displays.append(
            CustomerDisplay(
                pole,
                greeting="Corner Shop",
                language="en",
                money=lambda minor: f"\N{POUND SIGN}{minor / 100:.2f}",
                hold_s=hold_s,
                thanks_s=hold_s,
            )
        )
        displays[-1].start()
        return displays[-1]

    yield start
    for display in displays:
        display.stop()


def test_it_greets_and_shows_the_member_until_the_sale_is_done(
    pole: Pole, show: Callable[..., CustomerDisplay]
) -> None:
    display = show()
    pole.wait_for(SHOP)
    display.follow(seen("member"))
    pole.wait_for(SHOP, ("Ana", "120 points"))
    display.follow(seen("idle"))

    pole.wait_for(SHOP, ("Ana", "120 points"), SHOP)


def test_a_name_does_not_stay_when_nobody_buys(pole: Pole, show: Callable[..., CustomerDisplay]) -> None:
    display = show(hold_s=0.05)
    pole.wait_for(SHOP)
    display.follow(seen("member"))

    pole.wait_for(SHOP, ("Ana", "120 points"), SHOP)


def test_a_card_without_a_name_shows_its_balance_and_punches_are_no_balance(
    pole: Pole, show: Callable[..., CustomerDisplay]
) -> None:
    display = show()
    pole.wait_for(SHOP)
    display.follow(seen("member", None, coffee=3, points=7))

    pole.wait_for(SHOP, ("Corner Shop", "7 points"))


def test_a_display_that_is_away_shows_the_latest_when_it_is_back(
    pole: Pole, show: Callable[..., CustomerDisplay]
) -> None:
    pole.is_away = True
    display = show()
    for name in ("Ana", "Ben"):
        display.follow(seen("member", name))
    pole.is_away = False
    display.refresh()

    wait_until(lambda: pole.shown[-1:] == [("Ben", "120 points")], "the latest is shown")
    assert ("Ana", "120 points") not in pole.shown


def test_nobody_waits_for_a_display_that_is_slow(pole: Pole, show: Callable[..., CustomerDisplay]) -> None:
    pole.may_go_on.clear()
    display = show()
    pole.wait_for(SHOP)
    for name in ("Ana", "Ben", "Cem"):
        display.follow(seen("member", name))
    pole.may_go_on.set()

    pole.wait_for(SHOP, ("Cem", "120 points"))


def test_it_says_what_is_to_be_paid_what_the_sale_brings_and_thanks(
    pole: Pole, show: Callable[..., CustomerDisplay]
) -> None:
    display = show()
    pole.wait_for(SHOP)
    display.follow(seen("sale", gain=12))
    pole.wait_for(SHOP, ("To pay \N{POUND SIGN}12.50", "+12 points"))
    display.follow(seen("thanks", points=132))

    pole.wait_for(SHOP, ("To pay \N{POUND SIGN}12.50", "+12 points"), ("Thank you", "132 points"))


def test_the_thanks_give_way_to_the_greeting(pole: Pole, show: Callable[..., CustomerDisplay]) -> None:
    display = show(hold_s=0.05)
    pole.wait_for(SHOP)
    display.follow(seen("thanks"))

    pole.wait_for(SHOP, ("Thank you", "120 points"), SHOP)
