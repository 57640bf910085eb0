"""Copies of the keys are known, and the doctor says when one is too old."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.ledger.ledger import Ledger
from agent.upkeep.backup.saving import save_keys
from agent.upkeep.doctor import examine
from agent.upkeep.finding import Finding
from tests.ledger.tills import opened

DAY_MS = 24 * 3600 * 1000


def said_of(ledger: Ledger) -> list[Finding]:
    """What the doctor says of copies of the keys."""
    every = examine(ledger.path.parent, ledger.path, lambda: opened(ledger.path, read_only=True))
    return [finding for finding in every if finding.check == "keys copy"]


def days_ago(days: int) -> int:
    return time.time_ns() // 1_000_000 - days * DAY_MS


@pytest.mark.parametrize(("days", "ok"), [(0, True), (30, True), (31, False), (400, False)])
def test_x1_after_thirty_days_a_copy_is_to_be_destroyed(ledger: Ledger, stick: Path, days: int, *, ok: bool) -> None:
    save_keys(ledger.path, stick / "keys", now_ms=days_ago(days))

    (finding,) = said_of(ledger)

    assert (finding.ok, finding.text) == (ok, f"{stick / 'keys'} is {days} days old")
    assert "destroy that file" in finding.hint


def test_x1_who_destroys_it_is_left_alone(ledger: Ledger, stick: Path) -> None:
    save_keys(ledger.path, stick / "keys", now_ms=days_ago(40))
    (stick / "keys").unlink()

    assert said_of(ledger) == []


def test_a_note_that_cannot_be_read_is_a_finding(ledger: Ledger) -> None:
    (ledger.path.parent / "keys-copies.json").write_text("scrambled")

    (finding,) = said_of(ledger)

    assert not finding.ok
    assert "keys-copies.json" in finding.text


def test_a_till_without_copies_has_no_finding_about_them(ledger: Ledger) -> None:
    assert said_of(ledger) == []
