"""Putting together what tills said of one subject, field by field: the later one in our order shows.

Who did not know what another till had said did not mean to contradict it: of what both changed the other value is kept,
and what only one of them changed stays as he said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BOOKED_MS = 60_000  # what came within a minute before a till asked for news may not have been in them


@dataclass(frozen=True, slots=True)
class Said:
    """A record that a till's entry named, opened; maps in it are flat (`hq.publish.profiles.flat`).

    `received_ms` is when the entry came, `heard_ms` up to when its till had heard from headquarters as it wrote it (0:
    never). `fields` are those it means to change; None if it does not say.
    """

    digest: str
    till: str
    content: Mapping[str, Any]
    received_ms: int
    heard_ms: int
    fields: frozenset[str] | None = None

    def knew(self, before: Said) -> bool:
        """Say whether the till knew of a record that came before this one."""
        return before.till == self.till or before.received_ms + _BOOKED_MS <= self.heard_ms


@dataclass(frozen=True, slots=True)
class Merged:
    """Which record's value shows of each field, and the records that hold another one, by field."""

    shown: Mapping[str, Said]
    others: Mapping[str, tuple[Said, ...]]


def merge(history: Sequence[Said]) -> Merged:
    """Put together what was said of a subject, in the order in which it came."""
    shown: dict[str, Said] = {}
    others: dict[str, list[Said]] = {}
    for at, said in enumerate(history):
        for field in {**said.content, **shown}:  # what a record leaves out it says nothing of: None
            before, value = shown.get(field), said.content.get(field)
            if before is None:
                shown[field] = said
            elif before.content.get(field) != value and _means(said, field, before, history[:at]):
                kept = [] if said.knew(before) else [*others.get(field, ()), before]
                others[field] = [one for one in kept if one.content.get(field) not in (value, None, "")]
                shown[field] = said
    return Merged(shown, {field: tuple(several) for field, several in others.items() if several})


def _means(said: Said, field: str, before: Said, earlier: Iterable[Said]) -> bool:
    """Say whether a till meant to change a field, or tells what it had from before."""
    if said.fields is not None:
        return field in said.fields
    return said.knew(before) or all(one.content.get(field) != said.content.get(field) for one in earlier)
