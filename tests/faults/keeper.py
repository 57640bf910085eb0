"""Backs the ledger argv[2] up to argv[3], or puts argv[3] back in its place, as argv[1] says; "done" when it is."""

import sys
from pathlib import Path

from agent.errors import TallyError
from tests.upkeep.backup.backups import back_up, put_back

if __name__ == "__main__":
    word, ledger, backup = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    try:
        if word == "backup":
            back_up(ledger, backup)
        else:
            put_back(backup, ledger, replace=True)
        sys.stdout.write("done\n")
    except TallyError as error:
        sys.stdout.write(f"no {error.code} {error}\n")
