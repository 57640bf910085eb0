"""What a closure looks like on paper, and that every slip carries its proof in every width."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from agent.slips.facts import SlipFacts, SlipKind, SlipLine
from agent.slips.layout import lay_out
from agent.slips.reader import read_text
from agent.slips.settings import COLUMNS
from tests.slips.samples import LETTERHEAD, SALE, PlainEncoder

CLOSURE = SlipFacts(
    kind="closure",
    op="0190f1c2-8e4b-7c3d-9a10-2b3c4d5e6f70",
    at="2026-11-22T20:04",
    till="corner/1",
    currency="GBP",
    total=None,
    account=None,
    tier=None,
    lines=(
        SlipLine("closure_z", {"number": "1204"}),
        SlipLine("closure_days", {"first": "2026-11-22", "last": "2026-11-23"}),
        SlipLine("closure_entries", {"count": 1412}),
        SlipLine("closure_sales", {"currency": "GBP"}),
        SlipLine("closure_count", {"count": 412}),
        SlipLine("closure_goods", {"amount": 1123400, "currency": "GBP"}),
        SlipLine("closure_refunded", {"count": 12, "amount": -123000, "currency": "GBP"}),
        SlipLine("closure_units", {"label": "points"}),
        SlipLine("closure_issued", {"moved": 9120}),
        SlipLine("closure_used", {"moved": -2000}),
        SlipLine("closure_open", {}),
        SlipLine("closure_unsynced", {"count": 3}),
    ),
    balances=(),
    nearest=None,
    punch_cards=(),
    head="7f3a9c2e11d04b55",
    seq=98765,
)


def printed(facts: SlipFacts, columns: int = 42) -> list[str]:
    """The lines that a printer prints of these facts."""
    document = lay_out(facts, replace(LETTERHEAD, columns=columns))
    return read_text(PlainEncoder().encode(document))


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("kind", get_args(SlipKind))
def test_every_kind_of_slip_carries_the_proof_and_the_entry_s_number_in_every_width(kind: str, columns: int) -> None:
    facts = CLOSURE if kind == "closure" else SlipFacts.from_json(SALE.to_json() | {"kind": kind, "seq": 98765})

    *_, last, cut = printed(facts, columns)
    said = " ".join(printed(facts, columns)).split()

    assert cut == "[cut]"
    assert last.endswith("Proof 7f3a9c2e11d04b55")
    assert said[said.index("entry") + 1] == "98765"


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_closure_is_headings_and_figures_at_the_right_edge(columns: int) -> None:
    lines = printed(CLOSURE, columns)

    assert [line.strip() for line in lines if "Z report" in line] == ["Z report 1204"]
    assert f"{'Goods':<{columns - 10}}£11,234.00" in lines
    assert f"{'Goods taken back (12)':<{columns - 10}}-£1,230.00" in lines
    assert f"{'Issued':<{columns - 6}}+9,120" in lines
    assert "points" in [line.strip() for line in lines]
    assert all(len(line) <= columns for line in lines[:-3] if not line.startswith("["))  # the foot is small


def test_a_closure_asks_no_member_to_look_anything_up() -> None:
    text = "\n".join(printed(CLOSURE))

    assert "cornershop.example" not in text
    assert "Your" not in text


def test_facts_of_a_job_from_before_entries_were_numbered_are_still_read() -> None:
    stored = SALE.to_json()
    del stored["seq"]

    assert SlipFacts.from_json(stored) == replace(SALE, seq=0)
