import pytest

from agent.errors import ProgrammeError
from agent.loyalty.programme import load
from agent.loyalty.programme.consent import Consent
from agent.loyalty.programme.without_card import Unproven, WithoutCard
from tests.loyalty.shops import HEAD, POINTS, programme


def test_a_programme_that_says_nothing_asks_for_a_proof_and_for_no_consent() -> None:
    read = load(f"{HEAD}{POINTS}".encode())

    assert read.without_card == WithoutCard(Unproven.PROOF, a_day=3, searches_an_hour=120, claim_days=14)
    assert read.consent == Consent()
    assert not read.consent.asks("marketing", "email")


def test_a_programme_says_what_it_asks() -> None:
    asked = '[without_card]\nspend = "never"\na_day = 1\nsearches_an_hour = 5\nclaim_days = 0\n'
    consent = '[consent]\ntext = "2026-1"\npurposes = ["marketing"]\nchannels = ["email"]\n'
    read = programme(POINTS, asked, consent)

    assert read.without_card == WithoutCard(Unproven.NEVER, a_day=1, searches_an_hour=5, claim_days=0)
    assert read.consent.asks("marketing", "email")
    assert not read.consent.asks("marketing", "sms")
    assert not read.consent.asks("analysis", "email")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('[without_card]\nspend = "maybe"\n', "must be one of proof, open, never"),
        ("[without_card]\na_day = 0\n", "a whole number from 1 to 100"),
        ("[without_card]\nclaim_days = 366\n", "a whole number from 0 to 365"),
        ('[consent]\ntext = "2026-1"\n', "name at least one each"),
        ('[consent]\ntext = "2026-1"\npurposes = ["fun"]\nchannels = ["email"]\n', "a list of marketing"),
        ('[consent]\ntext = "the text"\npurposes = ["marketing"]\nchannels = ["email"]\n', "text"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: str, why: str) -> None:
    with pytest.raises(ProgrammeError, match=why):
        programme(POINTS, said)


def test_no_programme_has_ranges_of_payment_tokens() -> None:
    cards = '[[cards]]\nprefix = ""\nlength = 16\nsource = "payment"\n'

    with pytest.raises(ProgrammeError, match="must be one of number, chip"):
        programme(POINTS, cards)
