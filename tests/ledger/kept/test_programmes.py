import pytest

from agent.errors import ProgrammeError
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from tests.ledger.tills import opened
from tests.loyalty.shops import PROGRAMMES

COFFEE = (PROGRAMMES / "coffee-shop.toml").read_bytes()
GENERAL = (PROGRAMMES / "general-shop.toml").read_bytes().replace(b'"GBP"', b'"EUR"')


def test_a_till_has_no_programme_until_it_is_given_one(ledger: Ledger) -> None:
    assert programmes.current(ledger) is None


def test_an_adopted_programme_is_in_force_after_a_restart(ledger: Ledger) -> None:
    adopted = programmes.adopt(ledger, COFFEE)
    ledger.close()
    again = opened(ledger.path)
    found = programmes.current(again)
    again.close()

    assert found == adopted


def test_every_version_a_till_has_used_is_kept(ledger: Ledger) -> None:
    coffee, general = programmes.adopt(ledger, COFFEE), programmes.adopt(ledger, GENERAL)

    assert programmes.current(ledger) == general
    assert programmes.stored(ledger, coffee.version) == COFFEE
    assert programmes.adopt(ledger, COFFEE) == coffee == programmes.current(ledger)


def test_a_bad_programme_is_refused_and_the_old_one_stays(ledger: Ledger) -> None:
    adopted = programmes.adopt(ledger, COFFEE)
    with pytest.raises(ProgrammeError, match="unknown key"):
        programmes.adopt(ledger, COFFEE + b"[[prizes]]\n")

    assert programmes.current(ledger) == adopted


def test_a_programme_in_another_currency_than_the_books_is_refused(ledger: Ledger) -> None:
    programmes.adopt(ledger, COFFEE)

    with pytest.raises(ProgrammeError, match="the programme is in RON, the books of this till are in EUR"):
        programmes.adopt(ledger, COFFEE.replace(b'"EUR"', b'"RON"'))
    assert programmes.current(ledger) is not None


def test_the_books_keep_their_currency_though_the_programme_cannot_be_read_any_more(ledger: Ledger) -> None:
    programmes.adopt(ledger, COFFEE)
    with ledger.write() as conn:
        conn.execute("UPDATE programme SET data = CAST('of_old = true' || x'0a' || data AS BLOB)")

    with pytest.raises(ProgrammeError, match="the programme is in RON, the books of this till are in EUR"):
        programmes.adopt(ledger, COFFEE.replace(b'"EUR"', b'"RON"'))
    other = programmes.adopt(ledger, COFFEE + b"\n")
    assert programmes.current(ledger) == other


def test_which_units_are_money_is_asked_of_the_version_that_the_entry_names(ledger: Ledger) -> None:
    gift = b'[[units]]\nid = "gift"\nlabel = "gift card"\nmoney = true\n'
    plain, money = programmes.adopt(ledger, COFFEE), programmes.adopt(ledger, COFFEE + gift)
    of_version = programmes.money_units(ledger)

    assert [of_version(version) for version in (plain.version, money.version, "unknown", None)] == [
        frozenset(),
        frozenset({"gift"}),
        frozenset(),
        frozenset(),
    ]
    with ledger.write() as conn:
        conn.execute("UPDATE programme SET data = CAST('of_old = true' || x'0a' || data AS BLOB)")
    assert of_version(money.version) == {"gift"}  # each version is read once
    assert programmes.money_units(ledger)(money.version) == frozenset()
