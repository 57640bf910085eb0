"""The other process of a `read_*` row: a whole till on one device, or the bare read of the same bytes.

python -m rows.far_end till CONFIG
python -m rows.far_end bare PATH SIZE      waits for SIZE bytes, says when the last one was there, begins again
python -m rows.far_end bare-chip           the same for a card's unique id through the smart card service
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import time
from pathlib import Path
from typing import Any

from smartcard import scard as _scard

from agent.config import load_config
from agent.daemon import run
from drivers import _evdev

scard: Any = _scard  # pyscard has no types

GET_UID = [0xFF, 0xCA, 0x00, 0x00, 0x00]


def _grab(fd: int, _request: int, _argument: int) -> None:
    """Play the kernel's grab on a FIFO, which stands in for a keyboard on machines without one."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(errno.EBUSY, "Device or resource busy") from None


def till(config: str) -> None:
    """Run the agent until it is told to stop."""
    _evdev.ioctl = _grab  # type: ignore[assignment, attr-defined]  # one of its overloads is used
    run(load_config(Path(config)))


def bare(path: str, size: int) -> None:
    """Read `size` bytes, and again; each time print `time.monotonic_ns` of the last."""
    fd = os.open(path, os.O_RDONLY | os.O_NOCTTY)
    _say(0)
    while True:
        left = size
        while left > 0:
            left -= len(os.read(fd, max(left, 16384)))
        _say(time.monotonic_ns())


def bare_chip() -> None:
    """Wait for a card, ask its unique id, wait until it is gone, and again; print when the id was there."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, (reader, *_) = scard.SCardListReaders(context, [])
    _say(0)
    state = scard.SCARD_STATE_UNAWARE
    while True:
        code, states = scard.SCardGetStatusChange(context, 10_000, [(reader, state)])
        if code != scard.SCARD_S_SUCCESS:
            continue
        state = states[0][1]
        if not state & scard.SCARD_STATE_PRESENT:
            continue
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, card, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, protocols)
        if code == scard.SCARD_S_SUCCESS:
            scard.SCardTransmit(card, protocol, GET_UID)
            _say(time.monotonic_ns())
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)


def _say(at_ns: int) -> None:
    sys.stdout.write(f"{at_ns}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["till", config]:
            till(config)
        case ["bare", path, size]:
            bare(path, int(size))
        case ["bare-chip"]:
            bare_chip()
        case other:
            raise SystemExit(f"unknown far end {other}")
