"""Identity cards by AAMVA's standard: told by their layout, refused as a kind of their own, kept out of own ranges."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Category, Read
from agent.devices.firewall.identity import is_identity_card
from agent.devices.firewall.recognise import (
    SWIPE_AGAIN,
    BadRead,
    BankCard,
    IdentityCard,
    NotOurs,
    OwnCard,
    Recognised,
    recognise,
)
from agent.loyalty.cards import CardRange, Source

TRACK_1 = "%CAHUNTINGTN BC^DOE$JOHN$MIDDLE^1234 MAPLE DR^?"
TRACK_2 = ";636014123456781=211219931223?"
TRACK_3 = "#!!12345    C     M507190BRNBRN D12345678912     EV/.R\\!?,2(?"
LICENCE = TRACK_1 + ";123456781234567=211219931223?" + TRACK_3  # aaronglang/MagStripeJS f2c9714 (MIT)
PDF417 = "@\n\x1e\rANSI 636026080102DL00410288ZA03290015DLDAQD12345678\nDCSDOE\nDBB08311978\n\r"


def swiped(text: str, *own: CardRange) -> Recognised:
    return recognise(Read("msr", Category.MSR, text.encode("latin-1"), 0), own)


def scanned(text: str, *own: CardRange) -> Recognised:
    return recognise(Read("scanner", Category.SCANNER, text.encode("latin-1"), 0), own)


@pytest.mark.parametrize(
    "swipe",
    [
        LICENCE,
        LICENCE.replace("?", "?\r"),
        TRACK_1,
        TRACK_2,
        f"%E?{TRACK_2}#E?",
        f"%E?;E?{TRACK_3}",
        f"%E?;E?{TRACK_3.replace('#', '%', 1)}",
        f"%E?;E?\r{TRACK_3.replace('#', '!', 1)}",
        "%TXSAN ANTONIO C^DOE$JANE",  # half a swipe
        "%VAVIRGINIA BEACDOE$JANE^1 MAIN ST^?",  # a city of 13 characters has no ^ after it
        ";6360141234567=250419850704?",
        ";60443112345678=991219850704?",
    ],
)
def test_an_identity_card_is_told_by_any_of_its_tracks(swipe: str) -> None:
    assert swiped(swipe) == IdentityCard()
    assert recognise(swipe, ()) == IdentityCard()


@pytest.mark.parametrize(
    "label", [PDF417, f"]L0{PDF417}", "ANSI 636026080102DL0041", "@\n\x1e\rAAMVA6360010102DL", "@ANSI 604431080102"]
)
def test_an_identity_cards_symbol_is_told_by_its_header(label: str) -> None:
    assert scanned(label) == IdentityCard()


@pytest.mark.parametrize("length", [13, 15, 18])
@pytest.mark.parametrize("prefix", ["", "1", "12345678", "6", "636", "63601"])
def test_a_number_on_an_identity_card_is_no_card_of_ours_though_it_lies_in_our_range(prefix: str, length: int) -> None:
    assert swiped(LICENCE, CardRange(prefix, length)) == IdentityCard()
    assert swiped(TRACK_2, CardRange(prefix, length)) == IdentityCard()


def test_a_programme_that_names_the_issuer_may_take_its_cards() -> None:
    own = CardRange("636014", 15)

    assert swiped(TRACK_2, own) == OwnCard("636014123456781", Source.NUMBER)
    assert swiped(LICENCE, own) == IdentityCard()


@pytest.mark.parametrize(
    "swipe",
    [
        "%B4111111111111111^DOE/JANE^25121010000000000000?;4111111111111111=25121010000000000000?",
        ";6360141111111111=49121010000000000000?",
        "%B4717270000000000^ALISON$MAYNE/B^0000000000000000000000000000000?",
        "%B4717270000000000^ALISON#MAYNE/B^0000000000000000000000000000000?",
        "%111?;222?+333?",
        ";636294000000000000027?",
        "#12345678901234567890",
    ],
)
def test_what_is_no_identity_card_is_not_taken_for_one(swipe: str) -> None:
    assert not is_identity_card(swipe)


def test_payment_cards_and_torn_swipes_stay_what_they_are() -> None:
    assert swiped("%B4111111111111111^DOE/JANE^25121010000000000000?") == BankCard("visa")
    assert swiped("%B4717270000000000^ALISON#MAYNE/B^00000000000000000000") == BadRead(SWIPE_AGAIN)
    assert isinstance(scanned("ANSI Z39.50"), NotOurs)


@given(st.sampled_from([LICENCE, TRACK_1, TRACK_2, PDF417]), st.text("%;?=^ 19A\r", max_size=9))
def test_nothing_of_an_identity_card_is_in_what_is_returned(card: str, after: str) -> None:
    for seen in (swiped(card + after, CardRange("", 15)), recognise(card + after, (CardRange("", 15),))):
        assert not re.search("[0-9]|DOE|CA|TX", repr(seen))


@given(st.text("%;?=^$#!@ 0123456789ABCMFDEN\n\r\x1e", max_size=300))
def test_any_text_is_looked_at_without_raising(text: str) -> None:
    is_identity_card(text)
