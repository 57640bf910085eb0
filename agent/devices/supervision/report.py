"""What the till says about a device: one status word, a sentence, what to do about it, and its statistics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.devices.categories import INPUT_CATEGORIES, Category


class DeviceStatus(StrEnum):
    """The one word. The stopped ones need a person; the others mend themselves."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    OFFLINE = "offline"
    STOPPED_BY_LOAD_ERROR = "stopped_by_load_error"
    STOPPED_BY_CONFIG_ERROR = "stopped_by_config_error"
    STOPPED_BY_SELF_CHECK = "stopped_by_self_check"


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is counted since the agent started (after UnifiedPOS 1.15, device statistics).

    `unreadable_tracks` are tracks that the reader saw and could not read: its own `%E?`, or an LRC that does not fit.
    Latencies are in microseconds, from a read's last byte until it is handed out; None before the first read.
    `paper_near_end` and `paper_out` say how often the paper came there.
    """

    good_reads: int = 0
    failed_reads: int = 0
    unreadable_tracks: int = 0
    latency_p50_us: int | None = None
    latency_p99_us: int | None = None
    slips_sent: int = 0
    paper_near_end: int = 0
    paper_out: int = 0
    reopens: int = 0

    def of(self, category: Category | None) -> dict[str, int | None]:
        """Return what means something for a device of `category`, by name."""
        found: dict[str, int | None] = {}
        if category in INPUT_CATEGORIES:
            found |= {"good_reads": self.good_reads, "failed_reads": self.failed_reads}
        if category is Category.MSR:
            found |= {"unreadable_tracks": self.unreadable_tracks}
        if category in INPUT_CATEGORIES:
            found |= {"latency_p50_us": self.latency_p50_us, "latency_p99_us": self.latency_p99_us}
        if category is Category.POS_PRINTER:
            found |= {"slips_sent": self.slips_sent}
            found |= {"paper_near_end": self.paper_near_end, "paper_out": self.paper_out}
        return found | {"reopens": self.reopens}


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A device as it is now.

    `text` says why it is so, what a printer lacks, what a reader suffers from; `hint` is what a person does now, empty
    if there is nothing to do or nothing special. `category` is None until the driver is there.
    """

    name: str
    driver: str
    category: Category | None
    status: DeviceStatus
    text: str
    hint: str
    statistics: Statistics
