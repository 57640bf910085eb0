"""The process's memory stays with it; in processes of their own, for it cannot be undone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.upkeep.running import find_running
from tests.till_files import set_up, wait_until

LOOK = """
import ctypes, os, resource
from agent.upkeep.memory import keep_memory_private
resource.setrlimit(resource.RLIMIT_CORE, (4096, resource.getrlimit(resource.RLIMIT_CORE)[1]))
keep_memory_private()
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
os.abort()
"""


def test_a_process_that_keeps_its_memory_leaves_no_core_when_it_dies(tmp_path: Path) -> None:
    died = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )

    assert died.returncode == -signal.SIGABRT
    assert died.stdout == "0 0\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_agent_runs_without_core_dumps(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    command = [str(Path(sys.executable).parent / "tally"), "run", "--config", str(files.config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as agent:
        try:
            wait_until(lambda: find_running(files.data), seconds=20)
            limits = Path(f"/proc/{agent.pid}/limits").read_text()
        finally:
            agent.terminate()

    line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert line.split()[4] == "0"
