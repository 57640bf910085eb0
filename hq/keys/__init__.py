"""Headquarters' keys: a root key that is kept off the machine, and the online keys it speaks for."""

from hq.keys.held import Keys, load
from hq.keys.making import make, recover, rotate
from hq.keys.online import OnlineKey, show

__all__ = ["Keys", "OnlineKey", "load", "make", "recover", "rotate", "show"]
