"""A member who is erased at one till while another has not heard of it, and while headquarters is put back (X1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.counter import EraseAsk
from agent.counter.details.correcting import CorrectAsk
from agent.ledger.kept.profiles.finding import by_name
from hq.tables import sealed, sealed_key
from tests.hq.headquarters import opened, serving
from tests.sync.chain import all_hear
from tests.sync.halves import Till
from tests.sync.test_hq_restored import copy_of, put_back

pytestmark = pytest.mark.databases("sqlite")  # a copy of its file is put back, and its files are searched


@pytest.fixture
def hq(own_hq: Path) -> Path:
    """A headquarters of the test's own, which is served when a test says so."""
    return own_hq


@pytest.fixture
def tills(hq: Path, tmp_path: Path) -> Iterator[tuple[Till, Till]]:
    """Two tills of a shop that know the same member."""
    with serving(hq) as address:
        one, two = Till(tmp_path, "one", address).enrol(hq), Till(tmp_path, "two", address).enrol(hq)
        with one, two:
            one.enrol_member(1, "Zebulon", "020 7946 0401")
            all_hear(hq, one, two)
            assert known(one) == known(two) != []
            yield one, two


def known(till: Till) -> list[str]:
    return [one.account for one in by_name(till.ledger, "Zebulon")]


def secrets(hq: Path) -> set[bytes]:
    """What headquarters holds of members: sealed records, and the keys to them."""
    with opened(hq) as database, database.read() as conn:
        columns = (sealed.c.sealed, sealed_key.c.wrapped)
        return {bytes(one) for column in columns for one in conn.scalars(select(column))}


def stands_in(hq: Path, looked_for: set[bytes]) -> list[str]:
    files = {file.name: file.read_bytes() for file in hq.glob("hq.sqlite*")}
    return [name for name, data in files.items() if any(one[-24:] in data for one in looked_for)]


def test_X1_no_file_of_headquarters_holds_an_erased_member(tills: tuple[Till, Till], hq: Path) -> None:
    one, two = tills
    (account,) = known(one)
    held = secrets(hq)
    assert stands_in(hq, held)

    one.counter.erase(EraseAsk("gone", account), by="pos")
    all_hear(hq, one, two)

    assert known(one) == known(two) == []
    assert stands_in(hq, held) == []


def test_X1_what_a_till_tells_of_an_erased_member_that_had_not_heard_is_kept_nowhere(
    tills: tuple[Till, Till], hq: Path
) -> None:
    one, two = tills
    (account,) = known(one)
    one.counter.erase(EraseAsk("gone", account), by="pos")
    two.counter.desk.correct(CorrectAsk("moved", account, phone="020 7946 0999"), by="pos")
    two.sell(10, card=1)

    all_hear(hq, one)
    all_hear(hq, two, one)

    assert secrets(hq) == set()
    assert known(one) == known(two) == []


def test_X1_a_headquarters_that_was_put_back_forgets_again_at_the_first_word_of_whichever_till(
    hq: Path, tmp_path: Path
) -> None:
    with serving(hq) as address:
        one, two = Till(tmp_path, "one", address).enrol(hq), Till(tmp_path, "two", address).enrol(hq)
    with one, two:
        with serving(hq):
            account = one.enrol_member(1, "Zebulon", "020 7946 0401")
            all_hear(hq, one, two)
        backup = copy_of(hq, tmp_path / "backup")
        with serving(hq):
            one.counter.erase(EraseAsk("gone", account), by="pos")
            all_hear(hq, one, two)
        put_back(hq, backup)
        assert secrets(hq)

        with serving(hq):
            all_hear(hq, two)

            assert secrets(hq) == set()
            assert known(two) == []
