"""Running simulations: faults, then quiet, then every promise."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from agent.errors import CodeError, RefusalError
from tests.faults.sync.simulator.actions import ACTIONS
from tests.faults.sync.simulator.founding import Chains, scratch
from tests.faults.sync.simulator.promises import check_all
from tests.faults.sync.simulator.simulation import Simulation, begun
from tests.faults.sync.simulator.thrift import thrifty
from tests.faults.sync.simulator.world import Times, governed

TILLS = ((5, 66), (6, 15), (8, 12), (12, 5), (20, 2))  # how many, and how often of a hundred seeds
SHOWN = 40  # the last lines of a history


@dataclass(frozen=True, slots=True)
class Options:
    """How much happens: `actions` before it is quiet, and `tills` if not the seed decides."""

    actions: int = 40
    tills: int | None = None

    def arguments(self) -> str:
        """Return the options as the command takes them."""
        return f"--actions {self.actions}" + (f" --tills {self.tills}" if self.tills else "")


class BrokenPromiseError(AssertionError):
    """A seed under which a promise is broken."""


def run(chains: Chains, seed: int, options: Options) -> Simulation:
    """Run one seed to its end; raises BrokenPromiseError with how to repeat it."""
    chance, times = random.Random(seed), Times()
    tills = options.tills or chance.choices(*zip(*TILLS, strict=True))[0]
    history: list[str] = []
    with thrifty(), governed(times, chance), chains.copy(tills) as folder:
        try:
            with begun(folder, tills=tills, times=times, chance=chance, history=history) as sim:
                for _ in range(options.actions):
                    act(sim)
                sim.note("quiet")
                sim.settle()
                check_all(sim)
        except Exception as error:
            lines = "\n".join(history[-SHOWN:])
            again = f"python -m tests.faults.sync {seed} {options.arguments()}"
            raise BrokenPromiseError(f"{lines}\nseed {seed}, {tills} tills: {error!r}\nagain: {again}") from error
    return sim


def act(sim: Simulation) -> None:
    """Let one thing happen; what the counter refuses has not happened."""
    weights, actions = zip(*ACTIONS, strict=True)
    (action,) = sim.chance.choices(actions, weights)
    sim.note(action.__name__)
    try:
        action(sim)
    except (RefusalError, CodeError) as error:  # a code, too, that another shop made
        sim.note(f"    refused: {error}")


def run_all(seeds: Iterable[int], options: Options, *, said: Callable[[str], None]) -> list[str]:
    """Run many seeds in this process and return what was broken; `said` is told now and then how it goes."""
    broken, begun_at, done = [], time.monotonic(), 0
    with scratch() as folder:
        chains = Chains(folder)
        for done, seed in enumerate(seeds, 1):
            try:
                run(chains, seed, options)
            except BrokenPromiseError as error:
                broken.append(str(error))
                said("\n".join(broken[-1].splitlines()[-2:]))
            if done % 100 == 0:
                said(f"{done} seeds, {done / (time.monotonic() - begun_at):.1f}/s, {len(broken)} broken")
    return broken


def run_side_by_side(seeds: range, options: Options, *, processes: int) -> list[str]:
    """Run many seeds in several processes and return what was broken."""
    parts = [seeds[at::processes] for at in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        return [one for part in pool.map(_run_part, parts, [options] * processes) for one in part]


def _run_part(seeds: range, options: Options) -> list[str]:
    return run_all(seeds, options, said=say)


def say(text: str) -> None:
    """Say how it goes."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
