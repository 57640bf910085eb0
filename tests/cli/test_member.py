import sqlite3
from pathlib import Path

import pytest

from tests.cli.said import Said, tally
from tests.till_files import TillFiles, card_number, counter_of, set_up

FOREIGN = "123456789012"
BANK_CARD = "4111111111111111"  # published by Visa for tests


def find(files: TillFiles, *words: str) -> Said:
    return tally("member", "find", *words, "-c", files.config, "--json")


@pytest.mark.parametrize(
    "by", [("--name", "testova ana"), ("--phone", "+44 7700 900123"), ("--card", card_number(1))], ids=lambda by: by[0]
)
def test_a_member_is_found_by_name_phone_or_card(shop: TillFiles, by: tuple[str, str]) -> None:
    (found,) = find(shop, *by).json

    assert found["name"] == "Ana"  # the till shows no more of a name than it needs
    assert found["balances"] == {"points": 123 + 3 - 20 - 60}


@pytest.mark.parametrize("by", [("--name", "Ben"), ("--phone", "07700 900999"), ("--card", card_number(2))])
def test_nobody_found_is_an_empty_list(shop: TillFiles, by: tuple[str, str]) -> None:
    assert find(shop, *by).json == []
    assert tally("member", "find", *by, "-c", shop.config).out == "none\n"


@pytest.mark.parametrize("number", [FOREIGN, BANK_CARD])
def test_another_card_is_refused_and_not_repeated(shop: TillFiles, number: str) -> None:
    said = find(shop, "--card", number)

    assert said.refusal == "that is not a card of this programme"
    assert number not in said.err


def test_a_member_is_shown_with_what_is_nearest(shop: TillFiles) -> None:
    (found,) = find(shop, "--name", "Ana").json

    shown = tally("member", "show", found["account"], "-c", shop.config, "--json").json
    text = tally("member", "show", found["account"], "-c", shop.config).out

    assert shown == found
    assert "name      Ana\n" in text
    assert "454 points to £5.00 off" in text


def test_an_account_that_nobody_has_is_refused(shop: TillFiles) -> None:
    said = tally("member", "show", "nobody", "-c", shop.config)

    assert said.refusal == "no account ending in 'body' on this till"


def test_a_member_is_enrolled_without_an_agent_and_once(shop: TillFiles) -> None:
    typed = ("member", "enrol", "--op", "E-2", "--name", "Ben Test", "--card", card_number(2), "-c", shop.config)

    first, second = tally(*typed, "--json").json, tally(*typed, "--json").json

    (found,) = find(shop, "--name", "Ben").json
    assert first["account"] == second["account"] == found["account"]
    assert (first["repeated"], second["repeated"]) == (False, True)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--name", "Ana 4111 1111 1111 1111", "name holds a card's number"),
        ("--op", "123456789012", "op has 12 digits or more in a row"),
    ],
)
def test_what_the_api_refuses_is_refused_without_an_agent_too(
    shop: TillFiles, option: str, value: str, words: str
) -> None:
    options = {"--op": "E-9", "--name": "Ana Pop"} | {option: value}
    said = tally("member", "enrol", "-c", shop.config, *(word for pair in options.items() for word in pair))

    assert words in said.refusal
    assert "4111" not in said.out + said.err


def test_a_member_is_enrolled_through_the_running_agent(running: TillFiles) -> None:
    typed = ("member", "enrol", "--op", "E-3", "--name", "Cora Test", "--card", card_number(3), "-c", running.config)

    first, second = tally(*typed, "--json").json, tally(*typed, "--json").json

    assert set(first) == {"account", "card", "repeated"}
    assert first == {**second, "repeated": False}
    assert [found["account"] for found in find(running, "--card", card_number(3)).json] == [first["account"]]


@pytest.mark.parametrize("till", ["running", "shop"])
def test_a_card_is_added_to_a_members_account_once(till: str, request: pytest.FixtureRequest) -> None:
    files: TillFiles = request.getfixturevalue(till)
    enrolled = tally("member", "enrol", "--op", "E-6", "--name", "Gus Test", "-c", files.config, "--json").json
    typed = ("member", "link", enrolled["account"], "--op", "L-1", "--card", card_number(6), "-c", files.config)

    first, second = tally(*typed, "--role", "earn", "--json").json, tally(*typed, "--role", "earn", "--json").json

    assert first == {**second, "repeated": False}
    assert (first["account"], first["role"]) == (enrolled["account"], "earn")
    assert [found["account"] for found in find(files, "--card", card_number(6)).json] == [enrolled["account"]]


def test_the_agents_refusal_is_told_with_its_hint(running: TillFiles) -> None:
    tally("member", "enrol", "--op", "E-4", "--name", "Dan Test", "-c", running.config)

    said = tally("member", "enrol", "--op", "E-4", "--name", "Eve Test", "-c", running.config)

    assert "'E-4'" in said.refusal
    assert "use a new op" in said.err


@pytest.mark.parametrize("till", ["running", "shop"])
def test_enrolling_on_a_bank_card_is_refused_and_not_repeated(till: str, request: pytest.FixtureRequest) -> None:
    files: TillFiles = request.getfixturevalue(till)

    said = tally("member", "enrol", "--op", "E-5", "--name", "Fay", "--card", BANK_CARD, "-c", files.config)

    assert "card" in said.refusal
    assert BANK_CARD not in said.err


@pytest.mark.parametrize("till", ["running", "shop"])
def test_a_member_is_erased_for_good(till: str, request: pytest.FixtureRequest) -> None:
    files: TillFiles = request.getfixturevalue(till)
    typed = ("--name", "Gil Erasable", "--email", "gil@example.org")
    account = tally("member", "enrol", "--op", "E-gil", *typed, "-c", files.config, "--json").json["account"]
    asked = ("member", "erase", account, "--op", "X-gil", "-c", files.config, "--json")
    assert find(files, "--email", "GIL@example.org").json != []

    assert tally(*asked).status == 1  # nobody said yes
    erased, again = tally(*asked, "--yes").json, tally(*asked, "--yes").json

    assert erased == {"account": account, "pending": [], "repeated": False}
    assert again == {**erased, "repeated": True}
    assert find(files, "--email", "gil@example.org").json == find(files, "--name", "Erasable").json == []
    assert tally("ledger", "verify", "-c", files.config).status == 0


def test_without_a_programme_it_is_said_what_lacks(tmp_path: Path) -> None:
    files = set_up(tmp_path, programme=None)
    with counter_of(files):
        pass

    assert find(files, "--name", "Ana").refusal == "this till has no programme yet"


def test_a_balance_is_derived_entry_by_entry(shop: TillFiles) -> None:
    (found,) = find(shop, "--name", "Ana").json

    explained = tally("member", "explain", found["account"], "-c", shop.config, "--json").json

    points = [(step["op"], step["amount"]) for step in explained["steps"] if step["unit"] == "points"]
    assert points == [("S-1", 123), ("R-1", -100), ("U-1", 100), ("R-2", -20), ("S-2", 3), ("F-1", -60)]
    assert explained["balances"]["points"] == found["balances"]["points"]
    assert explained["differences"] == []
    text = tally("member", "explain", found["account"], "-c", shop.config).out
    assert "redemption_undone" in text


def test_a_table_that_holds_anything_else_is_told_with_exit_status_1(shop: TillFiles) -> None:
    (found,) = find(shop, "--name", "Ana").json
    with sqlite3.connect(shop.ledger) as conn:
        conn.execute("UPDATE lot SET amount = amount + 1 WHERE unit = 'points'")
    conn.close()

    said = tally("member", "explain", found["account"], "-c", shop.config)

    assert said.status == 1
    assert "tally ledger rebuild" in said.out


def test_the_balance_of_nobody_is_not_derived(shop: TillFiles) -> None:
    assert "body" in tally("member", "explain", "nobody", "-c", shop.config).refusal
