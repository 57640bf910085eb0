from collections.abc import Iterator
from pathlib import Path

import pytest

from hq import config, keys
from hq.database import Database
from hq.keys import Keys
from tests.hq.headquarters import copied
from tests.hq.postgres import Postgres
from tests.hq.visitor import Visitor


@pytest.fixture
def folder(founded: Path, tmp_path: Path, postgres: Postgres) -> Iterator[Path]:
    """A headquarters that was just founded."""
    with copied(founded, tmp_path / "hq", postgres) as folder:
        yield folder


@pytest.fixture
def hq_keys(folder: Path) -> Keys:
    return keys.load(config.load(folder).keys)


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    opened = Database(config.load(folder).database)
    yield opened
    opened.close()


@pytest.fixture
def till(database: Database, hq_keys: Keys) -> Visitor:
    """A till that was just enrolled."""
    visitor = Visitor(database, hq_keys, "1")
    visitor.enrol()
    return visitor
