"""Over the line: a request at a time, a whole meeting, a copy that comes late."""

from __future__ import annotations

from agent.ledger.kept.held import held
from tests.faults.sync.simulator.halves import SimTill
from tests.faults.sync.simulator.simulation import Simulation
from tests.faults.sync.simulator.wire import Trouble


def step(sim: Simulation) -> None:
    """One request of one till's meeting, which may go wrong in any way."""
    till = sim.till()
    trouble = sim.chance.choice(list(Trouble)) if sim.happens(0.4) else None
    till.step(trouble)
    sim.note(f"    {till.id} {trouble and trouble.name} {till.error or ''}")
    _remember_acked(sim, till)


def meet(sim: Simulation) -> None:
    till = sim.till()
    till.meet()
    sim.note(f"    {till.id} {till.error or ''}")
    _remember_acked(sim, till)


def deliver_copy(sim: Simulation) -> None:
    """A copy of an old request arrives at last."""
    till = sim.till()
    if till.wire.deliver_late():
        sim.replayed.add(till.id)


def _remember_acked(sim: Simulation, till: SimTill) -> None:
    sim.acked |= {(till.id, one.epoch, one.seq, one.head) for one in held(till.ledger) or () if one.seq}
