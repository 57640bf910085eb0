"""Whose word a real till believes: keys that are replaced, stolen, and made anew after a fire; no till is touched."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ForgedError, JournalError, RejectedError, UnreachableError
from agent.journal.feed import ProgrammeRow
from agent.journal.trust import Role
from agent.ledger.kept import programmes
from agent.ledger.kept.profiles.finding import by_phone
from hq import config, founding, keys
from hq.publish.programmes import put, row_of
from tests.hq.headquarters import PROGRAMME, SHOP, opened, serving, till_rows, wait_for_books
from tests.sync.faults import Fault, bad_line
from tests.sync.halves import Till

CHEAP = PROGRAMME.read_bytes().replace(b"Corner Shop Club", b"Everything Free")
NEXT = PROGRAMME.read_bytes().replace(b"Corner Shop Club", b"Next Club")


@pytest.fixture
def enrolled(tmp_path: Path, own_hq: Path) -> Iterator[Till]:
    """A till that has met its headquarters, which is stopped now."""
    with serving(own_hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(own_hq)
        till.sell(10, card=1)
        till.meet()
    with Till(tmp_path, "1", address) as till:
        yield till


def _rotate(hq: Path, *roles: Role) -> None:
    for role in roles:
        keys.rotate(config.load(hq).keys, role, root_file=hq / "root.key")


def _in_force(till: Till) -> str:
    current = programmes.current(till.ledger)
    assert current is not None
    return current.name


def _through(till: Till, address: str) -> None:
    till.hang_up()
    till.settings = replace(till.settings, hq=address)


def _said(hq: Path) -> ProgrammeRow:
    with opened(hq) as database, database.read() as conn:
        row = row_of(conn, SHOP)
    assert row is not None
    return row


def _say(hq: Path, row: ProgrammeRow) -> None:
    """Tell the tills of a programme that was not signed for it, as who has the feed key alone may try."""
    with opened(hq) as database, database.write() as conn:
        put(conn, SHOP, row)


def _programme_file(hq: Path, data: bytes) -> None:
    config.load(hq).shops[0].programme.write_bytes(data)


def test_a_till_syncs_on_when_every_key_was_replaced(enrolled: Till, own_hq: Path) -> None:
    for _ in range(3):
        _rotate(own_hq, *Role)
        enrolled.sell(20, card=1)
        with serving(own_hq):
            enrolled.meet()
            wait_for_books(own_hq)
            enrolled.meet()

    row = till_rows(own_hq)[enrolled.id]
    assert (row.seq, row.flags) == (enrolled.ledger.identity.seq, ())
    assert enrolled.points(1) == 70


def test_an_answer_lost_before_a_rotation_is_given_by_the_next_key(enrolled: Till, own_hq: Path) -> None:
    enrolled.sell(20, card=1)
    with serving(own_hq) as address, bad_line(address) as (bad, line):
        _through(enrolled, bad)
        line.faults = [Fault.LOSE_ANSWER]
        with pytest.raises(UnreachableError):
            enrolled.meet()
        enrolled.hang_up()
    _rotate(own_hq, Role.FEED)

    with serving(own_hq) as address:
        _through(enrolled, address)
        enrolled.meet()

    row = till_rows(own_hq)[enrolled.id]
    assert (row.seq, row.flags) == (enrolled.ledger.identity.seq, ())


def test_a_stolen_feed_key_is_believed_no_more_once_the_next_was_heard(
    tmp_path: Path, enrolled: Till, own_hq: Path
) -> None:
    thief = Path(shutil.copytree(own_hq, tmp_path / "thief"))
    _rotate(own_hq, Role.FEED)
    with serving(own_hq) as real:
        enrolled.meet()
        enrolled.sell(20, card=1)
        with serving(_elsewhere(thief)) as false:
            _through(enrolled, false)
            for _ in range(2):
                with pytest.raises(ForgedError, match="no longer headquarters'"):
                    enrolled.meet()
                enrolled.hang_up()
        _through(enrolled, real)
        enrolled.meet()

    row = till_rows(own_hq)[enrolled.id]
    assert (row.seq, row.flags) == (enrolled.ledger.identity.seq, ())


@pytest.mark.databases("sqlite")  # the thief has a copy of its file
def test_a_till_that_a_thief_answered_hears_of_the_next_key_even_by_a_refusal(
    tmp_path: Path, enrolled: Till, own_hq: Path
) -> None:
    thief = _elsewhere(Path(shutil.copytree(own_hq, tmp_path / "thief")))
    enrolled.sell(20, card=1)
    with serving(thief) as false, serving(own_hq) as real:
        _through(enrolled, false)
        enrolled.meet()  # believed: headquarters has used no other key yet
        _through(enrolled, real)
        _rotate(own_hq, Role.FEED)
    with serving(thief), serving(own_hq):
        with pytest.raises(RejectedError, match="is not the next"):
            enrolled.meet()
        _through(enrolled, false)
        with pytest.raises(ForgedError, match="no longer headquarters'"):
            enrolled.meet()

    assert till_rows(own_hq)[enrolled.id].flags == ("copied", "counter")


def _elsewhere(hq: Path) -> Path:
    """Let a copied headquarters listen on a port of its own."""
    path = hq / config.FILE_NAME
    lines = ["port = 0" if line.startswith("port") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines))
    return hq


def test_a_stolen_feed_key_publishes_no_programme(enrolled: Till, own_hq: Path) -> None:
    with serving(own_hq):
        enrolled.meet()
        _say(own_hq, replace(_said(own_hq), data=CHEAP))
        with pytest.raises(JournalError, match="signature"):
            enrolled.meet()
        assert _in_force(enrolled) == "Corner Shop Club"
        enrolled.hang_up()

    with serving(own_hq):  # which finds another programme in its books than in its file
        enrolled.meet()

    assert _in_force(enrolled) == "Corner Shop Club"


def test_a_programme_that_was_replaced_does_not_come_back(enrolled: Till, own_hq: Path) -> None:
    old = _said(own_hq)
    _programme_file(own_hq, NEXT)
    with serving(own_hq):
        enrolled.meet()
        assert _in_force(enrolled) == "Next Club"
        _say(own_hq, old)
        met = enrolled.meet()

    assert met.fed
    assert _in_force(enrolled) == "Next Club"


def test_the_next_programme_key_undoes_what_a_stolen_one_published(enrolled: Till, own_hq: Path) -> None:
    _programme_file(own_hq, CHEAP)
    with serving(own_hq):
        enrolled.meet()
    assert _in_force(enrolled) == "Everything Free"
    _programme_file(own_hq, PROGRAMME.read_bytes())
    _rotate(own_hq, Role.PROGRAMME)

    with serving(own_hq):
        enrolled.meet()

    assert _in_force(enrolled) == "Corner Shop Club"


def test_a_burnt_headquarters_comes_back_from_its_books_and_the_root_key(
    tmp_path: Path, enrolled: Till, own_hq: Path
) -> None:
    root = (own_hq / "root.key").rename(tmp_path / "safe.key")
    keys.rotate(own_hq / "keys", Role.FEED, root_file=root)  # heard by the till, in no backup
    with serving(own_hq):
        enrolled.meet()
    shutil.rmtree(own_hq / "keys")
    config.load(own_hq).shops[0].programme.unlink()
    enrolled.enrol_member(2, "Ada", "020 7946 0001")
    enrolled.sell(30, card=1)

    founding.recover(own_hq, root_file=root)

    with serving(own_hq) as address, Till(tmp_path, "2", address) as second:
        second.enrol(own_hq)
        second.sell(5, card=1)
        for till in (enrolled, second, enrolled, second):
            till.meet()
            wait_for_books(own_hq)
        for till in (enrolled, second):
            till.meet()
        assert [till.points(1) for till in (enrolled, second)] == [45, 45]
        assert len(by_phone(second.ledger, "+44 20 7946 0001")) == 1
    row = till_rows(own_hq)[enrolled.id]
    assert (row.seq, row.flags) == (enrolled.ledger.identity.seq, ())
