"""What headquarters said of other machines and of its own epochs."""

from dataclasses import replace

import pytest

from agent.errors import RejectedError
from agent.journal.chain import GENESIS
from agent.journal.entry import decode
from agent.journal.wire.enrolling import Enrolled
from agent.journal.wire.form import read
from agent.journal.wire.place import Position
from agent.journal.wire.signing import Nonce
from agent.ledger.kept import apart
from agent.ledger.kept.apart import PINNED
from agent.ledger.kept.in_flight import NONCE
from agent.ledger.ledger import Ledger
from tests.ledger.kept.test_feed import Feed, _hq_entries

FIRST = Enrolled("till-1", "1" * 32, b"r" * 32, b"p" * 32, 5)


def test_that_two_machines_speak_as_this_till_is_known_until_headquarters_takes_it_back(ledger: Ledger) -> None:
    said = [apart.said_forked(ledger)]
    for is_forked in (False, True, True, False):
        apart.note_forked(ledger, is_forked=is_forked)
        said.append(apart.said_forked(ledger))

    assert said == [False, False, True, True, False]


def test_each_time_headquarters_speaks_of_another_machine_has_a_token_of_its_own(ledger: Ledger) -> None:
    tokens = [apart.forked_token(ledger)]
    for is_forked in (True, True, False):
        apart.note_forked(ledger, is_forked=is_forked)
        tokens.append(apart.forked_token(ledger))

    assert tokens[0] is tokens[3] is None
    assert len({len(token or "") for token in tokens[1:3]} | {32}) == 1
    assert tokens[1] != tokens[2]


def test_what_headquarters_asked_back_is_of_the_epoch_in_which_it_asked(ledger: Ledger) -> None:
    held = (Position("1" * 32, 3, bytes(32)),)
    apart.note_own(ledger, "2" * 32, held)
    assert apart.own_of(ledger, "2" * 32) == held
    assert apart.own_of(ledger, "3" * 32) is None

    apart.note_own(ledger, "2" * 32, ())
    assert apart.own_of(ledger, "2" * 32) == ()
    apart.note_own(ledger, "2" * 32, None)
    assert apart.own_of(ledger, "2" * 32) is None


def test_a_till_that_goes_to_a_new_epoch_begins_anew_there_and_never_goes_back(ledger: Ledger) -> None:
    assert apart.epochs_left(ledger) == ()
    second = apart.moved(ledger, FIRST, "2" * 32)
    third = apart.moved(ledger, second, "3" * 32)

    assert (second, third) == (replace(FIRST, hq_epoch="2" * 32), replace(FIRST, hq_epoch="3" * 32))
    assert apart.epochs_left(ledger) == ("1" * 32, "2" * 32)
    kept, nonce = ledger.recall(PINNED), ledger.recall(NONCE)
    assert kept is not None
    assert nonce is not None
    assert read(kept, Enrolled.from_map) == third
    assert Nonce.parse(nonce.decode()) == Nonce("3" * 32, 0, "start")
    with pytest.raises(RejectedError, match="headquarters is of epoch 11111111 again") as caught:
        apart.moved(ledger, third, "1" * 32)
    assert caught.value.hint == "headquarters speaks of a time before it was put back: call headquarters"
    assert decode(ledger.recall(PINNED) or b"")["epoch"] == "3" * 32


def test_each_word_of_the_root_key_is_kept_once_in_its_order(ledger: Ledger) -> None:
    assert apart.delegations(ledger) == ()
    for signed in (b"one", b"two", b"one", b"\xff"):
        apart.note_delegation(ledger, signed)

    assert apart.delegations(ledger) == (b"one", b"two", b"\xff")


def test_what_headquarters_own_entries_are_here_is_told_from_any_of_them_on(ledger: Ledger) -> None:
    assert apart.hq_head(ledger, "hq-epoch") == Position("hq-epoch", 0, GENESIS)
    rows = _hq_entries(3)
    Feed(ledger).tell(*rows)

    assert apart.hq_head(ledger, "hq-epoch") == Position("hq-epoch", 3, rows[2].hash)
    assert apart.hq_head(ledger, "another") == Position("another")
    told = [(row.hash, row.data, row.signature) for row in rows]
    assert apart.hq_entries(ledger, Position("hq-epoch")) == told
    assert apart.hq_entries(ledger, Position("hq-epoch", 1, rows[0].hash)) == told[1:]
    assert apart.hq_entries(ledger, Position("another")) == []
