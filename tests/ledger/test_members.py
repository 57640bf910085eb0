import pytest

from agent.ledger.ledger import Ledger
from agent.ledger.members import (
    Called,
    CardHolder,
    accounts_from,
    addressed,
    born,
    called,
    card_holder,
    holder,
    is_erased,
    last_tap,
    profile_of,
    tapped,
)
from agent.loyalty.cards import Source
from agent.loyalty.sale import Lot, Status
from tests.ledger.tills import draft, earned, enrol, enrolment, sale

NUMBER = "982600000006"


def _join(ledger: Ledger, account: str, into: str) -> None:
    with ledger.write() as conn:
        conn.execute("INSERT INTO joined VALUES (?, ?)", (account, into))
    ledger.reload_joined()


def test_a_card_leads_to_its_account(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada"}, number=NUMBER)

    assert card_holder(ledger, NUMBER, Source.NUMBER) == CardHolder("card-of-a", "a")
    assert card_holder(ledger, NUMBER, Source.CHIP) is None
    assert card_holder(ledger, NUMBER[:-1], Source.NUMBER) is None


def test_a_card_of_a_joined_account_leads_to_the_account_it_is_part_of(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada"}, number=NUMBER)
    enrol(ledger, "b", {"name": "Ada"})
    _join(ledger, "a", "b")

    found = card_holder(ledger, NUMBER, Source.NUMBER)
    assert found is not None
    assert found.account == "b"


def test_a_member_holds_what_the_entries_gave(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada"})
    ledger.append(sale("op-1", points=3))
    ledger.append(sale("op-2", points=4))
    ledger.append(draft("op-3", postings=earned("a", -3, lot="op-1")))
    ledger.append(draft("op-4", postings=earned("a", 2, lot="punches", unit="coffee")))

    found = holder(ledger, "a")
    assert found is not None
    assert (found.account, found.status) == ("a", Status.REGULAR)
    assert dict(found.lots) == {"points": (Lot("op-2", 4),), "coffee": (Lot("punches", 2),)}


def test_an_account_opened_by_a_card_is_provisional_until_it_is_enrolled(ledger: Ledger) -> None:
    number = ledger.keys.seal({"number": NUMBER, "source": "number"}, subject="c", account="a")
    ledger.append(draft("op-1", kind="card_opened", body={"account": "a", "card": "c"}, profiles=(number,)))
    before = holder(ledger, "a")
    name = ledger.keys.seal({"name": "Ada"}, subject="a", account="a")
    ledger.append(enrolment("op-2", "a", name, opens=False))
    after = holder(ledger, "a")

    assert before is not None
    assert after is not None
    assert (before.status, after.status) == (Status.PROVISIONAL, Status.REGULAR)
    assert card_holder(ledger, NUMBER, Source.NUMBER) == CardHolder("c", "a")


def test_an_account_nobody_knows_is_none(ledger: Ledger) -> None:
    assert holder(ledger, "nobody") is None
    assert profile_of(ledger, "nobody") is None
    assert addressed(ledger, "nobody")[0] is None


def test_a_joined_account_is_held_by_the_account_it_is_part_of(ledger: Ledger) -> None:
    enrol(ledger, "b", {"name": "Ada"})
    _join(ledger, "a", "b")
    ledger.append(sale("op-1", account="a"))

    found = holder(ledger, "a")
    assert found is not None
    assert (found.account, found.balance("points")) == ("b", 3)


@pytest.mark.parametrize(
    ("phone", "end"), [("+44 7700 900123", "123"), ("900123", None), ("9001234", "234"), (None, None)]
)
def test_a_cashier_tells_namesakes_apart_by_how_their_numbers_end(
    ledger: Ledger, phone: str | None, end: str | None
) -> None:
    enrol(ledger, "a", {"name": "Ada", "phone": phone})

    assert called(ledger, "a") == Called("Ada", "Ada", end)


@pytest.mark.parametrize(("name", "first"), [("Ada Lovelace", "Ada"), (" Ada ", "Ada"), ("", None), (None, None)])
def test_a_slip_calls_a_member_by_the_first_name(ledger: Ledger, name: str | None, first: str | None) -> None:
    enrol(ledger, "a", {"name": name})

    assert addressed(ledger, "a")[0] == first


def test_a_member_whose_key_is_gone_has_no_name_and_keeps_the_points(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada"})
    ledger.append(sale("op-1"))
    ledger.keys.destroy(["a"])

    found = holder(ledger, "a")
    assert (profile_of(ledger, "a"), addressed(ledger, "a")[0]) == (None, None)
    assert found is not None
    assert found.balance("points") == 3


def test_the_last_tap_of_a_card_is_the_highest_whatever_id_it_was_remembered_under(ledger: Ledger) -> None:
    for account in ("b", "a"):  # another till had met the card, too, and headquarters told
        enrol(ledger, account, {"name": "Ada"}, number=NUMBER)
    assert last_tap(ledger, NUMBER, Source.NUMBER) is None

    ledger.remember(tapped("card-of-b", 256))
    assert card_holder(ledger, NUMBER, Source.NUMBER) == CardHolder("card-of-a", "a")
    assert last_tap(ledger, NUMBER, Source.NUMBER) == 256
    ledger.remember(tapped("card-of-a", 65_535))
    assert last_tap(ledger, NUMBER, Source.NUMBER) == 65_535
    assert last_tap(ledger, NUMBER[:-1] + "0", Source.NUMBER) is None


def test_a_card_number_of_two_accounts_is_the_households_and_of_several_the_one_that_may_least(ledger: Ledger) -> None:
    number = ledger.keys.seal({"number": NUMBER, "source": "number"}, subject="c1", account="a")
    ledger.append(draft("begun", kind="card_opened", body={"account": "a", "card": "c1"}, profiles=(number,)))
    assert card_holder(ledger, NUMBER, Source.NUMBER) == CardHolder("c1", "a")
    for card, role in (("c2", "spend"), ("c3", "earn"), ("c4", "spend")):
        home = f"home-{card}"
        enrol(ledger, home, {"name": "Ada"})
        number = ledger.keys.seal({"number": NUMBER, "source": "number"}, subject=card, account=home)
        linked = {"account": home, "card": card, "role": role}
        ledger.append(draft(f"link-{card}", kind="card_linked", body=linked, profiles=(number,)))

    assert card_holder(ledger, NUMBER, Source.NUMBER) == CardHolder("c3", "home-c3")


@pytest.mark.parametrize(
    ("birthday", "day"), [("1987-06-05", "06-05"), ("0000-02-29", "02-29"), ("", None), (None, None)]
)
def test_of_a_birthday_the_till_tells_the_day_and_never_the_year(
    ledger: Ledger, birthday: str | None, day: str | None
) -> None:
    enrol(ledger, "b", {"name": "Ada", "birthday": birthday})
    _join(ledger, "a", "b")

    assert (born(ledger, "a"), born(ledger, "b"), born(ledger, "nobody")) == (day, day, None)


def test_a_slip_speaks_the_members_language_if_it_is_known(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada Lovelace", "language": "ro"})
    enrol(ledger, "b", {"name": "Ion"})
    _join(ledger, "old", "a")

    assert [addressed(ledger, account) for account in ("a", "old", "b", "nobody")] == [
        ("Ada", "ro"),
        ("Ada", "ro"),
        ("Ion", None),
        (None, None),
    ]
    assert addressed(ledger, "old")[0] == "Ada"
    assert called(ledger, "old") == called(ledger, "a")


def test_only_who_was_erased_is_said_to_be(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada"})
    _join(ledger, "old", "a")
    before = [is_erased(ledger, account) for account in ("a", "old", "nobody")]
    ledger.append(draft("erase", kind="member_erased", body={"account": "a"}))

    assert before == [False, False, False]
    assert [is_erased(ledger, account) for account in ("a", "old", "nobody")] == [True, True, False]


def test_accounts_are_found_by_how_their_ids_begin_as_what_they_are_part_of_by_now(ledger: Ledger) -> None:
    for account in ("ab1", "ab2", "ac", "b", "ab"):
        enrol(ledger, account, {"name": "Ada"})
    _join(ledger, "abz", "b")

    assert accounts_from(ledger, "ab") == ["ab", "ab1", "ab2", "b"]
    assert accounts_from(ledger, "ab2") == ["ab2"]
    assert accounts_from(ledger, "abz") == ["b"]
    assert accounts_from(ledger, "x") == []
