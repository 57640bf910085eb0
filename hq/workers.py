"""Several processes that serve one address: begun together, ended together; one that dies is begun again."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

_PAUSE_S = 1.0  # before another worker takes the place of one that died

log = logging.getLogger(__name__)


class Workers:
    """`count` processes, each of which runs `work`.

    They are forked: this process may have neither a thread nor a connection then.
    """

    def __init__(self, count: int, work: Callable[[], None]) -> None:
        self._work = work
        self._context = multiprocessing.get_context("fork")
        self._count = count
        self._woken, self._wake = os.pipe()

    def run(self) -> None:
        """Run until SIGINT, SIGTERM or `stop`."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())
        processes = [self._begin() for _ in range(self._count)]
        while not self._is_stopped([one.sentinel for one in processes]):
            for process in [one for one in processes if not one.is_alive()]:
                log.error("worker pid=%s ended with %s; another begins", process.pid, process.exitcode)
                processes.remove(process)
                if self._is_stopped([], _PAUSE_S):
                    break
                processes.append(self._begin())
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()

    def stop(self) -> None:
        """Make `run` end."""
        os.write(self._wake, b"\0")

    def _is_stopped(self, sentinels: list[int], timeout_s: float | None = None) -> bool:
        """Wait for a process to end, or for `stop`; say whether it was that."""
        return self._woken in wait([self._woken, *sentinels], timeout_s)

    def _begin(self) -> BaseProcess:
        process = self._context.Process(target=self._run_one)
        process.start()
        return process

    def _run_one(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)  # until the server has handlers of its own
        self._work()


def when_orphaned(act: Callable[[], None]) -> None:
    """Call `act` from a thread when this process's parent has ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        with suppress(OSError):
            wait([parent.sentinel])
        act()

    threading.Thread(target=watch, name="orphaned", daemon=True).start()
