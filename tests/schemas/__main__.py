"""Write the dump of today's schema: `python -m tests.schemas`, before a migration is added to it."""

import sys
import tempfile
from pathlib import Path

from tests.schemas.day import play
from tests.schemas.dumps import HERE, dump, known

if __name__ == "__main__":
    schema = known()[-1]
    if (HERE / schema).exists():
        sys.exit(f"{schema} has its dump; a dump is never made anew")
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder))
        dump(Path(folder), HERE / schema)
    sys.stdout.write(f"{HERE / schema}\n")
