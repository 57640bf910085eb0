"""A headquarters that was put back, and a till of which there are two, heard of by stick."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import RejectedError
from agent.journal.stick.messages import FromTill
from agent.journal.stick.sealing import open_sealed
from agent.journal.wire.apart import Witness
from agent.journal.wire.form import compress, expand
from agent.ledger.kept.apart import epochs_left, own_of, said_forked
from agent.ledger.kept.held import unsynced
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from hq.apart import witness
from hq.apart.epochs import is_whole
from hq.database import insert
from hq.tables import copy as copy_table
from tests.hq.headquarters import opened, serving, state_of_books, till_rows
from tests.sync.halves import Till
from tests.sync.stick.carried import answer_to, export_of, take_in, taken_by
from tests.sync.test_hq_restored import copy_of, own_ops, put_back, say

pytestmark = pytest.mark.databases("sqlite")  # a copy of its file is put back


@pytest.fixture
def away(tmp_path: Path, own_hq: Path) -> Iterator[Till]:
    """A till without a line, which has sold and met by stick, and sold again."""
    with serving(own_hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(own_hq)
    with Till(tmp_path, "1", address) as till:
        till.enrol_member(1, "Ada", "020 7946 0001")
        yield till


def _meet(till: Till, hq: Path) -> None:
    take_in(till, answer_to(hq, export_of(till)))


def test_S10_a_till_without_a_line_follows_a_headquarters_that_was_put_back(
    away: Till, own_hq: Path, tmp_path: Path
) -> None:
    backup = copy_of(own_hq, tmp_path / "backup")
    away.sell(10, card=1)
    _meet(away, own_hq)
    before, old = state_of_books(own_hq), require_pinned(away.ledger).hq_epoch
    now = put_back(own_hq, backup)

    _meet(away, own_hq)

    assert require_pinned(away.ledger).hq_epoch == now
    assert epochs_left(away.ledger) == (old,)
    assert unsynced(away.ledger) == away.ledger.identity.seq
    _meet(away, own_hq)
    assert unsynced(away.ledger) == 0
    assert state_of_books(own_hq) == before
    assert away.points(1) == 10


def test_S10_what_headquarters_lost_of_its_own_comes_back_by_stick_and_it_is_whole(
    away: Till, own_hq: Path, tmp_path: Path
) -> None:
    say(own_hq, "before")
    backup = copy_of(own_hq, tmp_path / "backup")
    say(own_hq, "after")
    _meet(away, own_hq)
    put_back(own_hq, backup)
    with opened(own_hq) as database:
        assert "after" not in own_ops(database)

    _meet(away, own_hq)
    assert not _is_whole(own_hq)
    _meet(away, own_hq)

    assert _is_whole(own_hq)
    with opened(own_hq) as database:
        ops = own_ops(database)
        assert ops.index("before") + 1 == ops.index("after")
        with database.read() as conn:
            assert witness.never_left(conn, database.epoch) == []
    take_in(away, answer_to(own_hq, export_of(away)))
    assert own_of(away.ledger, require_pinned(away.ledger).hq_epoch) is None  # it wants no more


def _is_whole(hq: Path) -> bool:
    with opened(hq) as database, database.read() as conn:
        return is_whole(conn)


def test_S10_a_forged_witness_on_a_stick_is_refused_and_the_rest_is_taken(
    away: Till, own_hq: Path, tmp_path: Path
) -> None:
    backup = copy_of(own_hq, tmp_path / "backup")
    say(own_hq, "after")
    _meet(away, own_hq)
    put_back(own_hq, backup)
    _meet(away, own_hq)
    away.sell(10, card=1)
    stick = FromTill.unpack(open_sealed(export_of(away)))
    (said,) = (Witness.unpack(expand(data, bytes_max=10_000)) for data in stick.witnesses)
    forged = replace(said, entries=tuple((data, bytes(64)) for data, _ in said.entries))
    signing = load_keys(away.folder).signing

    taken = taken_by(own_hq, replace(stick, witnesses=(compress(forged.pack()),)).pack(signing))

    assert taken.trouble is not None
    assert till_rows(own_hq)[away.id].head == away.ledger.identity.head.hex()
    with opened(own_hq) as database:
        assert "after" not in own_ops(database)
    assert not _is_whole(own_hq)


def test_a_stick_says_what_it_leaves_for_the_next_by_no_time(away: Till, own_hq: Path) -> None:
    _meet(away, own_hq)
    away.sell(10, card=1)

    whole, cut = (FromTill.unpack(open_sealed(export_of(away, bytes_max=limit))) for limit in (1_000_000, 10))

    assert whole.heard_ms is not None
    assert cut.heard_ms is None


def test_S10_a_stick_from_before_never_leads_back(away: Till, own_hq: Path, tmp_path: Path) -> None:
    backup = copy_of(own_hq, tmp_path / "backup")
    late = answer_to(own_hq, export_of(away))
    once = put_back(own_hq, backup)
    later = answer_to(own_hq, export_of(away))
    twice = put_back(own_hq, backup)
    _meet(away, own_hq)

    for stick in (late, later):
        with pytest.raises(RejectedError, match="older news"):
            take_in(away, stick)

    assert require_pinned(away.ledger).hq_epoch == twice != once


def test_S10_the_line_goes_on_in_the_epoch_that_came_by_stick(away: Till, own_hq: Path, tmp_path: Path) -> None:
    backup = copy_of(own_hq, tmp_path / "backup")
    with serving(own_hq):
        away.meet()
    put_back(own_hq, backup)
    _meet(away, own_hq)
    away.sell(10, card=1)

    with serving(own_hq):
        away.meet()

    row = till_rows(own_hq)[away.id]
    assert (row.head, row.flags) == (away.ledger.identity.head.hex(), ())


def test_S9_a_till_hears_by_stick_that_another_machine_speaks_in_its_name(away: Till, own_hq: Path) -> None:
    with opened(own_hq) as database, database.write() as conn:
        row = {"till": away.id, "nonce": f"{database.epoch}.9.x", "at_ms": 1, "epoch": "e", "seq": 1, "head": b""}
        conn.execute(insert(conn, copy_table).values(**row, lost=False))

    _meet(away, own_hq)

    assert said_forked(away.ledger)
