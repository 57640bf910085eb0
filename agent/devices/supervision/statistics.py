"""Counts what a device does, and sees when a person should look after it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from agent.devices.categories import Paper, PrinterStatus
from agent.devices.supervision.report import Statistics

LATENCIES_KEPT = 512
SWIPES_KEPT = 20
UNREADABLE_MAX = 5  # of these swipes; a worn card or two are no dirty head

NEAR_END = "paper near end"
NO_WAY_BACK = "this printer does not say how it is: what is printed is not confirmed"


class Meter:
    """The statistics of one device. Memory is bounded; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(
            ("good_reads", "failed_reads", "unreadable_tracks", "slips_sent", "paper_near_end", "paper_out", "reopens"),
            0,
        )
        self._latencies_us: deque[int] = deque(maxlen=LATENCIES_KEPT)
        self._swipes: deque[bool] = deque(maxlen=SWIPES_KEPT)
        self._paper = Paper.UNKNOWN

    def read(self, *, is_good: bool) -> None:
        """Count a read."""
        self._count("good_reads" if is_good else "failed_reads")

    def swiped(self, unreadable_tracks: int) -> None:
        """Take note of how many tracks of a swipe the head could not read."""
        with self._lock:
            self._swipes.append(unreadable_tracks > 0)
            self._counts["unreadable_tracks"] += unreadable_tracks

    def handed_out(self, latency_ns: int) -> None:
        """Take note of how long after its last byte a read was handed out."""
        with self._lock:
            self._latencies_us.append(latency_ns // 1000)

    def slip_sent(self) -> None:
        """Count a slip that the printer took."""
        self._count("slips_sent")

    def reopened(self) -> None:
        """Count that the device had to be opened again."""
        self._count("reopens")

    def paper(self, paper: Paper) -> None:
        """Count the paper's coming to its end; not knowing is no news."""
        with self._lock:
            was, self._paper = self._paper, self._paper if paper is Paper.UNKNOWN else paper
            if paper is not was and paper in {Paper.NEAR_END, Paper.OUT}:
                self._counts[f"paper_{paper}"] += 1

    def statistics(self) -> Statistics:
        """Return everything as it is now."""
        with self._lock:
            latencies, counts = sorted(self._latencies_us), dict(self._counts)
        return Statistics(**counts, latency_p50_us=_rank(latencies, 50), latency_p99_us=_rank(latencies, 99))

    def swipes_advice(self) -> tuple[str, str]:
        """Return what is wrong with the swipes of late, and what to do; both empty if they are well."""
        with self._lock:
            unreadable, swipes = sum(self._swipes), len(self._swipes)
        if unreadable < UNREADABLE_MAX:
            return "", ""
        text = f"clean the head: {unreadable} of the last {swipes} swipes had a track that could not be read"
        return text, "draw a cleaning card through the reader"

    def _count(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1


def printer_advice(status: PrinterStatus) -> tuple[str, str]:
    """Return what a printer lacks, and what to do about it; both empty if it is well."""
    if status.trouble:
        out = status.paper is Paper.OUT
        return status.trouble, "put in a new roll" if out else "look at the printer: cover, cutter, cable, power"
    if status.silent:
        return NO_WAY_BACK, ""
    return (NEAR_END, "") if status.paper is Paper.NEAR_END else ("", "")


def _rank(ordered: Sequence[int], percent: int) -> int | None:
    """Return the percentile by the nearest rank."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None
