"""The other half of the stick: what to send to headquarters, what to take from it, and when."""

from agent.sync.enrol import Joined, enrol
from agent.sync.loop import SyncLoop, SyncStatus, Word
from agent.sync.settings import SyncSettings

__all__ = ["Joined", "SyncLoop", "SyncSettings", "SyncStatus", "Word", "enrol"]
