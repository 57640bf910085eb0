"""What a till does after a power cut: opens its ledger, which recovers, sells once, and closes.

`python -m tests.faults.day_again FOLDER` says what `tests.faults.day` says.
"""

import sys
from contextlib import closing
from pathlib import Path

from tests.faults.day import REMEMBERED, say
from tests.ledger.tills import opened, sale

if __name__ == "__main__":
    with closing(opened(Path(sys.argv[1]) / "ledger.db")) as ledger:
        remembered = int(ledger.recall(REMEMBERED) or b"0")
        say(ledger.identity.seq, remembered)
        ledger.append(sale("after the cut"))
        say(ledger.identity.seq, remembered)
