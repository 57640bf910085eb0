"""`python -m tests.faults.sync SEED [--count N]`: run the simulator, one seed or many.

A seed that breaks a promise is printed with its history and how to repeat it; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import logging
import sys

from tests.faults.sync.simulator.running import Options, run_all, run_side_by_side, say


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.sync", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--count", type=int, default=1, help="how many seeds, from SEED on")
    parser.add_argument("--actions", type=int, default=Options().actions, help="how much happens before it is quiet")
    parser.add_argument("--tills", type=int, help="how many tills; else the seed decides")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    logging.disable(logging.ERROR)
    options, seeds = Options(asked.actions, asked.tills), range(asked.seed, asked.seed + asked.count)
    if asked.processes == 1:
        broken = run_all(seeds, options, said=say)
    else:
        broken = run_side_by_side(seeds, options, processes=asked.processes)
    say("\n\n".join([*broken, f"{len(broken)} of {len(seeds)} seeds broke a promise"]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
