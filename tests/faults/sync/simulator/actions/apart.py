"""What makes one into two: tills that are copied or put back (S8, S9), headquarters put back (S10), a person's word."""

from __future__ import annotations

from tests.faults.sync.simulator.simulation import Simulation

MACHINES_MAX = 2  # that speak as one till


def back_up_till(sim: Simulation) -> None:
    till = sim.till()
    target = sim.folder / "backups" / till.name
    target.parent.mkdir(exist_ok=True)
    till.back_up(target)
    sim.backups[till.name] = target


def restore_till(sim: Simulation) -> None:
    """S8: a till is put back to its last backup; what it recorded since is on no machine any more."""
    able = [one for one in sim.machines if one.name in sim.backups]
    if able:
        till = sim.chance.choice(able)
        sim.remember(till)
        sim.times.later(60)
        till.restore(sim.backups[till.name])
        sim.doubled.add(till.id)


def clone_till(sim: Simulation) -> None:
    """S9: a till's disk is copied, and two machines go on."""
    till = sim.till()
    if len(sim.machines_of(till.id)) < MACHINES_MAX:
        sim.machines.append(till.clone())
        sim.doubled.add(till.id)


def decide_forks(sim: Simulation) -> None:
    """Somebody at headquarters says which of several machines is the till."""
    sim.decide()


def back_up_hq(sim: Simulation) -> None:
    sim.hq.back_up(sim.folder / "hq-backup")


def put_hq_back(sim: Simulation) -> None:
    """S10: headquarters' database is put back to its last copy."""
    sim.times.later(60)
    if sim.hq.put_back(sim.folder / "hq-backup"):
        sim.put_back = True
