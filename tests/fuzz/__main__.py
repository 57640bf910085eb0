"""Longer, coverage-guided runs over the same parsers: `scripts/test --fuzz [SECONDS [PARSER...]]`.

Every parser runs in a process of its own (atheris, on libFuzzer), so that what hangs or eats memory ends there. The
corpus grows from run to run in `.cache/fuzz/PARSER/corpus`; inputs that were found stay beside it.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.fuzz.seeds import LENGTH_MAX, seeds

CACHE: Final = Path(__file__).parents[2] / ".cache" / "fuzz"
INPUT_S_MAX: Final = 5
MEMORY_MB_MAX: Final = 1024
INSTRUMENTED: Final = ["agent.devices", "agent.slips.reader", "drivers"]


def main() -> int:
    """Run, or replay one input. Exit status 1 if anything was found."""
    command = argparse.ArgumentParser(prog="tests.fuzz", description="Fuzz every parser of bytes.")
    command.add_argument("seconds", type=int, nargs="?", default=60, help="for each parser (default: 60)")
    command.add_argument("parsers", nargs="*", help="their names (default: all)")
    command.add_argument("--replay", type=Path, metavar="FILE", help="run one parser on what was found, once")
    command.add_argument("--alone", action="store_true", help="fuzz in this process; how the others are started")
    asked = command.parse_args()
    if asked.alone:
        return _fuzz(asked.parsers[0], seconds=asked.seconds)
    from tests.fuzz.parsers import PARSERS, survives

    if unknown := set(asked.parsers) - set(PARSERS):
        command.error(f"no parser {', '.join(sorted(unknown))}; there are: {', '.join(PARSERS)}")
    if asked.replay:
        survives(PARSERS[asked.parsers[0]], asked.replay.read_bytes())
        return 0
    found = [path for name in asked.parsers or PARSERS for path in _run(name, seconds=asked.seconds)]
    return int(bool(found))


def _run(name: str, *, seconds: int) -> list[Path]:
    """Fuzz one parser in its own process; return the inputs it found, and say how to see them again."""
    folder = CACHE / name
    for inner in ("corpus", "seeds", "found"):
        (folder / inner).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / "seeds" / f"{number:05}").write_bytes(seed)
    known = set((folder / "found").iterdir())
    command = [sys.executable, "-m", "tests.fuzz", "--alone", str(seconds), name]
    with (folder / "log").open("wb") as log:
        done = subprocess.run(command, stdout=log, stderr=log, check=False)
    found = sorted(set((folder / "found").iterdir()) - known)
    print(f"{name}: {_last_line(folder / 'log')}")  # noqa: T201 - a command's output
    for path in found:
        print(f"  found; again: .venv/bin/python -m tests.fuzz 0 {name} --replay {path.relative_to(CACHE.parents[1])}")  # noqa: T201
    if done.returncode and not found:
        print(f"  ended with exit status {done.returncode}: see {folder / 'log'}")  # noqa: T201
        return [folder / "log"]
    return found


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith(("Done", "#", "=="))]
    return lines[-1].strip() if lines else "nothing ran"


def _fuzz(name: str, *, seconds: int) -> int:
    atheris: Any = importlib.import_module("atheris")  # pinned in scripts/pins/fuzz.txt, installed by --fuzz only
    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz.parsers import PARSERS, survives

    parser, folder = PARSERS[name], CACHE / name
    limits = [f"-max_total_time={seconds}", f"-timeout={INPUT_S_MAX}", f"-rss_limit_mb={MEMORY_MB_MAX}"]
    places = [f"-artifact_prefix={folder / 'found'}/", str(folder / "corpus"), str(folder / "seeds")]
    atheris.Setup([name, f"-max_len={LENGTH_MAX}", *limits, *places], lambda data: survives(parser, data))
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
