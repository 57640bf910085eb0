"""What came back elsewhere waits while a headquarters that was put back may still be brought what was decided of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hq import config
from hq.apart import epochs
from hq.database import Database
from hq.keys import Keys
from hq.work.due import Work
from tests.hq.books.test_settling import SALE, arrive, back, own_entries, points, sold
from tests.hq.visitor import Visitor

pytestmark = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def put_back(database: Database, folder: Path) -> Iterator[Database]:
    """A headquarters in a new epoch, opened again."""
    with database.write() as conn:
        epochs.begin_epoch(conn)
    again = Database(config.load(folder).database)
    yield again
    again.close()


def test_S10_nothing_is_settled_until_every_till_gave_all_it_had(
    put_back: Database, hq_keys: Keys, folder: Path
) -> None:
    one, two = (Visitor(put_back, hq_keys, name) for name in "12")
    for till in (one, two):
        till.enrol()
    sold(one)
    back(two, "mug", 1000, held=9)
    work = Work(put_back, config.load(folder))

    arrive(one, two)
    (halted,) = work.run(only="settling")

    assert (halted.outcome, "put back" in halted.detail) == ("halted", True)
    assert [entry.kind for entry in own_entries(put_back)] == ["epoch_opened"]
    for till in (one, two):
        till.feed()
    (done,) = work.run(only="settling")
    assert done.outcome == "done"
    assert points(put_back) == {SALE: 5}
    assert [entry.kind for entry in own_entries(put_back)] == ["epoch_opened", "refund_settled"]
