"""Hypothesis strategies for entries, and chains made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from agent.journal import chain
from agent.journal.entry import DEPTH_MAX, INTEGER_MAX, ISSUANCE, Entry, Posting, encode_entry

TILL, EPOCH = "till-1", "ab" * 16
CLOCK = {"wall_ms": 1_714_550_400_000, "confirmed": True}

Rows = list[tuple[bytes, bytes]]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.text(st.characters(max_codepoint=127), max_size=8)
integers = st.integers(-INTEGER_MAX, INTEGER_MAX)
leaves = st.none() | st.booleans() | integers | texts
values: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
).filter(lambda value: depth(value) < DEPTH_MAX)
maps = st.dictionaries(keys, values, max_size=5)
_flat = st.dictionaries(keys, leaves, max_size=2)


def depth(value: object) -> int:
    """How many maps and lists stand inside each other."""
    inner: Iterable[object] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    else:
        return 0
    return 1 + max((depth(item) for item in inner), default=0)


def entry(seq: int = 1, **fields: Any) -> Entry:
    """An entry of no known kind, at place `seq`, with `fields` as given."""
    made = Entry(
        till=TILL,
        epoch=EPOCH,
        seq=seq,
        id=f"id-{seq}",
        op=f"op-{seq}",
        kind="something",
        day="2024-05-01",
        clock=CLOCK,
        by="pos",
    )
    return replace(made, **fields)


def moved(account: str, amount: int, *, unit: str = "points", lot: str = "l1") -> tuple[Posting, ...]:
    """Both sides of `amount` issued to an account."""
    return (Posting(unit, ISSUANCE, -amount), Posting(unit, f"account:{account}", amount, lot))


def chained(entries: Iterable[Entry], head: bytes = chain.GENESIS) -> Rows:
    """The (hash, bytes) rows of entries that follow `head`."""
    rows: Rows = []
    for item in entries:
        data = encode_entry(item)
        head = chain.link(head, data)
        rows.append((head, data))
    return rows


@st.composite
def chains(draw: st.DrawFn, *, entries_min: int = 1) -> Rows:
    """Chains of a few entries with bodies and postings of all sorts."""
    drawn = draw(st.lists(st.tuples(_flat, st.integers(0, 1000)), min_size=entries_min, max_size=6))
    return chained(
        entry(seq, body=body, postings=moved("a", amount)) for seq, (body, amount) in enumerate(drawn, start=1)
    )
