"""Appends sales to the ledger at argv[1] for ever, under ops that begin with argv[2], and says each one's op."""

import sys
from pathlib import Path

from tests.ledger.tills import enrol, opened, sale

if __name__ == "__main__":
    ledger = opened(Path(sys.argv[1]))
    number = 0
    while True:
        op = f"{sys.argv[2]}-{number}"
        if number % 5 == 4:
            enrol(ledger, op, {"name": op})
            sys.stdout.write(f"enrol-{op}\n")
        else:
            ledger.append(sale(op))
            sys.stdout.write(f"{op}\n")
        sys.stdout.flush()
        number += 1
