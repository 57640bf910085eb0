"""Carrying files between a till and a headquarters that have no line."""

from __future__ import annotations

from pathlib import Path

from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.stick.exporting import export
from agent.sync.stick.importing import Imported, take
from agent.sync.timing.news import News
from hq import config, keys, stick
from hq.stick import Taken
from tests.hq.headquarters import opened
from tests.sync.halves import Till


def export_of(till: Till, **limits: int) -> bytes:
    """Return what a till carries to headquarters."""
    return export(till.ledger, require_pinned(till.ledger), load_keys(till.folder), **limits).data


def taken_by(hq: Path, data: bytes) -> Taken:
    """Let headquarters take a stick."""
    with opened(hq) as database:
        return stick.take(database, keys.load(config.load(hq).keys), data)


def answer_to(hq: Path, data: bytes) -> bytes:
    """Return what headquarters carries back."""
    answer = taken_by(hq, data).answer
    assert answer is not None
    return answer


def take_in(till: Till, data: bytes) -> Imported:
    """Let a till take headquarters' answer."""
    private = load_keys(till.folder).profile
    return take(till.ledger, require_pinned(till.ledger), private, data, news=News(till.ledger))
