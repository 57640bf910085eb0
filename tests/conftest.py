"""The options --slow, --faults and --tillpc: without them, tests marked so are left out."""

import pytest
from hypothesis import settings


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")
    parser.addoption("--faults", action="store_true", help="run the tests marked faults, and no others")
    parser.addoption("--tillpc", action="store_true", help="run the tests marked tillpc, and no others")


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker of the till PC; look at twenty times as many examples in the slow run."""
    config.addinivalue_line("markers", "faults: with a broken disk, clock or line; run by scripts/test --faults")
    config.addinivalue_line("markers", "tillpc: on a till PC in an emulator; run by scripts/test --tillpc")
    settings.register_profile("slow", max_examples=2000)
    if config.getoption("slow"):
        settings.load_profile("slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, unless -m makes a choice of its own.

    The till PC runs alone: its times are measured. So do the faults: their tools are not on every machine.
    """
    if config.getoption("markexpr"):
        return
    kept = [item for item in items if _is_asked_for(item, config)]
    config.hook.pytest_deselected(items=[item for item in items if not _is_asked_for(item, config)])
    items[:] = kept


def _is_asked_for(item: pytest.Item, config: pytest.Config) -> bool:
    for alone in ("tillpc", "faults"):
        marked = item.get_closest_marker(alone) is not None
        if marked or config.getoption(alone):
            return marked and bool(config.getoption(alone))
    return bool(config.getoption("slow")) or item.get_closest_marker("slow") is None
