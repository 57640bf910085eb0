"""L7: a cut tail and a chain rewritten to its end show against a head on paper, and against what HQ said it holds."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import ChainBrokenError, InvalidError
from agent.journal.wire.place import Position
from agent.ledger import audit
from agent.ledger.kept.held import held, note_held, unsynced
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import RESTORED
from agent.ledger.records import Recorded
from tests.ledger.tills import draft, opened, sale, tamper


def _sold(path: Path, count: int = 6) -> list[Recorded]:
    """A closed ledger with so many sales."""
    with closing(opened(path)) as ledger:
        return [ledger.append(sale(f"op-{i}")) for i in range(count)]


def _paper(recorded: Recorded) -> str:
    return recorded.hash.hex()[:16]


def _cut_after(path: Path, recorded: Recorded) -> None:
    tamper(path, f"DELETE FROM entry WHERE n > {recorded.n:d}")  # noqa: S608 - a number


def _rewrite_from(path: Path, recorded: Recorded) -> None:
    """Change an entry and every hash after it, as somebody with the file in hand can do."""
    tamper(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        (head,) = conn.execute("SELECT hash FROM entry WHERE n = ?", (recorded.n - 1,)).fetchone()
        for n, data in conn.execute("SELECT n, bytes FROM entry WHERE n >= ? ORDER BY n", (recorded.n,)).fetchall():
            forged = data.replace(b'"by":"pos"', b'"by":"sop"') if n == recorded.n else data
            head = hashlib.sha256(head + forged).digest()
            conn.execute("UPDATE entry SET bytes = ?, hash = ? WHERE n = ?", (forged, head, n))


def test_a_head_from_paper_is_found_where_it_stands_however_it_is_typed(path: Path) -> None:
    recorded = _sold(path)[2]
    head = recorded.hash.hex()
    with closing(opened(path, read_only=True)) as ledger:
        spaced = " ".join(head[at : at + 4] for at in range(0, 16, 4)).upper()
        found = [audit.find_head(ledger, typed, seq=4) for typed in (head[:16], head, spaced, f" {head[:40]}\n")]

    assert found == [audit.Standing(recorded.entry.epoch, 4, "2024-05-01", "sale", 3)] * 4


def test_L7_a_cut_tail_verifies_and_shows_against_the_head_of_a_slip(path: Path) -> None:
    sold = _sold(path)
    _cut_after(path, sold[3])

    with closing(opened(path)) as ledger:
        audit.verify(ledger)  # a shorter chain is a chain
        assert audit.find_head(ledger, _paper(sold[3])).after == 0
        for lost in sold[4:]:
            with pytest.raises(ChainBrokenError, match=r"does not contain the head .* its end was cut or it was rewri"):
                audit.find_head(ledger, _paper(lost))
            with pytest.raises(ChainBrokenError, match=f"its end was cut: it has 5 entries, not {lost.entry.seq}"):
                audit.find_head(ledger, _paper(lost), seq=lost.entry.seq)


def test_L7_a_chain_rewritten_to_its_end_verifies_and_shows_against_the_head_of_a_slip(path: Path) -> None:
    sold = _sold(path)
    _rewrite_from(path, sold[2])

    with closing(opened(path)) as ledger:
        audit.verify(ledger)
        assert audit.find_head(ledger, _paper(sold[1])).after == 4
        for lost in sold[2:]:
            with pytest.raises(ChainBrokenError, match="on this paper: it was rewritten") as caught:
                audit.find_head(ledger, _paper(lost), seq=lost.entry.seq)
    assert "call headquarters" in caught.value.hint


def test_L7_an_old_copy_of_the_whole_file_shows_against_a_newer_slip(path: Path) -> None:
    _sold(path, 3)
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(path.with_name("old.db"))) as copy:
        old.backup(copy)
    with closing(opened(path)) as ledger:
        newer = ledger.append(sale("later"))
    path.with_name("old.db").replace(path)

    with closing(opened(path)) as ledger, pytest.raises(ChainBrokenError, match="its end was cut or it was rewritten"):
        audit.find_head(ledger, _paper(newer))


def test_paper_from_before_a_restore_is_not_called_a_cut_end_alone(path: Path) -> None:
    recorded = _sold(path)
    _cut_after(path, recorded[3])  # as a backup of that time
    with closing(opened(path)) as ledger:
        ledger.begin_epoch(reason=RESTORED)
        with pytest.raises(ChainBrokenError, match="its entry came after the backup that was put back here, or"):
            audit.find_head(ledger, _paper(recorded[5]), seq=recorded[5].entry.seq)


def test_L7_whatever_is_cut_off_shows_against_every_head_after_the_cut(path: Path) -> None:
    sold = _sold(path, 9)
    for left in reversed(range(9)):
        _cut_after(path, sold[left])
        with closing(opened(path, read_only=True)) as ledger:
            kept = [audit.find_head(ledger, _paper(one)).seq for one in sold[: left + 1]]
            for lost in sold[left + 1 :]:
                with pytest.raises(ChainBrokenError):
                    audit.find_head(ledger, _paper(lost))
        assert kept == list(range(2, left + 3))


@pytest.mark.parametrize(
    "typed", ["", "7f3a", "7f3a9c2e11d04b5", "7f3a9c2e11d04b5g", "0" * 65, "Proof 7f3a9c2e11d04b55"]
)
def test_what_is_no_head_is_said_to_be_none(ledger: Ledger, typed: str) -> None:
    with pytest.raises(InvalidError, match="must be 16 to 64 hexadecimal digits"):
        audit.find_head(ledger, typed)


def test_a_head_read_with_another_entry_s_number_is_asked_about(path: Path) -> None:
    recorded = _sold(path)[2]

    with closing(opened(path)) as ledger, pytest.raises(InvalidError, match="is that of entry 4, not of 5"):
        audit.find_head(ledger, _paper(recorded), seq=5)


def test_a_head_of_an_earlier_epoch_is_found_there(ledger: Ledger) -> None:
    recorded = ledger.append(sale("op-1"))
    ledger.begin_epoch()

    found = audit.find_head(ledger, _paper(recorded), seq=2)
    assert (found.epoch, found.seq, found.after) == (recorded.entry.epoch, 2, 1)


def _position(recorded: Recorded) -> Position:
    return Position(recorded.entry.epoch, recorded.entry.seq, recorded.hash)


def test_what_headquarters_holds_is_kept_and_what_it_lacks_is_counted(ledger: Ledger) -> None:
    assert (held(ledger), unsynced(ledger)) == (None, None)
    note_held(ledger, ())
    assert unsynced(ledger) == 1

    first = ledger.append(sale("op-1"))
    note_held(ledger, [_position(first)])
    ledger.append(sale("op-2"))
    ledger.begin_epoch()

    assert (held(ledger), unsynced(ledger)) == ((_position(first),), 2)


def test_L7_a_tail_cut_below_what_headquarters_holds_is_found_without_any_paper(path: Path) -> None:
    sold = _sold(path)
    with closing(opened(path)) as ledger:
        note_held(ledger, [_position(sold[4])])
        audit.check_held(ledger)
    _cut_after(path, sold[3])

    with closing(opened(path)) as ledger:
        audit.verify(ledger)
        with pytest.raises(
            ChainBrokenError, match=r"headquarters holds entry 6 of epoch .*, which this ledger does not"
        ):
            audit.check_held(ledger)


def test_L7_a_chain_rewritten_below_what_headquarters_holds_is_found(path: Path) -> None:
    sold = _sold(path)
    with closing(opened(path)) as ledger:
        note_held(ledger, [_position(sold[4])])
    _rewrite_from(path, sold[1])

    with closing(opened(path)) as ledger, pytest.raises(ChainBrokenError, match="headquarters holds entry 6"):
        audit.check_held(ledger)


def test_an_epoch_that_headquarters_holds_and_nobody_has_here_is_found(ledger: Ledger) -> None:
    ledger.append(draft("op-1"))
    note_held(ledger, [Position("e" * 32, 4, b"h" * 32)])

    with pytest.raises(ChainBrokenError, match="headquarters holds entry 4 of epoch eeeeeeee"):
        audit.check_held(ledger)


def test_after_a_restore_headquarters_may_hold_what_came_after_the_backup_and_nothing_else(ledger: Ledger) -> None:
    over = ledger.append(sale("op-1"))
    ledger.begin_epoch(reason=RESTORED)
    ended = ledger.append(sale("op-2"))
    ledger.begin_epoch(reason="moved")
    now = ledger.append(sale("op-3"))
    later, unheard = Position(over.entry.epoch, 9, b"h" * 32), Position("e" * 32, 4, b"h" * 32)

    note_held(ledger, [later, unheard, _position(ended), _position(now)])
    audit.check_held(ledger)
    for wrong in (
        Position(ended.entry.epoch, 3, b"h" * 32),  # an epoch that no restore ended
        Position(over.entry.epoch, 2, b"h" * 32),  # what the backup held already
        Position(now.entry.epoch, 2, b"h" * 32),
    ):
        note_held(ledger, [later, unheard, _position(ended), _position(now), wrong])
        with pytest.raises(ChainBrokenError, match=rf"holds entry {wrong.seq} of epoch {wrong.epoch[:8]}, which"):
            audit.check_held(ledger)


def test_who_finds_that_a_ledger_was_cut_is_told_what_to_do(ledger: Ledger) -> None:
    note_held(ledger, [Position("e" * 32, 4, b"h" * 32)])

    with pytest.raises(ChainBrokenError) as caught:
        audit.check_held(ledger)
    assert caught.value.hint == "keep the file as it is and call headquarters: it holds the entries"
    with pytest.raises(ChainBrokenError) as caught:
        audit.find_head(ledger, "0" * 16)
    assert caught.value.hint == (
        "read the digits again; if they are right, keep the paper and the file as they are and call headquarters"
    )
    ledger.begin_epoch(reason=RESTORED)
    why = "its entry came after the backup that was put back here, or this ledger was cut or rewritten"
    with pytest.raises(ChainBrokenError, match=rf"on this paper: {why}$"):
        audit.find_head(ledger, "0" * 16)


def test_what_headquarters_said_of_other_epochs_stays_when_it_speaks_of_one(ledger: Ledger) -> None:
    first = ledger.append(sale("op-1"))
    note_held(ledger, [_position(first)])
    ledger.begin_epoch()
    second = ledger.append(sale("op-2"))
    note_held(ledger, [_position(second)])

    assert held(ledger) == (_position(first), _position(second))


def test_what_is_no_head_at_all_is_shown_by_how_it_begins(ledger: Ledger) -> None:
    with pytest.raises(
        InvalidError, match=rf"^head '{'x' * 80}' must be 16 to 64 hexadecimal digits, as a slip has them$"
    ):
        audit.find_head(ledger, "x" * 81)
