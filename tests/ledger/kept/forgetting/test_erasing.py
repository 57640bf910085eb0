import sqlite3
from contextlib import closing
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.journal.batch import pack
from agent.journal.wire.form import BATCH_TYPE, compress
from agent.ledger import audit
from agent.ledger.kept.forgetting import erasing
from agent.ledger.kept.forgetting.deleting import WIPES, call_for_wipe
from agent.ledger.kept.forgetting.wiping import wipe
from agent.ledger.kept.in_flight import BODY, TYPE
from agent.ledger.kept.profiles.finding import Found, by_name
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.ledger.members import addressed, card_holder, card_role, holder, last_tap, profile_of, tapped
from agent.ledger.outbox import items_after
from agent.ledger.records import Draft
from agent.loyalty.cards import Source
from agent.loyalty.sale import Status
from tests.ledger.tills import derived, draft, enrol, opened, sale

NUMBER = "982600000006"
ADA = {"name": "Ada Quillfeather", "phone": "07700900123", "email": "ada@example.org", "birthday": "1987-06-05"}


def erased(op: str, account: str) -> Draft:
    return draft(op, kind="member_erased", body={"account": account})


def send(ledger: Ledger) -> None:
    """Let a request be in flight, with all that headquarters does not have."""
    receiver = X25519PrivateKey.generate().public_key()
    items = items_after(ledger, ledger.identity.epoch, 0, entries_max=100, bytes_max=10**6, receiver=receiver)
    ledger.remember({TYPE: BATCH_TYPE.encode(), BODY: compress(pack(items))})


@pytest.fixture
def household(ledger: Ledger) -> Ledger:
    """A member with a card, a person of the household with one, a sale, a slip; and somebody else."""
    enrol(ledger, "a", ADA, number=NUMBER)
    person: dict[str, Any] = {"name": "Ion Quillfeather", "phone": "07700900124", "number": "04AA", "source": "chip"}
    linked = ledger.keys.seal(person, subject="card-2", account="a")
    body = {"account": "a", "card": "card-2", "role": "earn"}
    ledger.append(draft("link", kind="card_linked", body=body, profiles=(linked,)))
    ledger.append(sale("op-1", account="a", points=5))
    ledger.remember(tapped("card-2", 7))
    enrol(ledger, "b", {"name": "Bob Quillfeather"})
    return ledger


def test_nobody_leads_to_an_erased_member_and_the_books_are_as_they_were(household: Ledger) -> None:
    before = holder(household, "a")
    household.append(erased("erase", "a"))
    after = holder(household, "a")

    assert before is not None
    assert after is not None
    assert (after.status, after.lots) == (Status.BLOCKED, before.lots)
    assert by_name(household, "quillfeather") == [Found("b", None)]
    assert [profile_of(household, subject) for subject in ("a", "card-of-a", "card-2")] == [None] * 3
    assert (card_holder(household, NUMBER, Source.NUMBER), card_holder(household, "04AA", Source.CHIP)) == (None, None)
    assert (last_tap(household, "04AA", Source.CHIP), household.recall("tap:card-2")) == (None, None)
    assert card_role(household, "card-2") == "earn"
    assert addressed(household, "b")[0] == "Bob"
    assert audit.verify(household)


def test_rebuilding_keeps_the_erased_erased(household: Ledger) -> None:
    household.append(erased("erase", "a"))
    before = derived(household)
    audit.rebuild(household)

    assert derived(household) == before
    assert ("a", "erased") in before["account"]


def test_an_account_that_was_joined_into_an_erased_one_is_erased_with_it(household: Ledger) -> None:
    with household.write() as conn:
        conn.execute("INSERT INTO joined VALUES ('b', 'a')")
    household.reload_joined()
    household.append(erased("erase", "b"))
    erasing.finish(household, seconds=60)

    assert (profile_of(household, "a"), profile_of(household, "b")) == (None, None)
    assert (household.keys.get("a"), household.keys.get("b")) == (None, None)


def test_the_key_is_destroyed_when_the_erasure_is_finished(household: Ledger) -> None:
    household.append(erased("erase", "a"))
    assert erasing.pending(household) == ["a"]

    assert erasing.finish(household, seconds=60) == ()
    assert (erasing.pending(household), household.keys.get("a")) == ([], None)
    assert household.keys.get("b") is not None
    assert erasing.finish(household, seconds=60) == ()


def test_an_erasure_that_a_power_cut_stopped_goes_on_after_the_next_open(household: Ledger) -> None:
    household.append(erased("erase", "a"))
    household.close()
    with closing(opened(household.path)) as again:
        assert again.keys.get("a") is not None
        assert erasing.finish(again, seconds=60) == ()
        assert again.keys.get("a") is None


def test_a_request_in_flight_is_waited_for_and_never_changed(household: Ledger) -> None:
    send(household)
    body = household.recall(BODY)
    household.append(erased("erase", "a"))

    assert erasing.finish(household, seconds=60) == ("request",)
    assert (household.recall(BODY), erasing.pending(household)) == (body, ["a"])
    assert household.keys.get("a") is None  # what can be done is done at once
    send(household)  # the next request, after the answer
    assert erasing.finish(household, seconds=60) == ()


def test_a_request_about_others_is_not_waited_for(household: Ledger) -> None:
    household.append(erased("erase", "a"))
    send(household)

    assert erasing.finish(household, seconds=60) == ()


def test_somebody_who_reads_the_files_is_waited_for(household: Ledger) -> None:
    household.append(erased("erase", "a"))
    with closing(sqlite3.connect(household.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()

        assert erasing.finish(household, seconds=60) == ("reader",)
        reader.execute("COMMIT")
        assert erasing.finish(household, seconds=60) == ()


def test_an_erasure_is_worked_on_as_long_as_it_may(household: Ledger) -> None:
    household.append(erased("erase", "a"))

    assert erasing.finish(household, seconds=0) == ("search",)
    assert erasing.finish(household, seconds=60) == ()


def test_printed_slips_are_emptied_and_one_to_be_printed_is_printed_without_a_name(household: Ledger) -> None:
    household.append(sale("op-2", account="a"))
    household.append(sale("op-3", account="b"))
    queue = SlipQueue(household)
    queue.mark_slips({1: "confirmed", 3: "confirmed"})
    household.append(erased("erase", "a"))
    jobs = [queue.slip(number) for number in (1, 2, 3)]

    assert [job and (job.state, job.is_emptied) for job in jobs] == [
        ("confirmed", True),
        ("queued", False),
        ("confirmed", False),
    ]
    assert addressed(household, "a")[0] is None


def test_an_erased_profile_does_not_travel(household: Ledger) -> None:
    household.append(erased("erase", "a"))
    erasing.finish(household, seconds=60)
    receiver = X25519PrivateKey.generate().public_key()
    items = items_after(household, household.identity.epoch, 0, entries_max=100, bytes_max=10**6, receiver=receiver)

    assert [profile.subject for item in items for profile in item.profiles] == ["b"]


def test_who_was_erased_is_erased_again_in_a_ledger_that_came_back(household: Ledger) -> None:
    keys = {name: household.keys.get_or_make(name) for name in ("a", "b")}
    with household.reading() as conn:
        profiles = conn.execute("SELECT subject, account, sealed FROM profile").fetchall()
    household.append(erased("erase", "a"))
    erasing.finish(household, seconds=60)
    household.keys.adopt(keys)  # as a backup of the keys would bring them, and one of the ledger the profiles
    with household.write() as conn:
        conn.executemany("INSERT OR IGNORE INTO profile (subject, account, sealed) VALUES (?, ?, ?)", profiles)
    assert profile_of(household, "a") == ADA

    assert erasing.erase_again(household) == 1
    assert erasing.finish(household, seconds=60) == ()
    assert (profile_of(household, "a"), household.keys.get("a")) == (None, None)
    assert addressed(household, "b")[0] == "Bob"


@pytest.mark.parametrize(
    "body", [b"no frame at all", compress(b"no batch"), None], ids=["no frame", "no batch", "none"]
)
def test_a_request_that_cannot_be_looked_into_is_waited_for(household: Ledger, body: bytes | None) -> None:
    household.remember({TYPE: BATCH_TYPE.encode(), **({} if body is None else {BODY: body})})
    household.append(erased("erase", "a"))

    assert erasing.finish(household, seconds=60) == ("request",)
    household.remember({TYPE: b"application/json", BODY: b"{}"})
    assert erasing.finish(household, seconds=60) == ()


def test_a_wipe_that_is_called_for_while_another_is_done_is_not_taken_for_done(household: Ledger) -> None:
    for times in (b"1", b"2"):
        with household.write() as conn:
            call_for_wipe(conn)
        assert household.recall(WIPES) == times
    assert wipe(household, seconds=60) is None
    assert household.recall(WIPES) is None
