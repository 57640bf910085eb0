"""One agent writes to a ledger, others may read it meanwhile."""

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import (
    LedgerError,
    LedgerInUseError,
)
from agent.journal import chain
from agent.ledger.ledger import Ledger
from tests.ledger.tills import TILL, opened, sale

_HOLD = """
import sys
from pathlib import Path
from tests.ledger.tills import opened
ledger = opened(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
ledger.close()
"""
_ASK = "import sys; from pathlib import Path; from tests.ledger.tills import opened; opened(Path(sys.argv[1])).close()"


def test_a_second_agent_is_refused_while_the_first_runs(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        with pytest.raises(LedgerInUseError, match="held by another agent") as caught:
            opened(path)
        first.stdin.close()
    with closing(opened(path)) as ledger:
        assert ledger.identity.seq == 1

    assert first.returncode == 0
    assert "tally status" in caught.value.hint


def test_a_second_process_learns_that_the_ledger_is_in_use(ledger: Ledger) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", _ASK, str(ledger.path)], capture_output=True, text=True, check=False, timeout=30
    )

    assert asked.returncode != 0
    assert "LedgerInUseError" in asked.stderr


def test_a_second_ledger_in_the_same_process_is_refused_too(ledger: Ledger, path: Path) -> None:
    with pytest.raises(LedgerInUseError):
        opened(path)

    assert ledger.append(sale("op-1")).entry.seq == 2


def test_reading_goes_on_beside_a_writer_and_sees_what_it_acknowledged(ledger: Ledger, path: Path) -> None:
    with closing(opened(path, read_only=True)) as reader:
        recorded = ledger.append(sale("op-1"))

        assert reader.find("op-1") == recorded
        with ledger.write() as conn:
            conn.execute("INSERT INTO state VALUES ('k', x'00')")
            assert reader.recall("k") is None
        assert reader.recall("k") == b"\0"


def test_a_ledger_opened_for_reading_never_writes(ledger: Ledger, path: Path) -> None:
    with closing(opened(path, read_only=True)) as reader:
        for write in (lambda: reader.append(sale("x")), reader.begin_epoch, lambda: reader.remember({"k": b"v"})):
            with pytest.raises(LedgerError, match="open for reading only"):
                write()
        assert reader.identity == ledger.identity

    assert ledger.append(sale("op-1")).entry.seq == 2


def test_a_closed_ledger_can_be_read(path: Path) -> None:
    opened(path).close()
    with closing(opened(path, read_only=True)) as reader:
        assert reader.identity.seq == 1


def test_a_ledger_that_is_not_there_cannot_be_read(path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger at"):
        opened(path, read_only=True)

    assert not path.parent.exists()


def test_a_closed_ledger_says_so(path: Path) -> None:
    ledger = opened(path)
    ledger.close()
    ledger.close()

    with pytest.raises(LedgerError, match="is closed"):
        ledger.append(sale("op-1"))


def test_many_threads_append_one_gapless_chain(ledger: Ledger) -> None:
    failed: list[Exception] = []

    def work(name: int) -> None:
        try:
            for i in range(10):
                ledger.append(sale(f"op-{name}-{i}"))
                assert ledger.find(f"op-{name}-{i}") is not None
        except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.reading() as conn:
        rows = conn.execute("SELECT hash, bytes FROM entry ORDER BY n").fetchall()

    assert failed == []
    identity = ledger.identity
    assert chain.verify(rows, till=TILL, epoch=identity.epoch) == (61, identity.head)
