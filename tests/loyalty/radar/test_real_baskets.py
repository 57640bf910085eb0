"""Synthetic fraud mixed into real baskets: the precision and recall that the room's README states."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from agent.loyalty.programme.radar import Radar
from agent.loyalty.radar.detecting import detect
from tests.loyalty.radar.shifts import Mixed, baskets_of, sold, with_own_cards

EXCERPT = Path(__file__).parents[3] / "config/demo/baskets.csv"
WINDOW = timedelta(days=Radar().days)


def rates(mixes: Iterable[Mixed]) -> tuple[float, float]:
    """Precision and recall over all windows; a cheat counts in a window in which the card was used at all."""
    right = wrong = missed = 0
    for mixed in mixes:
        start = mixed.facts[0].at
        while start < mixed.facts[-1].at:
            facts = [fact for fact in mixed.facts if start <= fact.at < start + WINDOW]
            noted = {(note.staff, note.account) for note in detect(facts, Radar()) if note.account}
            active = {(fact.staff, fact.account) for fact in facts} & mixed.cheats
            right, wrong, missed = (
                right + len(noted & active),
                wrong + len(noted - active),
                missed + len(active - noted),
            )
            start += WINDOW
    return right / (right + wrong), right / (right + missed)


def test_cheats_are_found_among_the_demo_baskets_and_nobody_else_is() -> None:
    baskets = baskets_of(EXCERPT)
    mixes = [
        with_own_cards(sold(baskets, seed=seed), cheating=2, of_unknown=0.6, seed=seed + 100) for seed in range(10)
    ]

    precision, recall = rates(mixes)

    assert precision == 1.0
    assert recall >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize(("of_unknown", "recall_least"), [(0.1, 0.94), (0.3, 1.0)])
def test_cheats_are_found_in_a_year_of_real_sales(of_unknown: float, recall_least: float) -> None:
    if "TALLYSTICK_DATA" not in os.environ:
        pytest.skip("TALLYSTICK_DATA does not name the folder with online_retail_2010_2011.parquet")
    baskets = baskets_of(Path(os.environ["TALLYSTICK_DATA"]) / "online_retail_2010_2011.parquet")
    mixes = [
        with_own_cards(sold(baskets, seed=seed), cheating=2, of_unknown=of_unknown, seed=seed + 100)
        for seed in range(2)
    ]

    precision, recall = rates(mixes)

    assert precision >= 0.9
    assert recall >= recall_least
