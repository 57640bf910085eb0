"""Epochs, and what of them is sent to headquarters."""

from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.errors import (
    JournalError,
    LedgerError,
    OutcomeUnknownError,
)
from agent.journal.chain import GENESIS
from agent.journal.entry import decode_entry
from agent.journal.sealed import unseal, unwrap_key
from agent.ledger.clock import TillClock
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import RESTORED, head_at, items_after, restored_over
from tests.ledger.tills import TILL, derived, enrol, enrolment, opened, sale


def test_a_new_epoch_counts_from_one_and_names_what_it_grew_from(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    before = ledger.identity
    ledger.begin_epoch()
    now = ledger.identity
    opening = ledger.find(f"epoch:{now.epoch}")

    assert (now.seq, now.epoch != before.epoch) == (1, True)
    assert opening is not None
    assert opening.entry.body == {"parent_epoch": before.epoch, "parent_head": before.head.hex(), "parent_seq": 2}
    assert ledger.append(sale("op-2")).entry.seq == 2
    assert ledger.epochs() == [before, ledger.identity]


def test_an_op_stays_used_in_every_later_epoch(ledger: Ledger) -> None:
    first = ledger.append(sale("op-1"))
    ledger.begin_epoch()

    assert ledger.find("op-1") == first
    with pytest.raises(OutcomeUnknownError):
        ledger.append(sale("op-1"))


def test_a_ledger_reopens_in_its_last_epoch(path: Path) -> None:
    with closing(opened(path)) as ledger:
        ledger.begin_epoch()
        ledger.append(sale("op-1"))
        stood, epochs = ledger.identity, ledger.epochs()
    with closing(opened(path)) as ledger:
        assert (ledger.identity, ledger.epochs()) == (stood, epochs)


def test_an_epoch_that_cannot_begin_leaves_the_old_one_in_force(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    stood = ledger.identity
    with ledger.reading() as conn:
        conn.execute("CREATE TEMP TRIGGER no BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk'); END")
    with pytest.raises(OutcomeUnknownError):
        ledger.begin_epoch()

    assert (ledger.identity, len(ledger.epochs())) == (stood, 1)
    assert ledger.append(sale("op-2")).entry.seq == stood.seq + 1


def test_an_epoch_that_fails_before_it_is_written_leaves_the_old_one_in_force(path: Path) -> None:
    wall_ms = [1_714_550_400_000]
    clock = TillClock("UTC", alone=True, wall_ns=lambda: wall_ms[0] * 10**6)
    with closing(Ledger.open(path, till=TILL, clock=clock)) as ledger:
        stood = ledger.identity
        wall_ms[0] = 2**53  # no entry can say so
        with pytest.raises(JournalError, match="cannot encode"):
            ledger.begin_epoch()
        wall_ms[0] = 1_714_550_400_000

        assert (ledger.identity, len(ledger.epochs())) == (stood, 1)
        assert ledger.append(sale("op-1")).entry.seq == 2


def _sent(ledger: Ledger, epoch: str, seq: int, *, entries: int = 100, size: int = 10**6) -> list[str]:
    receiver = X25519PrivateKey.generate().public_key()
    items = items_after(ledger, epoch, seq, entries_max=entries, bytes_max=size, receiver=receiver)
    return [decode_entry(item.data).op for item in items]


def test_what_follows_a_place_is_sent_in_order(ledger: Ledger) -> None:
    epoch = ledger.identity.epoch
    for i in range(5):
        ledger.append(sale(f"op-{i}"))

    assert _sent(ledger, epoch, 1) == [f"op-{i}" for i in range(5)]
    assert _sent(ledger, epoch, 4) == ["op-3", "op-4"]
    assert _sent(ledger, epoch, 6) == _sent(ledger, epoch, 99) == []


def test_a_batch_ends_at_its_limits_but_never_holds_nothing(ledger: Ledger) -> None:
    epoch = ledger.identity.epoch
    for i in range(3):
        ledger.append(sale(f"op-{i}"))
    with ledger.reading() as conn:
        size = conn.execute("SELECT length(bytes) FROM entry WHERE op = 'op-0'").fetchone()[0]

    assert _sent(ledger, epoch, 1, entries=2) == ["op-0", "op-1"]
    assert _sent(ledger, epoch, 1, size=1) == ["op-0"]
    assert _sent(ledger, epoch, 1, size=2 * size - 1) == ["op-0"]
    assert _sent(ledger, epoch, 1, size=2 * size) == ["op-0", "op-1"]


def test_an_epoch_is_sent_up_to_its_own_end(ledger: Ledger) -> None:
    old = ledger.identity.epoch
    ledger.append(sale("op-1"))
    ledger.begin_epoch()
    new = ledger.identity.epoch
    ledger.append(sale("op-2"))

    assert _sent(ledger, old, 0) == [f"epoch:{old}", "op-1"]
    assert _sent(ledger, new, 0) == [f"epoch:{new}", "op-2"]
    with pytest.raises(LedgerError, match="has no epoch 'other'"):
        _sent(ledger, "other", 0)


def test_a_profile_travels_with_its_entry_and_opens_for_the_receiver_only(ledger: Ledger) -> None:
    receiver = X25519PrivateKey.generate()
    enrol(ledger, "a", {"name": "Ada"}, number="982600000006")
    _, item = items_after(
        ledger, ledger.identity.epoch, 0, entries_max=9, bytes_max=10**6, receiver=receiver.public_key()
    )
    person, card = item.profiles

    assert (person.subject, card.subject) == ("a", "card-of-a")
    assert person.wrapped_key is not None
    assert unseal(person.sealed, subject="a", key=unwrap_key(person.wrapped_key, receiver)) == {"name": "Ada"}


def test_a_profile_that_was_replaced_travels_with_the_newer_entry_only(ledger: Ledger) -> None:
    receiver = X25519PrivateKey.generate().public_key()
    for op, name in (("op-1", "Ada"), ("op-2", "Ada Lovelace")):
        ledger.append(enrolment(op, "a", ledger.keys.seal({"name": name}, subject="a", account="a")))
    items = items_after(ledger, ledger.identity.epoch, 1, entries_max=9, bytes_max=10**6, receiver=receiver)

    assert [len(item.profiles) for item in items] == [0, 1]


def test_a_joined_account_is_read_as_what_it_is_part_of(ledger: Ledger) -> None:
    with ledger.write() as conn:
        conn.execute("INSERT INTO joined VALUES ('old', 'new')")
    ledger.reload_joined()
    ledger.append(sale("op-1", account="old"))

    assert (ledger.resolve("old"), ledger.resolve("other")) == ("new", "other")
    assert derived(ledger)["lot"] == [("new", "points", "op-1", None, 3)]


def test_each_of_several_epochs_is_sent_whole_and_its_heads_are_known(ledger: Ledger) -> None:
    recorded, epochs = [], []
    for number in range(3):
        epochs.append(ledger.identity.epoch)
        recorded += [ledger.append(sale(f"op-{number}-{i}")) for i in range(2)]
        ledger.begin_epoch(reason=RESTORED if number == 1 else "moved")

    assert [_sent(ledger, epoch, 1) for epoch in epochs] == [[f"op-{n}-0", f"op-{n}-1"] for n in range(3)]
    assert [head_at(ledger, one.entry.epoch, one.entry.seq) for one in recorded] == [one.hash for one in recorded]
    assert head_at(ledger, epochs[1], 0) == GENESIS
    assert restored_over(ledger) == {epochs[1]}
