"""One till PC for all tests: switched on once, and what was seen in it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.tillpc.image import built
from tests.tillpc.machine import boot, pack


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What happened on the till PC's day, step by step (inside/__main__.py)."""
    payload, out = tmp_path_factory.mktemp("payload"), tmp_path_factory.mktemp("out")
    pack(payload)
    boot(built(), payload, out)
    report: dict[str, dict[str, Any]] = orjson.loads((out / "seen.json").read_bytes())
    return report
