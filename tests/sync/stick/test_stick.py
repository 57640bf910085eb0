"""A shop without a line: both directions on a stick, which may be lost, late, doubled, or of somebody else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ForgedError, JournalError, RejectedError
from agent.journal.stick.messages import FromHq
from agent.journal.stick.sealing import open_sealed
from agent.journal.trust import Role
from agent.ledger.kept.apart import said_forked
from agent.ledger.kept.feed import cursor_of
from agent.ledger.kept.held import unsynced
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.stick.exporting import export
from hq import config, keys
from tests.hq.headquarters import found, serving, till_rows, wait_for_books
from tests.sync.halves import Till
from tests.sync.stick.carried import answer_to, export_of, take_in, taken_by


@pytest.fixture
def away(tmp_path: Path, own_hq: Path) -> Iterator[Till]:
    """A till that was enrolled where there was a line, and stands now where there is none."""
    with serving(own_hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(own_hq)
    with Till(tmp_path, "1", address) as till:
        yield till


def _version(till: Till) -> int:
    return cursor_of(till.ledger, require_pinned(till.ledger).hq_epoch).version


def test_both_directions_of_a_meeting_fit_on_a_stick(away: Till, own_hq: Path) -> None:
    away.enrol_member(1, "Ada", "020 7946 0001")
    away.sell(10, card=1)

    taken = taken_by(own_hq, export_of(away))
    assert (taken.entries, taken.trouble) == (away.ledger.identity.seq, None)
    assert taken.answer is not None
    imported = take_in(away, taken.answer)

    assert imported.members == 1
    assert imported.waiting == unsynced(away.ledger) == 0
    assert away.points(1) == 10
    assert till_rows(own_hq)["corner/1"].head == away.ledger.identity.head.hex()
    assert export(away.ledger, require_pinned(away.ledger), load_keys(away.folder)).entries == 0


def test_what_happened_at_another_till_comes_by_stick(away: Till, own_hq: Path, tmp_path: Path) -> None:
    with serving(own_hq) as address, Till(tmp_path, "2", address) as other:
        other.enrol(own_hq)
        other.sell(10, card=1)
        other.meet()
        wait_for_books(own_hq)

    take_in(away, answer_to(own_hq, export_of(away)))

    assert away.points(1) == 10


def test_a_lost_stick_is_made_good_by_the_next(away: Till, own_hq: Path) -> None:
    away.sell(10, card=1)
    export_of(away)  # lost on the way there
    taken_by(own_hq, export_of(away))  # its answer is lost on the way back
    away.sell(20, card=1)

    imported = take_in(away, answer_to(own_hq, export_of(away)))

    assert imported.waiting == 0
    assert away.points(1) == 30


def test_sticks_may_come_twice_and_in_any_order(away: Till, own_hq: Path) -> None:
    away.sell(10, card=1)
    first = export_of(away)
    away.sell(20, card=1)
    second = export_of(away)

    answers = [answer_to(own_hq, data) for data in (second, first, second, first)]
    for answer in (answers[3], answers[0], answers[2], answers[1], answers[0]):
        take_in(away, answer)

    assert till_rows(own_hq)["corner/1"].entries == away.ledger.identity.seq
    assert unsynced(away.ledger) == 0
    assert away.points(1) == 30


def test_news_of_a_later_stick_count_though_an_earlier_one_was_taken_first(
    away: Till, own_hq: Path, tmp_path: Path
) -> None:
    data = export_of(away)
    earlier = answer_to(own_hq, data)
    with serving(own_hq) as address, Till(tmp_path, "2", address) as other:
        other.enrol(own_hq)
        other.sell(10, card=1)
        other.meet()
        wait_for_books(own_hq)
    later = answer_to(own_hq, data)

    take_in(away, earlier)
    take_in(away, later)
    version = _version(away)
    assert away.points(1) == 10

    assert take_in(away, earlier).pages == 0
    assert _version(away) == version
    assert away.points(1) == 10


def test_a_line_that_comes_back_goes_on_with_the_next_number(away: Till, own_hq: Path) -> None:
    with serving(own_hq):
        away.meet()
    away.sell(10, card=1)
    data = export_of(away)
    with serving(own_hq):
        away.meet()  # what is on the stick went over the line meanwhile
        away.sell(20, card=1)

    take_in(away, answer_to(own_hq, data))
    take_in(away, answer_to(own_hq, export_of(away)))
    away.hang_up()
    with serving(own_hq):
        away.sell(30, card=1)
        away.meet()
        wait_for_books(own_hq)

    assert till_rows(own_hq)["corner/1"].flags == ()
    assert till_rows(own_hq)["corner/1"].head == away.ledger.identity.head.hex()
    assert away.points(1) == 60


def test_a_request_in_flight_is_asked_again_after_a_stick_brought_what_it_held(away: Till, own_hq: Path) -> None:
    with serving(own_hq):
        away.meet()
    away.sell(10, card=1)
    with pytest.raises(Exception, match="no answer"):
        away.meet()  # its number is used and kept, nobody heard it
    take_in(away, answer_to(own_hq, export_of(away)))
    away.hang_up()

    with serving(own_hq):
        away.meet()

    assert till_rows(own_hq)["corner/1"].flags == ()


def test_what_does_not_fit_travels_with_the_next_stick(away: Till, own_hq: Path) -> None:
    for _ in range(3):
        away.sell(10, card=1)

    exported = export(away.ledger, require_pinned(away.ledger), load_keys(away.folder), bytes_max=10)

    assert (exported.entries, exported.left) == (0, away.ledger.identity.seq)


def test_a_stick_of_another_till_is_refused_on_both_sides(away: Till, own_hq: Path, tmp_path: Path) -> None:
    with serving(own_hq) as address, Till(tmp_path, "2", address) as other:
        other.enrol(own_hq)
        answer = answer_to(own_hq, export_of(other))

        with pytest.raises(RejectedError, match="is for till 'corner/2', this is 'corner/1'"):
            take_in(away, answer)
        with pytest.raises(JournalError, match="not from headquarters"):
            take_in(away, export_of(away))
        with pytest.raises(JournalError, match="not from a till"):
            taken_by(own_hq, answer)


def test_headquarters_takes_no_stick_that_the_till_did_not_sign(away: Till, own_hq: Path, tmp_path: Path) -> None:
    elsewhere = found(tmp_path / "elsewhere")
    away.sell(10, card=1)
    data = export_of(away)

    with pytest.raises(RejectedError, match="no key of till 'corner/1' signed this stick"):
        taken_by(elsewhere, data)
    with pytest.raises(RejectedError, match="no key of till"):
        taken_by(own_hq, data[:-1] + bytes([data[-1] ^ 1]))
    assert till_rows(own_hq)["corner/1"].entries == 0


def test_a_till_takes_no_stick_that_its_headquarters_did_not_sign(away: Till, own_hq: Path, tmp_path: Path) -> None:
    thief = keys.load(config.load(found(tmp_path / "thief")).keys)
    answer = FromHq.unpack(open_sealed(answer_to(own_hq, export_of(away))))
    version = _version(away)

    forged = answer.pack(thief.feed.private)
    with pytest.raises(ForgedError):
        take_in(away, forged)
    assert _version(away) == version


def test_a_stick_under_a_key_that_was_replaced_is_refused(away: Till, own_hq: Path, tmp_path: Path) -> None:
    old = answer_to(own_hq, export_of(away))
    keys.rotate(config.load(own_hq).keys, Role.FEED, root_file=own_hq / "root.key", serial=None)
    take_in(away, answer_to(own_hq, export_of(away)))

    with pytest.raises(ForgedError, match="no longer headquarters'"):
        take_in(away, old)


def test_another_history_than_this_tills_is_found_on_a_stick_too(away: Till, own_hq: Path) -> None:
    away.sell(10, card=1)
    answer = FromHq.unpack(open_sealed(answer_to(own_hq, export_of(away))))
    (position,) = answer.held
    private = keys.load(config.load(own_hq).keys).feed.private
    other = replace(answer, held=(replace(position, head=bytes(32)),))

    with pytest.raises(RejectedError, match="another history"):
        take_in(away, other.pack(private))
    assert said_forked(away.ledger)
