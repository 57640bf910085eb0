"""The mixed day on a ledger whose connections do not wait for the disk: what the power cuts must be able to find.

`python -m tests.faults.careless_day FOLDER OFF|NORMAL` sets `synchronous` to that behind the ledger's back.
"""

import sqlite3
import sys
from pathlib import Path

from agent.ledger import file, opening
from tests.faults import day

if __name__ == "__main__":
    careful = opening.connect

    def careless(path: Path, *, read_only: bool) -> sqlite3.Connection:
        """Open the file as the ledger does, and wait for the disk less."""
        conn = careful(path, read_only=read_only)
        conn.execute(f"PRAGMA synchronous = {sys.argv[2]}")
        return conn

    vars(file)["connect"] = careless
    day.run(Path(sys.argv[1]))
