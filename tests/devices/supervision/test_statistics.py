"""Counting, percentiles, and the advice to clean a head."""

from __future__ import annotations

import pytest

from agent.devices.categories import Category, Paper, PrinterStatus, Sign
from agent.devices.supervision.report import Statistics
from agent.devices.supervision.statistics import LATENCIES_KEPT, NO_WAY_BACK, Meter, printer_advice

WELL = PrinterStatus(Sign.OK, Sign.OK, Paper.OK, Sign.OK)


def test_a_fresh_device_has_counted_nothing() -> None:
    assert Meter().statistics() == Statistics()


def test_reads_slips_and_reopens_are_counted() -> None:
    meter = Meter()
    meter.read(is_good=True)
    meter.read(is_good=True)
    meter.read(is_good=False)
    meter.swiped(2)
    meter.slip_sent()
    meter.reopened()

    assert meter.statistics() == Statistics(good_reads=2, failed_reads=1, unreadable_tracks=2, slips_sent=1, reopens=1)


def test_latencies_are_told_by_the_nearest_rank() -> None:
    meter = Meter()
    for milliseconds in range(100, 0, -1):
        meter.handed_out(milliseconds * 1_000_000)

    statistics = meter.statistics()

    assert (statistics.latency_p50_us, statistics.latency_p99_us) == (50_000, 99_000)


def test_only_the_latest_latencies_are_kept() -> None:
    meter = Meter()
    for latency_us in [1_000_000, *[10] * LATENCIES_KEPT]:
        meter.handed_out(latency_us * 1000)

    assert meter.statistics().latency_p99_us == 10


def test_the_paper_is_counted_when_it_comes_to_its_end_and_not_while_it_is_there() -> None:
    meter = Meter()
    for paper in (Paper.OK, Paper.NEAR_END, Paper.UNKNOWN, Paper.NEAR_END, Paper.OUT, Paper.OUT, Paper.OK, Paper.OUT):
        meter.paper(paper)

    assert (meter.statistics().paper_near_end, meter.statistics().paper_out) == (1, 2)


@pytest.mark.parametrize(("unreadable", "says"), [(4, False), (5, True)])
def test_a_head_is_to_be_cleaned_when_too_many_swipes_of_late_were_unreadable(unreadable: int, says: bool) -> None:  # noqa: FBT001
    meter = Meter()
    for number in range(30):
        meter.swiped(1 if number < unreadable + 10 and number >= 10 else 0)

    text, hint = meter.swipes_advice()

    assert bool(text) == bool(hint) == says
    assert not says or text.startswith("clean the head: 5 of the last 20 swipes")


def test_a_head_that_was_cleaned_is_forgiven() -> None:
    meter = Meter()
    for _ in range(20):
        meter.swiped(1)
    for _ in range(20):
        meter.swiped(0)

    assert meter.swipes_advice() == ("", "")


@pytest.mark.parametrize(
    ("status", "text", "hint"),
    [
        (WELL, "", ""),
        (PrinterStatus(Sign.OK, Sign.OK, Paper.NEAR_END, Sign.OK), "paper near end", ""),
        (PrinterStatus(Sign.BAD, Sign.OK, Paper.OUT, Sign.OK), "out of paper, offline", "put in a new roll"),
        (PrinterStatus(Sign.OK, Sign.BAD, Paper.OK, Sign.OK), "cover open", "look at the printer"),
        (PrinterStatus(), NO_WAY_BACK, ""),
    ],
)
def test_a_printer_s_trouble_comes_with_what_to_do(status: PrinterStatus, text: str, hint: str) -> None:
    said, advised = printer_advice(status)

    assert said == text
    assert advised.startswith(hint)
    assert bool(advised) == bool(hint)


def test_only_what_means_something_for_a_category_is_shown() -> None:
    statistics = Statistics(reopens=1)

    assert set(statistics.of(Category.SCANNER)) >= {"good_reads", "latency_p99_us", "reopens"}
    assert "unreadable_tracks" in statistics.of(Category.MSR)
    assert "unreadable_tracks" not in statistics.of(Category.SCANNER)
    assert set(statistics.of(Category.POS_PRINTER)) == {"slips_sent", "paper_near_end", "paper_out", "reopens"}
    assert statistics.of(Category.CASH_DRAWER) == statistics.of(None) == {"reopens": 1}
