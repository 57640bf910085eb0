"""The programme: what a TOML file says, read into frozen values. The README has the format."""

from agent.loyalty.programme.policies import WithoutReceipt
from agent.loyalty.programme.rules.punching import PunchCard
from agent.loyalty.programme.rules.rewarding import Reward
from agent.loyalty.programme.rules.standing import Tier
from agent.loyalty.programme.table import PERCENT_MAX, UNITS_MAX
from agent.loyalty.programme.units import QUALIFYING, is_counter
from agent.loyalty.programme.whole import PROGRAMME_BYTES_MAX, Programme, load, version_of

__all__ = [
    "PERCENT_MAX",
    "PROGRAMME_BYTES_MAX",
    "QUALIFYING",
    "UNITS_MAX",
    "Programme",
    "PunchCard",
    "Reward",
    "Tier",
    "WithoutReceipt",
    "is_counter",
    "load",
    "version_of",
]
