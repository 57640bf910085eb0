"""The teller on a ledger that believes what it reads: what the power cuts after a kill must be able to find."""

import sys
from pathlib import Path

from agent.ledger import file
from agent.ledger.kept.profiles import keys
from tests.faults import teller


def believe(_path: Path) -> None:
    """Make nothing durable."""


if __name__ == "__main__":
    for module in (file, keys):
        vars(module).update(settle=believe, settle_wal=believe)
    teller.main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
