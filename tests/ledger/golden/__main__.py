"""Record a journal and what it adds up to: `python -m tests.ledger.golden NAME`."""

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import orjson

from tests.ledger.golden.state import HERE, heads_of, state_of
from tests.schemas.day import play

if __name__ == "__main__":
    name = sys.argv[1]
    if (HERE / f"{name}.jsonl").exists():
        sys.exit(f"{name} is recorded; a recording is never changed")
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder))
        with closing(sqlite3.connect(Path(folder) / "ledger.db")) as conn:
            lines = [bytes(data) for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n")]
    (HERE / f"{name}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    expected = {"heads": heads_of(lines), **state_of(lines)}
    (HERE / f"{name}.json").write_bytes(orjson.dumps(expected, option=orjson.OPT_INDENT_2) + b"\n")
