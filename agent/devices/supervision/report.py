"""What the till says about a device: one status word, a sentence, and a few counters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.devices.categories import Category


class DeviceStatus(StrEnum):
    """The one word. The stopped ones need a person; the others mend themselves."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    OFFLINE = "offline"
    STOPPED_BY_LOAD_ERROR = "stopped_by_load_error"
    STOPPED_BY_CONFIG_ERROR = "stopped_by_config_error"
    STOPPED_BY_SELF_CHECK = "stopped_by_self_check"


@dataclass(frozen=True, slots=True)
class Counters:
    """Statistics since the agent started (UnifiedPOS GoodReadCount, FailedReadCount)."""

    good_reads: int = 0
    failed_reads: int = 0
    reopens: int = 0


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A device as it is now. `text` says why, or what a printer lacks; `category` is None until the driver is there."""

    name: str
    driver: str
    category: Category | None
    status: DeviceStatus
    text: str
    counters: Counters
