"""Every write and every sync of a sale and of an enrolment, each once where the process dies or the disk fails.

The process is real and its disk is not: strace kills it, or answers in the disk's place. Afterwards the ledger is
opened anew: what was acknowledged is there, nothing is there by halves, and what was asked twice counts once.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from agent.ledger import audit
from agent.ledger.ledger import Ledger
from agent.ledger.members import profile_of
from tests.counter.shops import Shop, shop_programme
from tests.faults.teller import TRIES, work
from tests.faults.tracing import Call, Ran, recorded
from tests.ledger.tills import opened

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

TELLER = "tests.faults.teller"
OPS = ("op-1", "op-2")  # a sale and an enrolment
WRITES, SYNCS = "pwrite64", "fdatasync"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a till that has sold once and was stopped."""
    folder = tmp_path_factory.mktemp("pattern")
    with closing(opened(folder / "ledger.db")) as ledger:
        work(Shop(ledger, shop_programme()), 0)
    return folder


@pytest.fixture(scope="module")
def whole(pattern: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Call, ...]:
    """What the two ops do when nothing fails."""
    ran = run(pattern, tmp_path_factory.mktemp("whole") / "till")
    assert ran.said == ("open", "begin op-1", "ack op-1", "begin op-2", "ack op-2", "closed")
    return ran.calls


def of_the_ops(whole: Sequence[Call], kind: str) -> list[int]:
    """Where the calls of a kind that belong to the two ops stand.

    SQLite syncs a WAL's name without asking how that went; the ledger has made sure of it before (`mark_open`).
    """
    said = [at for at, call in enumerate(whole) if call.name == "said"]
    return [at for at in range(said[0], said[-2]) if whole[at].syscall == kind and whole[at].file != "."]


def nth(whole: Sequence[Call], at: int, kind: str) -> int:
    """Which of its kind, counted from the process' start, the next call from `at` on is, as strace counts."""
    return 1 + sum(call.syscall == kind for call in whole[:at])


def once(whole: Sequence[Call], kind: str, fault: str) -> list[tuple[str]]:
    """For each call of a kind: that one fails."""
    return [(f"{kind}:{fault}:when={nth(whole, at, kind)}",) for at in of_the_ops(whole, kind)]


def for_good(whole: Sequence[Call], kind: str, *kinds: str) -> list[tuple[str, ...]]:
    """For each call of the first kind: from then on all of these kinds fail."""
    return [
        tuple(f"{each}:error=EIO:when={nth(whole, at, each)}+" for each in (kind, *kinds))
        for at in of_the_ops(whole, kind)
    ]


def run(pattern: Path, folder: Path, *inject: str) -> Ran:
    shutil.copytree(pattern, folder)
    return recorded(TELLER, folder, "1", "2", inject=inject)


def each(pattern: Path, tmp_path: Path, tamperings: Sequence[Sequence[str]]) -> list[tuple[str, Ran, Path]]:
    """Run once with each tampering, two at a time."""

    def one(number: int) -> tuple[str, Ran, Path]:
        folder = tmp_path / f"till-{number}"
        return " ".join(tamperings[number]), run(pattern, folder, *tamperings[number]), folder

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(len(tamperings))))


def acknowledged(ran: Ran) -> set[str]:
    return {line.split()[1] for line in ran.said if line.startswith("ack ")}


def refusals(ran: Ran) -> set[str]:
    return {line.split()[2] for line in ran.said if line.startswith("no ")}


def check_whole(folder: Path, acked: set[str]) -> None:
    """Acknowledged ops are there; every entry is with all that belongs to it; asking again makes each op one entry."""
    with closing(opened(folder / "ledger.db")) as ledger:
        check_entries(ledger)
        for op in acked:
            assert ledger.find(op) is not None, op
        shop = Shop(ledger, shop_programme())
        for number in (1, 2):
            work(shop, number)
        check_entries(ledger)
        assert ledger.identity.seq == 4


def check_entries(ledger: Ledger) -> None:
    audit.verify(ledger)
    audit.check_derived(ledger)
    for op in ("op-0", *OPS):
        recorded = ledger.find(op)
        if recorded is None:
            continue
        with ledger.reading() as conn:
            assert conn.execute("SELECT count(*) FROM slip WHERE n = ?", (recorded.n,)).fetchone() == (1,), op
        for subject, _ in recorded.entry.profiles:
            assert profile_of(ledger, subject) is not None, op


def test_L1_L2_killed_at_every_write_and_every_sync_of_a_sale(
    pattern: Path, whole: tuple[Call, ...], tmp_path: Path
) -> None:
    tamperings = [*once(whole, WRITES, "signal=KILL"), *once(whole, SYNCS, "signal=KILL")]
    for tampering, ran, folder in each(pattern, tmp_path, tamperings):
        assert ran.status == -9, tampering
        check_whole(folder, acknowledged(ran))

    assert len(of_the_ops(whole, WRITES)) > 20
    assert len(of_the_ops(whole, SYNCS)) >= 3


@pytest.mark.parametrize("fault", ["error=ENOSPC", "error=EIO", "retval=0"])
def test_L3_L8_one_write_of_a_sale_fails_and_the_same_op_asked_again_counts_once(
    pattern: Path, whole: tuple[Call, ...], tmp_path: Path, fault: str
) -> None:
    runs = each(pattern, tmp_path, once(whole, WRITES, fault))
    for tampering, ran, folder in runs:
        assert (ran.status, acknowledged(ran)) == (0, set(OPS)), tampering
        assert refusals(ran) <= {"outcome_unknown", "ledger_down"}, tampering
        check_whole(folder, acknowledged(ran))

    assert sum(bool(refusals(ran)) for _, ran, _ in runs) > len(runs) // 2


def test_L3_L8_one_sync_of_a_sale_fails_and_the_same_op_asked_again_counts_once(
    pattern: Path, whole: tuple[Call, ...], tmp_path: Path
) -> None:
    for tampering, ran, folder in each(pattern, tmp_path, once(whole, SYNCS, "error=EIO")):
        assert (ran.status, acknowledged(ran)) == (0, set(OPS)), tampering
        assert refusals(ran), tampering
        check_whole(folder, acknowledged(ran))


@pytest.mark.parametrize("kinds", [(WRITES,), (SYNCS, "fsync")])
def test_L8_a_disk_that_fails_for_good_acknowledges_nothing_more(
    pattern: Path, whole: tuple[Call, ...], tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    for tampering, ran, folder in each(pattern, tmp_path, for_good(whole, *kinds)):
        said = [line for line in ran.said if line.startswith(("ack", "no"))]
        refused = [line for line in said if line.startswith("no")]
        assert ran.status == 0, tampering
        assert refused, tampering
        assert said[len(said) - len(refused) :] == refused, f"{tampering}: acknowledged after an error"
        assert len(refused) % TRIES == 0, tampering
        check_whole(folder, acknowledged(ran))
