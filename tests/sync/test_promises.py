"""Each promise of sync, S1 to S14, is a test with its name that runs every time, not in the simulator alone."""

import re
from pathlib import Path

ROOMS = Path(__file__).parents[1]
NAMED = re.compile(r"^def test_S(\d+)_", re.MULTILINE)


def test_every_promise_of_sync_has_a_test_with_its_name() -> None:
    files = [file for room in ("hq", "journal", "ledger", "sync") for file in (ROOMS / room).rglob("test_*.py")]

    named = {int(number) for file in files for number in NAMED.findall(file.read_text())}

    assert named == set(range(1, 15))
