"""What the process has in its memory stays there: no core dump, and no other program of the same account looks in.

For a moment after a swipe the digits of a payment card are in memory, and a core file would keep them (PCI DSS 3.3.1).
A limit of 0 stops core files (core(5)); a process that is not dumpable (prctl(2), PR_SET_DUMPABLE) is not given to the
program in core_pattern either, which the limit does not stop, and cannot be traced but by root.
"""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def keep_memory_private() -> None:
    """Give up core dumps and debuggers for this process; raises OSError if the kernel refuses."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"cannot give up core dumps: {os.strerror(ctypes.get_errno())}")
