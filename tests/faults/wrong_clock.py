"""The agent as a process whose clock says what a test wants, by Debian's libfaketime.

The library replaces the wall clock only (FAKETIME_DONT_FAKE_MONOTONIC): the boot clock goes on as it does when a PC's
clock is set.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.upkeep.running import find_running, require_running
from tests.till_files import ROOT, TillFiles, wait_until

_LIBRARY = "libfaketimeMT.so.1"  # the one for programs with threads
# libfaketime 0.9.10 hands clock_nanosleep(2) the wrong pointer while it leaves the boot clock alone: wait by select(2).
_RUN = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds)
from agent.cli import main
main()
"""
START_S = 30.0
STOP_S = 15.0


def library() -> Path:
    """Where Debian's package put the library."""
    listed = subprocess.run(["dpkg", "--listfiles", "libfaketime"], capture_output=True, text=True, check=True)
    return next(Path(line) for line in listed.stdout.splitlines() if line.endswith(_LIBRARY))


@dataclass(frozen=True)
class WrongClock:
    """A till whose agent asks the file `says` what time it is."""

    files: TillFiles
    says: Path

    def set(self, text: str) -> None:
        """Set the clock: `+10y` from now, `@2038-01-19 03:14:00` and going on, `2027-01-01 12:00:00` standing still."""
        new = self.says.with_suffix(".new")
        new.write_text(text + "\n")
        new.rename(self.says)  # never half a text

    @contextmanager
    def agent(self, text: str) -> Iterator[None]:
        """Run the agent, its clock set so from its first moment."""
        self.set(text)
        environment = {
            **os.environ,
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.says),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": "UTC",
        }
        command = [sys.executable, "-c", _RUN, "run", "-c", str(self.files.config)]
        with (
            self.files.folder.joinpath("log").open("ab") as log,
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process,
        ):
            try:
                wait_until(lambda: self._is_up(process), seconds=START_S)
                yield
            finally:
                process.terminate()
                process.wait(STOP_S)

    def _is_up(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.poll() is None, self.files.folder.joinpath("log").read_text()
        return find_running(self.files.data) is not None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the running agent."""
        return require_running(self.files.data).ask(method, path, body)
