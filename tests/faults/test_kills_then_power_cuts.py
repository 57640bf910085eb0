"""A killed agent leaves writes in the kernel's memory; the next one must not acknowledge what it reads there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from agent.ledger.members import profile_of
from tests.faults.disk import Damage, Disk
from tests.faults.power import contents_of, lay_out
from tests.faults.tracing import Call, recorded
from tests.ledger.tills import opened

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

TELLER = "tests.faults.teller"


def sale_syncs(folder: Path) -> range:
    """Which of a new till's fdatasync calls belong to its three ops."""
    folder.mkdir()
    ran = recorded(TELLER, folder, "0", "3")
    said = [number for number, call in enumerate(ran.calls) if call.name == "said"]
    before, after = (syncs(ran.calls[: said[number]]) for number in (0, -1))
    return range(before + 1, after + 1)


def syncs(calls: Sequence[Call]) -> int:
    return sum(call.syscall == "fdatasync" for call in calls)


def lost_after_kill(tmp_path: Path, *, nth: int, next_agent: str) -> list[str]:
    """Kill a new till at its `nth` fdatasync, start it again, and cut the power after each acknowledgement."""
    disk, ops = killed(tmp_path / f"till-{nth}", f"fdatasync:signal=KILL:when={nth}")
    rerun = recorded(next_agent, tmp_path / f"till-{nth}", "0", "3")
    assert rerun.status == 0
    lost: list[str] = []
    for number, call in enumerate(rerun.calls):
        disk.apply(call)
        if call.name == "said":
            ops += acknowledged((call,))
            lost += missing(disk, tmp_path / f"cut-{nth}-{number}", ops)
    assert {"op-0", "op-1", "op-2"} == set(ops)
    return lost


def killed(folder: Path, tampering: str) -> tuple[Disk, list[str]]:
    """Let a new till work until it is killed; the disk with all that is in memory only, and what was acknowledged."""
    folder.mkdir()
    ran = recorded(TELLER, folder, "0", "3", inject=[tampering])
    assert ran.status == -9
    disk = Disk()
    for call in ran.calls[:-1]:
        disk.apply(call)
    if disk.now() != contents_of(folder):  # whether the last call was still done is seen by what is there
        disk.apply(ran.calls[-1])
    assert disk.now() == contents_of(folder)
    return disk, acknowledged(ran.calls)


def acknowledged(calls: tuple[Call, ...]) -> list[str]:
    said = [call.data.decode().split() for call in calls if call.name == "said"]
    return [words[1] for words in said if words[0] == "ack"]


def missing(disk: Disk, folder: Path, ops: list[str]) -> list[str]:
    """Of these ops, those that a power cut takes now, and those whose member it makes unreadable."""
    lay_out(disk.after_cut(Damage.LOST, Random(0)), folder)
    with closing(opened(folder / "ledger.db")) as ledger:
        found = {op: ledger.find(op) for op in ops}
        lost = [op for op, recorded in found.items() if recorded is None]
        for op, recorded in found.items():
            if recorded is not None and recorded.entry.kind == "enrolment":
                lost += [op for subject, _ in recorded.entry.profiles if profile_of(ledger, subject) is None]
    return lost


def test_L1_what_a_killed_agent_left_in_memory_is_durable_before_it_is_acknowledged(tmp_path: Path) -> None:
    lost = {nth: lost_after_kill(tmp_path, nth=nth, next_agent=TELLER) for nth in sale_syncs(tmp_path / "whole")}

    assert len(lost) >= 4
    assert set(map(tuple, lost.values())) == {()}


def test_a_kill_and_a_power_cut_find_an_agent_that_believes_what_it_reads(tmp_path: Path) -> None:
    hasty = [
        lost_after_kill(tmp_path, nth=nth, next_agent="tests.faults.hasty_teller")
        for nth in sale_syncs(tmp_path / "whole")
    ]

    assert sum(map(len, hasty)) > 0
