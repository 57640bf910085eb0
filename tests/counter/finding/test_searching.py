"""Looking members up: what is shown, how often it may be done, and what the log says of it."""

import logging

import pytest

from agent.counter import EnrolAsk, FindAsk
from agent.counter.finding.searching import Searches
from agent.errors import InvalidError, NotAllowedError
from tests.counter.shops import BY, Shop, open_shop
from tests.loyalty.shops import POINTS, programme

HOUR_MS = 3600 * 1000
FEW = '[without_card]\nspend = "open"\nsearches_an_hour = 2\n'


def found(shop: Shop, **said: str) -> list[tuple[str | None, str | None]]:
    return [(one.masked, one.phone_end) for one in shop.counter.find(FindAsk(**said), by=BY)]


@pytest.fixture
def members(shop: Shop) -> Shop:
    """Ana Ștefănescu, whose name is written in many ways, and Пётр Жуков."""
    ana = EnrolAsk("E-1", name="Ana Maria Ștefănescu", phone="0722 000 123", email="Ana@Example.org")
    shop.counter.enrol(ana, by=BY)
    shop.counter.enrol(EnrolAsk("E-2", name="Пётр Жуков", phone="0722 000 456"), by=BY)
    return shop


@pytest.mark.parametrize(
    "said",
    [
        {"phone": "+40 722 000 123"},
        {"email": "ana@example.org"},
        {"name": "stefanescu"},
        {"name": "ana stefanesku"},
        {"name": "Анна Штефанеску"},
    ],
)
def test_a_member_is_found_and_shown_by_first_name_initial_and_three_digits(
    members: Shop, said: dict[str, str]
) -> None:
    assert found(members, **said) == [("Ana Ș.", "123")]


@pytest.mark.parametrize("name", ["Petr Zhukov", "piotr jukov", "Жуков"])
def test_a_name_in_other_letters_is_found(members: Shop, name: str) -> None:
    assert found(members, name=name) == [("Пётр Ж.", "456")]


def test_who_has_one_name_is_shown_by_it(shop: Shop) -> None:
    shop.counter.enrol(EnrolAsk("E-1", name="Ana", phone="0722000123"), by=BY)

    assert found(shop, name="ana") == [("Ana", "123")]


@pytest.mark.parametrize("said", [{}, {"phone": "0722000123", "name": "Ana"}])
def test_one_thing_is_looked_for(said: dict[str, str]) -> None:
    with pytest.raises(InvalidError, match="one of phone, e-mail and name"):
        FindAsk(**said)


def test_more_searches_than_the_programme_allows_are_refused_until_an_hour_has_passed() -> None:
    searches = Searches()
    for at in (0, 60_000):
        searches.count(at, most=2)

    with pytest.raises(NotAllowedError, match="2 searches in an hour are used up: the next one in 58 min") as refused:
        searches.count(120_000, most=2)
    searches.count(HOUR_MS, most=2)

    assert refused.value.hint == "ask for the card, or sell without it"
    with pytest.raises(NotAllowedError, match="in 1 min"):
        searches.count(HOUR_MS + 1, most=2)


def test_the_counter_counts_and_logs_searches_and_never_what_was_looked_for(
    tmp_path: object, caplog: pytest.LogCaptureFixture
) -> None:
    with open_shop(tmp_path, programme=programme(POINTS, FEW)) as shop, caplog.at_level(logging.INFO):  # type: ignore[arg-type]
        shop.counter.enrol(EnrolAsk("E-1", name="Ana Testova", phone="0722000123"), by=BY)
        found(shop, name="Testova")
        found(shop, phone="0722000123")
        with pytest.raises(NotAllowedError, match="2 searches"):
            found(shop, email="ana@example.org")

    logged = [record.getMessage() for record in caplog.records if "search" in record.name]
    assert logged == [
        "search by name: 1 found, by=checkout",
        "search by phone: 1 found, by=checkout",
        "search refused: the hour's searches are used up, by=checkout",
    ]


def test_an_ask_does_not_show_what_is_looked_for() -> None:
    assert "0722" not in repr(FindAsk(phone="0722000123"))
