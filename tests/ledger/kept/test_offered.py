"""What headquarters cannot have seen of this till's journal."""

from dataclasses import replace

from agent.journal.entry import Posting
from agent.journal.wire.place import Position
from agent.ledger.kept.held import note_held
from agent.ledger.kept.offered import note_offered, offered, unseen_lots
from agent.ledger.ledger import Ledger
from tests.ledger.kept.test_feed import Feed, told, up_to
from tests.ledger.tills import draft, earned, enrol, sale


def test_what_was_put_on_the_line_may_have_been_seen_whether_it_arrived_or_not(ledger: Ledger) -> None:
    epoch = ledger.identity.epoch
    assert offered(ledger) == 0
    for seq, known in ((2, 2), (5, 5), (3, 5)):
        note_offered(ledger, epoch, seq)
        assert offered(ledger) == known
    note_offered(ledger, "another", 9)

    assert offered(ledger) == 5


def test_what_headquarters_says_it_holds_was_seen_though_nobody_noted_it(ledger: Ledger) -> None:
    note_offered(ledger, ledger.identity.epoch, 2)
    note_held(ledger, [Position("another", 9), up_to(ledger, 3)])

    assert offered(ledger) == 3


def test_of_a_new_epoch_nothing_was_seen(ledger: Ledger) -> None:
    before = ledger.identity.epoch
    note_offered(ledger, before, 4)
    ledger.begin_epoch()
    note_offered(ledger, before, 7)

    assert offered(ledger) == 0
    note_offered(ledger, ledger.identity.epoch, 1)
    assert offered(ledger) == 1


def test_unseen_lots_are_what_entries_beyond_left_in_the_members_lots_of_each_unit(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada"})
    ledger.append(sale("seen", account="a", points=7))
    note_offered(ledger, ledger.identity.epoch, ledger.identity.seq)
    ledger.append(sale("one", account="a", points=5))
    ledger.append(draft("spent", postings=earned("a", -2, lot="one") + earned("a", -7, lot="seen")))
    ledger.append(draft("two", postings=earned("a", 3, lot="two") + earned("a", 1, lot="cup", unit="coffee")))
    ledger.append(draft("gone", postings=earned("a", 4, lot="gone")))
    ledger.append(draft("back", postings=earned("a", -4, lot="gone")))
    ledger.append(draft("shared", postings=earned("a", 6, lot="of-a") + earned("b", 8, lot="of-b")))

    assert unseen_lots(ledger, "a") == {"points": {"one": 3, "two": 3, "of-a": 6}, "coffee": {"cup": 1}}
    assert unseen_lots(ledger, "nobody") == {}


def test_what_ended_an_epoch_is_taken_for_seen(ledger: Ledger) -> None:
    ledger.append(sale("before", account="a", points=5))
    ledger.begin_epoch()
    ledger.append(sale("first", account="a", points=6))

    assert unseen_lots(ledger, "a") == {"points": {"first": 6}}


def test_the_unseen_lots_of_a_joined_account_are_the_members(ledger: Ledger) -> None:
    ledger.append(sale("on-a", account="a", points=5))
    Feed(ledger).tell(replace(told("b"), joined=("a",)))
    ledger.append(sale("on-b", account="b", points=6))
    till = (Posting("points", "issuance", -2), Posting("points", "till:till-1", 2, "draws"))
    ledger.append(draft("late", body={"account": "a", "redemptions": []}, postings=till))

    assert unseen_lots(ledger, "a") == unseen_lots(ledger, "b") == {"points": {"on-a": 5, "on-b": 6}}
