"""The options --slow, --faults, --browser, --tillpc: without them, tests marked so are left out. HQ's database."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.hq.postgres import Postgres

SQLITE, POSTGRES = "sqlite", "postgresql"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")
    parser.addoption("--faults", action="store_true", help="run the tests marked faults, and no others")
    parser.addoption("--browser", action="store_true", help="run the tests marked browser, and no others")
    parser.addoption("--tillpc", action="store_true", help="run the tests marked tillpc, and no others")


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker of the till PC; look at twenty times as many examples in the slow run."""
    config.addinivalue_line("markers", "faults: with a broken disk, clock or line; run by scripts/test --faults")
    config.addinivalue_line("markers", "browser: the pages in Debian's Chromium; run by scripts/test --browser")
    config.addinivalue_line("markers", "databases(*kinds): headquarters' in this test; else SQLite, and all when slow")
    config.addinivalue_line("markers", "tillpc: on a till PC in an emulator; run by scripts/test --tillpc")
    settings.register_profile("slow", max_examples=2000)
    if config.getoption("slow"):
        settings.load_profile("slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, unless -m makes a choice of its own.

    The till PC runs alone: its times are measured. So do faults and browser: their tools are not on every machine.
    """
    if config.getoption("markexpr"):
        return
    kept = [item for item in items if _is_asked_for(item, config)]
    config.hook.pytest_deselected(items=[item for item in items if not _is_asked_for(item, config)])
    items[:] = kept


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs a headquarters on the databases it is marked with; else on SQLite, and on all in the slow run."""
    if "database_kind" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker("databases")
    kinds = {one: [] for one in marked.args} if marked else {SQLITE: [], POSTGRES: [pytest.mark.slow]}
    if POSTGRES in kinds:
        lacking = find_spec("pgserver") is None
        kinds[POSTGRES].append(pytest.mark.skipif(lacking, reason="pgserver has no wheel for this machine"))
    params = [pytest.param(kind, marks=marks) for kind, marks in kinds.items()]
    metafunc.parametrize("database_kind", params, indirect=True, scope="session")


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """The database that headquarters has: SQLITE or POSTGRES."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests; it begins when the first of them needs it."""
    from tests.hq.postgres import Postgres

    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def founded(database_kind: str, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A headquarters that was just founded, to be copied."""
    from tests.hq.headquarters import found

    folder = tmp_path_factory.mktemp("founded") / "hq"
    if database_kind == SQLITE:
        yield found(folder)
    else:
        with postgres.made() as address:
            yield found(folder, database=address)


def _is_asked_for(item: pytest.Item, config: pytest.Config) -> bool:
    for alone in ("tillpc", "faults", "browser"):
        marked = item.get_closest_marker(alone) is not None
        if marked or config.getoption(alone):
            return marked and bool(config.getoption(alone))
    return bool(config.getoption("slow")) or item.get_closest_marker("slow") is None
