from contextlib import closing

import pytest

from agent.journal.wire.place import Position
from agent.ledger import audit
from agent.ledger.kept.feed import CURSOR
from agent.ledger.kept.forgetting.dropping import drop_all
from agent.ledger.kept.forgetting.wiping import wipe
from agent.ledger.kept.held import note_held
from agent.ledger.kept.profiles.finding import Found, by_name, by_phone
from agent.ledger.ledger import Ledger
from agent.ledger.members import CardHolder, addressed, card_holder, holder, profile_of
from agent.loyalty.cards import Source
from tests.ledger.tills import derived, enrol, enrolment, opened, sale

NUMBER = "982600000006"
ADA = {"name": "Ada Quillfeather", "phone": "07700900123", "email": "ada@example.org", "birthday": "1987-06-05"}


def _heard(ledger: Ledger) -> None:
    """Headquarters holds everything up to now."""
    at = ledger.identity
    note_held(ledger, [Position(at.epoch, at.seq, at.head)])


@pytest.fixture
def known(ledger: Ledger) -> Ledger:
    """A till whose members headquarters knows, all but the last."""
    enrol(ledger, "a", ADA, number=NUMBER)
    ledger.append(sale("op-1", account="a", points=5))
    ledger.remember({CURSOR: b"somewhere"})
    _heard(ledger)
    enrol(ledger, "new", {"name": "Bob Newcomer"}, number="982600000014")
    return ledger


def test_names_go_and_cards_and_balances_stay(known: Ledger) -> None:
    before = derived(known)
    assert drop_all(known) == 2

    found = holder(known, "a")
    assert found is not None
    assert found.balance("points") == 5
    assert card_holder(known, NUMBER, Source.NUMBER) == CardHolder("card-of-a", "a")
    assert (profile_of(known, "a"), profile_of(known, "card-of-a"), addressed(known, "a")[0]) == (None, None, None)
    assert (by_name(known, "Quillfeather"), by_phone(known, "07700900123")) == ([], [])
    assert derived(known) == before
    assert audit.verify(known)


def test_what_headquarters_never_got_stays(known: Ledger) -> None:
    drop_all(known)

    assert profile_of(known, "new") == {"name": "Bob Newcomer"}
    assert by_name(known, "newcomer") == [Found("new", None)]
    assert known.keys.get("new") is not None


def test_a_till_that_headquarters_never_spoke_to_drops_nothing(ledger: Ledger) -> None:
    enrol(ledger, "a", ADA)

    assert drop_all(ledger) == 0
    assert profile_of(ledger, "a") == ADA


def test_a_profile_that_was_changed_since_stays_and_so_does_the_key_of_its_account(known: Ledger) -> None:
    renamed = known.keys.seal({"name": "Ada Featherquill"}, subject="a", account="a")
    known.append(enrolment("again", "a", renamed, opens=False))

    assert drop_all(known) == 1  # the card's
    assert profile_of(known, "a") == {"name": "Ada Featherquill"}
    assert card_holder(known, NUMBER, Source.NUMBER) == CardHolder("card-of-a", "a")


def test_the_keys_are_destroyed_and_the_feed_begins_anew(known: Ledger) -> None:
    lookup, till = known.keys.get("lookup"), known.keys.get_or_make("voucher.till")
    drop_all(known)

    assert known.keys.get("a") is None
    assert (known.keys.get("lookup"), known.keys.get("voucher.till")) == (lookup, till)
    assert known.recall(CURSOR) is None


def test_nothing_of_what_was_dropped_is_left_in_any_file(known: Ledger) -> None:
    with known.reading() as conn:
        sealed = [bytes(row[0]) for row in conn.execute("SELECT sealed FROM profile WHERE account = 'a'")]
    gone = [*sealed, known.keys.get("a") or b"", *known.keys.tokens(ADA)]
    drop_all(known)
    assert wipe(known, seconds=60) is None
    files = b"".join(file.read_bytes() for file in known.path.parent.iterdir())

    assert len(sealed) == 2
    assert [secret for secret in gone if secret in files] == []


def test_what_was_dropped_is_not_dropped_again(known: Ledger) -> None:
    drop_all(known)

    assert drop_all(known) == 0
    _heard(known)
    assert drop_all(known) == 2


def test_a_card_is_still_known_after_a_restart(known: Ledger) -> None:
    drop_all(known)
    known.close()
    with closing(opened(known.path)) as again:
        assert card_holder(again, NUMBER, Source.NUMBER) == CardHolder("card-of-a", "a")


def test_a_crowd_is_dropped_in_several_commits(ledger: Ledger) -> None:
    for number in range(60):
        enrol(ledger, f"a{number}", {"name": f"Quill{number}"})
    _heard(ledger)

    assert drop_all(ledger) == 60
    with ledger.reading() as conn:
        assert conn.execute("SELECT count(*) FROM profile").fetchone() == (0,)


def test_what_headquarters_lacks_of_an_epoch_that_is_over_stays(ledger: Ledger) -> None:
    places = []
    for accounts in (("a", "b"), ("c",), ("d", "e")):
        for account in accounts:
            enrol(ledger, account, {"name": account})
        places.append(ledger.identity)
        if account != "e":
            ledger.begin_epoch()
    first, _, third = places
    note_held(ledger, [Position(first.epoch, 2, bytes(32)), Position(third.epoch, 2, bytes(32))])

    assert drop_all(ledger) == 2
    assert {account for account in "abcde" if profile_of(ledger, account)} == {"b", "c", "e"}
