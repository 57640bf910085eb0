"""Machines and time: restarts, dead batteries, books that catch up, days that pass."""

from __future__ import annotations

from tests.faults.sync.simulator.actions.selling import sell
from tests.faults.sync.simulator.simulation import Simulation
from tests.faults.sync.simulator.world import DAY_S
from tests.sync.chain import TERMS

LATER_TERMS = TERMS.replace("give = 1\n", "give = 2\n", 1)
IN_1980_MS, IN_2036_MS = 315_532_800_000, 2_082_758_400_000  # what a PC shows whose battery is dead


def restart_agent(sim: Simulation) -> None:
    till = sim.till()
    till.stop()
    till.start()


def restart_pc(sim: Simulation) -> None:
    """A till's PC is switched off and on; its battery may be dead."""
    till = sim.till()
    till.stop()
    sim.times.later(60)
    till.start_pc(shows_ms=sim.chance.choice((None, IN_1980_MS, IN_2036_MS)))


def restart_hq(sim: Simulation) -> None:
    sim.hq.close()
    sim.hq.open()


def book_some(sim: Simulation) -> None:
    """The books catch up a little."""
    sim.hq.advance(sim.chance.randint(1, 3))


def publish(sim: Simulation) -> None:
    """The office changes the programme of every shop."""
    path = sim.hq.settings.shops[0].programme
    path.write_text(LATER_TERMS if path.read_text() == TERMS else TERMS)
    sim.hq.publish()


def time_passes(sim: Simulation) -> None:
    sim.times.later(sim.chance.choice((1, 600, 8 * 3600, 3 * DAY_S)))


def year_without_line(sim: Simulation) -> None:
    """S12: 400 days nobody meets, and one till's battery dies meanwhile; they go on selling."""
    till = sim.till()
    till.stop()
    sim.times.later(200 * DAY_S)
    till.start_pc(shows_ms=IN_1980_MS)
    sell(sim)
    sim.times.later(200 * DAY_S)
