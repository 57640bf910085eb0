"""What became of the mutants in this folder: `python -m mutating.told LEAST`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

_NOT_ASKED = "not checked"  # the last run was to look at some mutants only
_NOT_REACHED = "no tests"


def verdicts() -> dict[str, str]:
    """Return what became of each mutant, by name."""
    from mutmut.stats import status_by_exit_code  # mutmut is in the venv of scripts/mutants only

    said = (json.loads(file.read_text())["exit_code_by_key"] for file in Path("mutants").rglob("*.meta"))
    return {mutant: status_by_exit_code[code] for file in said for mutant, code in file.items()}


def tell(of: Mapping[str, str], *, least: int) -> bool:
    """Print the mutants that were not killed, and how many there are of each; say if enough were killed.

    Enough are `least` in a hundred of those that any test reaches.
    """
    asked = {mutant: verdict for mutant, verdict in of.items() if verdict != _NOT_ASKED}
    reached = {mutant: verdict for mutant, verdict in asked.items() if verdict != _NOT_REACHED}
    for mutant, verdict in sorted(reached.items()):
        if verdict != "killed":
            print(f"{verdict:<10} {mutant}")
    counted = Counter({"killed": 0, "survived": 0, "timeout": 0, _NOT_REACHED: 0})
    counted.update(asked.values())
    print(", ".join(f"{verdict} {many}" for verdict, many in counted.items()))
    killed = counted["killed"]
    if reached:
        print(f"killed {killed / len(reached):.1%} of those that a test reaches, {killed / len(asked):.1%} of all")
    return bool(reached) and 100 * killed >= least * len(reached)


if __name__ == "__main__":
    sys.exit(not tell(verdicts(), least=int(sys.argv[1])))
