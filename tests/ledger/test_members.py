import pytest

from agent.ledger.ledger import Ledger
from agent.ledger.members import (
    CardHolder,
    called,
    card_holder,
    first_name,
    holder,
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
    assert first_name(ledger, "nobody") is None


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

    assert called(ledger, "a") == ("Ada", end)


@pytest.mark.parametrize(("name", "first"), [("Ada Lovelace", "Ada"), (" Ada ", "Ada"), ("", None), (None, None)])
def test_a_slip_calls_a_member_by_the_first_name(ledger: Ledger, name: str | None, first: str | None) -> None:
    enrol(ledger, "a", {"name": name})

    assert first_name(ledger, "a") == first


def test_a_member_whose_key_is_gone_has_no_name_and_keeps_the_points(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada"})
    ledger.append(sale("op-1"))
    ledger.keys.destroy(["a"])

    found = holder(ledger, "a")
    assert (profile_of(ledger, "a"), first_name(ledger, "a")) == (None, None)
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
